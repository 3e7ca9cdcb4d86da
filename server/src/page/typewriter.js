function typewriter(section) {
  const form = section.querySelector("form");
  const { stop, reconnect } = form.elements;
  const paper = section.querySelector(".paper");
  const typed = paper.querySelector(".typed").appendChild(new Text());
  const progress = section.querySelector("progress");
  const count = section.querySelector(".count");
  const failure = section.querySelector(".failure");
  const lamp = new Lamp(section.querySelector(".lamp"));
  let stream;

  const show = (state, detail) => {
    const isBusy = stream?.isOpen ?? false;
    lamp.show(state, detail);
    paper.dataset.state = state;
    // A screen reader reads the text once it has come to rest, not letter by letter.
    paper.setAttribute("aria-busy", isBusy);
    stop.disabled = !isBusy;
    reconnect.disabled = !stream || state === "done";
    if (state === "receiving") say(failure);
  };

  const take = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "chunk") {
      typed.appendData(message.char);
      advance(message.index + 1, message.total);
      paper.scrollTop = paper.scrollHeight;
    } else if (message.type === "error") {
      stream.close("error");
      say(failure, "serverFailed", { message: message.message });
    } else if (message.type === "end") {
      stream.close("done");
    }
  };

  const advance = (done, total) => {
    progress.max = total || 1;
    progress.value = done;
    say(count, "count", { done, total });
  };

  const begin = () => {
    stream?.close();
    typed.data = "";
    progress.value = 0;
    say(count);
    say(failure);
    stream = new Stream(address(form), take, show);
    stream.open();
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  stop.addEventListener("click", () => {
    stream.close();
    reconnect.focus();
  });
  reconnect.addEventListener("click", () => stream.open());
  show("idle");
  return { enter() {}, leave: () => stream?.close() };
}

/** Fields left empty are left to the server. */
function address(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value !== "") query.set(name, value);
  return `api/stream?${query}`;
}
