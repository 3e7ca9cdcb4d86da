const USERS = ["ann", "ben"];
/** Older messages give way. */
const MESSAGES_MAX = 200;

function chat(section) {
  const columns = section.querySelector(".columns");
  const chatters = USERS.map((user) => {
    const column = document.querySelector("#chatter").content.firstElementChild.cloneNode(true);
    columns.append(column);
    return chatter(column, user);
  });
  return {
    enter: () => chatters.forEach((one) => one.enter()),
    leave: () => chatters.forEach((one) => one.leave()),
  };
}

/** One person in a room. */
function chatter(column, name) {
  const { join, say: write } = Object.fromEntries([...column.querySelectorAll("form")].map((form) => [form.name, form]));
  const { room, user, leave } = join.elements;
  const { message } = write.elements;
  const messages = column.querySelector(".messages");
  const answer = column.querySelector(".answer");
  const lamp = new Lamp(column.querySelector(".lamp"));
  user.value = name;
  const line = keptOpen(
    () => `api/chat/${encodeURIComponent(room.value)}`,
    ({ data }) => append(messages, chatMessage(JSON.parse(data), user.value)),
    (state, detail, isOpen) => {
      lamp.show(state, detail);
      leave.disabled = !isOpen;
    },
  );

  join.addEventListener("submit", (event) => {
    event.preventDefault();
    messages.replaceChildren();
    line.begin();
    message.focus();
  });
  leave.addEventListener("click", line.end);
  write.addEventListener("submit", async (event) => {
    event.preventDefault();
    const url = `api/chat/${encodeURIComponent(room.value)}/message`;
    const answered = await post(url, { user: user.value, message: message.value }, answer);
    if (!answered) return;
    message.value = "";
    say(answer, "delivered", { count: answered.delivered });
  });
  return line;
}

function chatMessage({ user, message, time_ms: timeMs }, me) {
  const item = make("li", user === me ? "message mine" : "message");
  const who = make("b");
  who.textContent = user;
  const text = make("p");
  text.textContent = message;
  item.append(who, " ", timeOf(timeMs), text);
  return item;
}

function timeOf(timeMs) {
  const time = make("time");
  time.dateTime = new Date(timeMs).toISOString();
  time.textContent = clockTime(timeMs);
  return time;
}

function append(list, item) {
  const wasAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(item);
  if (list.childElementCount > MESSAGES_MAX) list.firstElementChild.remove();
  if (wasAtEnd) list.scrollTop = list.scrollHeight;
}

/**
 * A stream from `begin` to `end`, but only while its section is shown: browsers open few connections to a server. `onState`
 * is told besides whether it is open.
 */
function keptOpen(url, onEvent, onState) {
  let stream;
  let isWanted = false;
  const tell = (state, detail) => onState(state, detail, stream?.isOpen ?? false);
  const line = {
    begin() {
      stream?.close();
      isWanted = true;
      stream = new Stream(url(), onEvent, tell);
      stream.open();
    },
    end() {
      isWanted = false;
      stream?.close();
    },
    enter: () => isWanted && stream.open(),
    leave: () => stream?.close(),
  };
  tell("idle", {});
  return line;
}
