import assert from "node:assert/strict";
import { state } from "./harness.mjs";

const TEXT = "The dam measures the flow; 水坝测量水流。👍🏽 end";

const section = (page) => page.locator("#typewriter");
const typed = (page) => page.locator(".typed").textContent();
const button = (page, name) => section(page).getByRole("button", { name, exact: true });
const finished = (page) => state(section(page), "done");

async function begin(page, { text = TEXT, interval = 10, failAt = "" } = {}) {
  await section(page).getByLabel("Text", { exact: true }).fill(text);
  await section(page).getByLabel("Milliseconds").fill(String(interval));
  await section(page).getByLabel("Fail after").fill(String(failAt));
  await button(page, "Start").click();
}

/** So slow that there is time to do something meanwhile, also on a busy machine. */
const SLOW_MS = 120;

/** Until at least so many characters are there. */
const hasTyped = (page, least) =>
  page.waitForFunction((least) => [...document.querySelector(".typed").textContent].length >= least, least);

export const checks = {
  "typewriter types its text": async (check) => {
    const page = await check.open(await check.server());
    await page.evaluate(watchStates);
    await begin(page);
    await finished(page);
    assert.deepEqual(await page.evaluate(() => window.states), ["connecting", "receiving", "done"]);
    const total = [...TEXT].length;
    assert.equal(await typed(page), TEXT);
    assert.equal(await page.locator(".count").textContent(), `${total} of ${total}`);
    assert.equal(await page.locator("progress").evaluate((bar) => bar.value / bar.max), 1);
    assert.deepEqual(page.complaints, []);
    return `${total} characters`;
  },

  "typewriter leaves to the server what is left empty": async (check) => {
    const page = await check.open(await check.server());
    await begin(page, { text: "", interval: 1 });
    await finished(page);
    assert.match(await typed(page), /服务器/);
    return "the server's own text";
  },

  "stop and reconnect go on where it was": async (check) => {
    const page = await check.open(await check.server());
    await begin(page, { interval: SLOW_MS });
    const asked = [];
    page.on("request", (request) => asked.push(request.headers()["last-event-id"]));
    for (const least of [3, 9]) {
      await hasTyped(page, least);
      await button(page, "Stop").click();
      await state(section(page), "stopped");
      const rest = await typed(page);
      assert.ok(TEXT.startsWith(rest) && rest !== TEXT);
      await button(page, "Reconnect").click();
    }
    await finished(page);
    assert.equal(await typed(page), TEXT);
    assert.ok(asked.length === 2 && asked.every((id) => Number(id) >= 3), `asked with ${asked}`);
    return `from events ${asked.join(" and ")}`;
  },

  "a server killed and started again repeats nothing": async (check) => {
    const server = await check.server();
    const page = await check.open(server);
    await begin(page, { interval: SLOW_MS });
    for (const least of [3, 9]) {
      await hasTyped(page, least);
      await server.kill();
      await state(section(page), "waiting");
      await page.getByText(/Trying again in \d+ s \(attempt \d+\)/).waitFor();
      await server.again();
    }
    await finished(page);
    assert.equal(await typed(page), TEXT);
    return "killed twice in one text";
  },

  "offline is told, and online reconnects at once": async (check) => {
    const server = await check.server();
    const page = await check.open(server);
    await begin(page, { interval: SLOW_MS });
    await hasTyped(page, 3);
    // Waits last for minutes then: only the event can end one.
    await page.evaluate(() => (Math.random = () => 200));
    await page.context().setOffline(true);
    await page.getByText("You are offline.").waitFor();
    // Chromium lets a stream go on that is open when the network is said to be gone.
    await server.kill();
    await section(page).getByText("Trying again in").waitFor();
    await state(section(page), "offline");
    await server.again();
    await page.context().setOffline(false);
    await finished(page);
    assert.equal(await typed(page), TEXT);
    assert.equal(await page.locator("#network").textContent(), "");
    return "without waiting for the countdown";
  },

  "an error event is shown, and the rest can be had": async (check) => {
    const page = await check.open(await check.server());
    await begin(page, { failAt: 7 });
    await state(section(page), "error");
    const failure = await section(page).locator(".failure").textContent();
    assert.match(failure, /^The server reported an error: .+\. Reconnect/);
    assert.equal(await typed(page), [...TEXT].slice(0, 7).join(""));
    await button(page, "Reconnect").click();
    await finished(page);
    assert.equal(await typed(page), TEXT);
    assert.equal(await section(page).locator(".failure").textContent(), "");
    return failure;
  },

  "a refused request says why": async (check) => {
    const page = await check.open(await check.server());
    // Past the checks of the form, as another server with other limits would be.
    await section(page).locator("form").evaluate((form) => (form.noValidate = true));
    await begin(page, { interval: 1e9 });
    await state(section(page), "error");
    const hint = await section(page).locator(".hint").textContent();
    assert.match(hint, /^The server said no: interval must be/);
    return hint;
  },

  "waits double to 30 s, from the server's retry": async (check) => {
    const page = await check.open(await check.server());
    await page.evaluate(() => (Math.random = () => 1));
    await page.clock.install();
    const body = 'retry: 5000\n\nid: 1\ndata: {"type":"chunk","char":"x","index":0,"total":9}\n\n';
    let isThere = false;
    await page.route("**/api/stream?*", (route) =>
      isThere ? route.fulfill({ contentType: "text/event-stream", body }) : route.abort(),
    );
    await begin(page);
    const seen = [];
    const wait = async (attempt) => {
      const text = await page.getByText(`(attempt ${attempt})`).textContent();
      seen.push(Number(text.match(/in (\d+) s/)[1]));
      await page.clock.runFor(seen.at(-1) * 1000);
    };
    for (let attempt = 1; attempt <= 7; attempt += 1) await wait(attempt);
    assert.deepEqual(seen.splice(0), [1, 2, 4, 8, 16, 30, 30]);
    await page.getByText("(attempt 8)").waitFor();
    isThere = true;
    await page.clock.runFor(30_000);
    await page.getByText("Trying again in 5 s (attempt 1)").waitFor();
    return "1, 2, 4, 8, 16, 30, 30 s; retry: 5000 begins at 5 s";
  },

  "typewriter by keyboard alone": async (check) => {
    const page = await check.open(await check.server());
    const press = async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = () => page.evaluate(() => document.activeElement.textContent || document.activeElement.name);
    await press("Tab", "Tab");
    assert.equal(await focused(), "Typewriter");
    await press("ArrowLeft", "ArrowRight", "Tab");
    assert.equal(await focused(), "text");
    await page.keyboard.type("by keys alone");
    await press("Tab", "ControlOrMeta+A");
    await page.keyboard.type(String(SLOW_MS));
    await press("Tab", "Tab", "Enter");
    await hasTyped(page, 2);
    await press("Tab");
    assert.equal(await focused(), "Stop");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid");
    await press("Space");
    await state(section(page), "stopped");
    assert.equal(await focused(), "Reconnect");
    await press("Enter");
    await finished(page);
    assert.equal(await typed(page), "by keys alone");
    return "tabs, form, stop, reconnect";
  },
};

/** In the page: keeps in `states` all that the lamp shows. */
function watchStates() {
  window.states = [];
  const lamp = document.querySelector("#typewriter .lamp");
  new MutationObserver(() => {
    if (lamp.dataset.state !== window.states.at(-1)) window.states.push(lamp.dataset.state);
  }).observe(lamp, { attributeFilter: ["data-state"] });
}
