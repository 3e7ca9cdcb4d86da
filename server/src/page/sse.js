/** Reads an event stream by the standard's algorithm (WHATWG HTML, 9.2.6), whatever pieces its text comes in. */
class EventParser {
  lastEventId = "";
  /** The reconnection time the server asked for, if it did. */
  retryMs = undefined;
  #onEvent;
  #line = "";
  #afterCr = false;
  #data = "";
  #type = "";
  #id = "";

  constructor(onEvent, lastEventId = "") {
    this.#onEvent = onEvent;
    this.#id = this.lastEventId = lastEventId;
  }

  feed(text) {
    // The LF of a CRLF that was cut in two.
    if (this.#afterCr && text.startsWith("\n")) text = text.slice(1);
    else if (text === "") return;
    this.#afterCr = text.endsWith("\r");
    const lines = (this.#line + text).split(/\r\n|\r|\n/);
    this.#line = lines.pop();
    for (const line of lines) this.#take(line);
  }

  #take(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data += value + "\n";
    else if (name === "event") this.#type = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) this.retryMs = Number(value);
  }

  #dispatch() {
    this.lastEventId = this.#id;
    const event = { type: this.#type || "message", data: this.#data.slice(0, -1), lastEventId: this.#id };
    const isEmpty = this.#data === "";
    this.#data = this.#type = "";
    if (!isEmpty) this.#onEvent(event);
  }
}
