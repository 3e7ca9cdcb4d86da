const CARDS_MAX = 100;

function notifications(section, tab) {
  const { inbox, send } = Object.fromEntries([...section.querySelectorAll("form")].map((form) => [form.name, form]));
  const { user, stop, read } = inbox.elements;
  const cards = section.querySelector(".cards");
  const lamp = new Lamp(section.querySelector(".lamp"));
  const badges = [section.querySelector(".badge"), tab.appendChild(make("span", "badge"))];
  const unread = () => cards.querySelectorAll(".unread");

  const count = () => {
    const { length } = unread();
    read.disabled = length === 0;
    for (const badge of badges) {
      badge.hidden = length === 0;
      say(badge, "unread", { count: length });
    }
  };
  const line = keptOpen(
    () => `api/notifications/${encodeURIComponent(user.value)}`,
    ({ data }) => {
      cards.prepend(notification(JSON.parse(data)));
      if (cards.childElementCount > CARDS_MAX) cards.lastElementChild.remove();
      count();
    },
    (state, detail, isOpen) => {
      lamp.show(state, detail);
      stop.disabled = !isOpen;
    },
  );

  inbox.addEventListener("submit", (event) => {
    event.preventDefault();
    cards.replaceChildren();
    count();
    line.begin();
  });
  stop.addEventListener("click", line.end);
  read.addEventListener("click", () => {
    for (const card of unread()) {
      card.classList.remove("unread");
      card.querySelector(".new").remove();
    }
    count();
    inbox.querySelector(".main").focus();
  });
  sender(send);
  count();
  return line;
}

function sender(form) {
  const { to, user, title, body } = form.elements;
  const answer = form.querySelector(".answer");
  const address = () => {
    user.disabled = to.value === "all";
    return user.disabled ? "api/notifications" : `api/notifications/${encodeURIComponent(user.value)}`;
  };
  for (const choice of to) choice.addEventListener("change", address);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answered = await post(address(), { title: title.value, body: body.value }, answer);
    if (!answered) return;
    title.value = body.value = "";
    say(answer, "delivered", { count: answered.delivered });
  });
}

function notification({ title, body, time_ms: timeMs }) {
  const card = make("li", "card unread");
  const heading = make("h3");
  heading.textContent = title;
  const fresh = make("span", "new");
  say(fresh, "new");
  const text = make("p");
  text.textContent = body;
  card.append(heading, fresh, timeOf(timeMs), text);
  return card;
}
