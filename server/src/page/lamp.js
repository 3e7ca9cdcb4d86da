/** Tells the state of a stream, in words and in colour. */
class Lamp {
  #element;
  #word = make("span", "word");
  #countdown = make("span", "countdown");
  #hint = make("span", "hint");
  #timer = undefined;

  constructor(element) {
    this.#element = element;
    this.#word.setAttribute("role", "status");
    this.#hint.setAttribute("role", "status");
    const dot = make("span", "dot");
    dot.setAttribute("aria-hidden", "true");
    element.append(dot, this.#word, this.#countdown, this.#hint);
    this.show("idle");
  }

  show(state, { untilMs, attempt, failure, hint } = {}) {
    clearInterval(this.#timer);
    this.#element.dataset.state = state;
    say(this.#word, state);
    say(this.#hint, hint ?? failure?.key, failure?.values);
    say(this.#countdown);
    if (untilMs === undefined) return;
    // Outside of the live region: read out once a second it would drown everything else.
    const tick = () => {
      const seconds = Math.max(0, Math.ceil((untilMs - performance.now()) / 1000));
      say(this.#countdown, "tryingAgain", { seconds, attempt });
    };
    tick();
    this.#timer = setInterval(tick, 200);
  }
}

function make(tag, className = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  return element;
}
