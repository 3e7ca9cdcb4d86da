// What a check needs: servers and pages that end with it, and conditions to wait for.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// Playwright is pinned and installed once, with the other software of scripts/interop.
const { chromium } = createRequire(new URL("../interop/package.json", import.meta.url))("playwright-core");

/** Everything here happens in less; a machine with thirty busy processes beside it is slower. */
const WAIT_MS = 15_000;
const SERVER = process.env.WEIR_SERVER;

export const launch = () =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

/** One check's servers and pages. */
export class Check {
  #browser;
  #ends = [];

  constructor(browser) {
    this.#browser = browser;
  }

  async server(...flags) {
    const server = await Server.start("127.0.0.1:0", flags);
    this.#ends.push(() => server.kill());
    return server;
  }

  /** A browser of its own, as far as the pages in it can tell. */
  async context(options) {
    const context = await this.#browser.newContext({ locale: "en-US", ...options });
    context.setDefaultTimeout(WAIT_MS);
    this.#ends.push(() => context.close());
    return context;
  }

  /** The page of `server`, at one of its sections. */
  async open(server, section = "typewriter", options = {}) {
    return openIn(await this.context(options), server, section);
  }

  async end() {
    for (const end of this.#ends.reverse()) await end();
  }
}

/** Another tab. Its `complaints` are all that it had to say on the console, and errors nobody caught. */
export async function openIn(context, server, section = "typewriter") {
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  // With a fragment, Tab would begin at what that names.
  await page.goto(section === "typewriter" ? server.url : `${server.url}/#${section}`);
  return page;
}

/** Killed with this process, should it end before their checks do. */
const running = new Set();
process.once("exit", () => running.forEach((server) => server.signal("SIGKILL")));

export class Server {
  #child;

  static async start(listen, flags = []) {
    const server = new Server();
    server.#child = spawn(SERVER, ["--listen", listen, ...flags], { stdio: ["ignore", "pipe", "ignore"] });
    running.add(server);
    for await (const line of createInterface({ input: server.#child.stdout })) {
      server.url = line.match(/^listening on (https?:\/\/\S+)$/)[1];
      return server;
    }
    throw new Error(`${SERVER} ended before it was listening`);
  }

  async kill() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.signal("SIGKILL");
    await ended;
    running.delete(this);
  }

  signal(name) {
    this.#child.kill(name);
  }

  /** A new one in its place. */
  async again() {
    const { host } = new URL(this.url);
    const successor = await Server.start(host);
    running.delete(successor);
    this.#child = successor.#child;
    running.add(this);
  }

  async openStreams() {
    const metrics = await (await fetch(`${this.url}/metrics`)).text();
    return Number(metrics.match(/^weir_streams_open (\d+)/m)[1]);
  }
}

/** Until `look` gives something true, which it gives. */
export async function until(what, look) {
  const endMs = Date.now() + WAIT_MS;
  for (let seen; Date.now() < endMs; await new Promise((resolve) => setTimeout(resolve, 20))) {
    seen = await look();
    if (seen) return seen;
  }
  throw new Error(`never: ${what}`);
}

export const state = (scope, name) => scope.locator(`.lamp[data-state=${name}]`).first().waitFor();
