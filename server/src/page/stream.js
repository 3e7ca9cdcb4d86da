// A stream that comes back. `EventSource` does too, but tells neither why it failed nor when it will try again, and a
// new one cannot say what the old one had: with fetch the page can do all of that.

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;
/** An answer that takes longer than this is worth a word. */
const SLOW_MS = 3_000;

/**
 * Tells its `onState` one of: connecting {hint?}, receiving, waiting {untilMs, attempt, failure}, offline (likewise),
 * error {failure}, done, and whatever it was closed as.
 */
class Stream {
  #url;
  #onEvent;
  #onState;
  #lastEventId = "";
  #baseDelayMs = FIRST_DELAY_MS;
  #failures = 0;
  /** Ends with the stream; its attempts and waits end with it or before. */
  #life = null;
  #attempt = null;
  #endWait = null;
  /** What it tells of the wait it is in. */
  #waiting = null;
  #hasHeard = false;

  constructor(url, onEvent, onState) {
    this.#url = url;
    this.#onEvent = onEvent;
    this.#onState = onState;
  }

  get isOpen() {
    return this.#life !== null;
  }

  /** From the start, or behind the last event it had. */
  open() {
    if (this.isOpen) return this.#hurry();
    this.#life = new AbortController();
    this.#failures = 0;
    const { signal } = this.#life;
    addEventListener("offline", () => this.#networkGone(), { signal });
    addEventListener("online", () => this.#networkBack(), { signal });
    this.#live(signal);
  }

  close(state = "stopped", detail = {}) {
    if (!this.isOpen) return;
    this.#life.abort();
    this.#life = null;
    this.#attempt?.abort();
    this.#endWait?.();
    this.#onState(state, detail);
  }

  async #live(life) {
    while (!life.aborted) {
      const end = await this.#try(life);
      if (life.aborted) return;
      if (end.state) return this.close(end.state, end);
      if (!end.isHurried) await this.#wait(end);
    }
  }

  /** One request, until its stream ends. What comes of it: a last state, or the wish to try again. */
  async #try(life) {
    const attempt = (this.#attempt = new AbortController());
    this.#onState("connecting", {});
    const slow = setTimeout(() => this.#onState("connecting", { hint: slowHint() }), SLOW_MS);
    try {
      const response = await fetch(this.#url, {
        headers: this.#headers(),
        cache: "no-store",
        signal: attempt.signal,
      });
      clearTimeout(slow);
      if (response.status === 204) return { state: "done" };
      const failure = await failureOf(response);
      if (failure) {
        attempt.abort();
        return failure.isPassing ? { failure } : { state: "error", failure };
      }
      await this.#read(response.body, life);
      return {};
    } catch {
      // What fetch throws says no more than that it failed.
      return { isHurried: attempt.signal.aborted, failure: { key: "unreachable" } };
    } finally {
      clearTimeout(slow);
    }
  }

  #headers() {
    const headers = { accept: "text/event-stream" };
    if (this.#lastEventId) headers["last-event-id"] = this.#lastEventId;
    return headers;
  }

  async #read(body, life) {
    this.#onState("receiving", {});
    const parser = new EventParser((event) => {
      if (life.aborted) return;
      this.#lastEventId = event.lastEventId;
      this.#failures = 0;
      this.#onEvent(event);
    }, this.#lastEventId);
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || life.aborted) return;
      if (!this.#hasHeard && !navigator.onLine) this.#onState("receiving", {});
      this.#hasHeard = true;
      parser.feed(decoder.decode(value, { stream: true }));
      if (life.aborted) return;
      // A block may have an id and no data: then it is no event.
      this.#lastEventId = parser.lastEventId;
      if (parser.retryMs !== undefined) this.#baseDelayMs = parser.retryMs;
    }
  }

  /** Exponential backoff with full jitter: many pages that lost one server do not all come back at once. */
  async #wait({ failure }) {
    const longestMs = Math.max(LONGEST_DELAY_MS, this.#baseDelayMs);
    const delayMs = Math.random() * Math.min(longestMs, this.#baseDelayMs * 2 ** this.#failures);
    this.#failures += 1;
    this.#waiting = { untilMs: performance.now() + delayMs, attempt: this.#failures, failure };
    this.#onState(navigator.onLine ? "waiting" : "offline", this.#waiting);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.#endWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endWait = this.#waiting = null;
  }

  /** Tries again now, whether it waits or still hopes. */
  #hurry() {
    if (this.#endWait) this.#endWait();
    else this.#attempt?.abort();
  }

  #networkGone() {
    this.#hasHeard = false;
    this.#onState("offline", this.#waiting ?? {});
  }

  /** A connection may survive, and one to this very machine will; what has been silent since is not waited for. */
  #networkBack() {
    if (this.#hasHeard && !this.#endWait) return;
    this.#failures = 0;
    this.#hurry();
  }
}

/** Why `response` is not an event stream, or nothing if it is one; passing is what may be over at the next try. */
async function failureOf(response) {
  if (!response.ok) return refusal(response);
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  return isStream ? undefined : { key: "notEvents" };
}

async function refusal(response) {
  const { status } = response;
  const isPassing = status >= 500 || status === 429 || status === 408;
  const body = await response.json().catch(() => undefined);
  const message = body?.error?.message ?? `HTTP ${status}`;
  return { key: isPassing ? "unwell" : "refused", values: { message }, isPassing };
}

function slowHint() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation?.nextHopProtocol === "http/1.1" ? "crowded" : "slow";
}

/** Posts `value` as JSON and gives the answer; `answer` is the element that tells how it went. */
async function post(url, value, answer) {
  say(answer, "sending");
  const slow = setTimeout(() => say(answer, slowHint()), SLOW_MS);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(value),
    });
    if (response.ok) return await response.json();
    const { key, values } = await refusal(response);
    say(answer, key, values);
  } catch {
    say(answer, "unreachable");
  } finally {
    clearTimeout(slow);
  }
  return undefined;
}
