import assert from "node:assert/strict";
import { openIn, state, until } from "./harness.mjs";

const SECTIONS = ["typewriter", "chat", "notifications", "monitor"];

/** What all sections hold when something has happened in each. */
async function fill(page) {
  const long = "long".repeat(40);
  await page.goto(`${new URL(page.url()).origin}/#chat`);
  for (const chatter of await page.locator(".chatter").all()) {
    await chatter.locator("form[name=join] .main").click();
    await state(chatter, "receiving");
  }
  await page.locator(".chatter [name=message]").first().fill(long);
  await page.locator(".chatter [name=say] .main").first().click();
  await page.locator(".message").last().waitFor();
  await page.locator("#tab-notifications").click();
  await page.locator("form[name=inbox] .main").click();
  await state(page.locator("#notifications"), "receiving");
  await page.locator("form[name=send] [name=title]").fill(long);
  await page.locator("form[name=send] .main").click();
  await page.locator(".cards .card").waitFor();
  await page.locator("#tab-typewriter").click();
  await page.locator("#typewriter textarea").fill(long);
  await page.locator("#typewriter form .main").click();
  await page.locator("#tab-monitor").click();
  await drawn(page);
}

/** Until the last of the charts has a line: two samples. A level one has no height, and is not visible to Playwright. */
const drawn = (page) => page.locator(".charts .line[d*=L]").nth(3).waitFor({ state: "attached" });

const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

export const checks = {
  "at 360 px nothing overflows, in either language": async (check) => {
    const page = await check.open(await check.server(), "chat", { viewport: { width: 360, height: 640 } });
    await fill(page);
    for (const _language of ["en", "zh"]) {
      for (const section of SECTIONS) {
        await page.locator(`#tab-${section}`).click();
        assert.equal(await overflow(page), 0, `${section} in ${await page.locator("html").getAttribute("lang")}`);
      }
      await page.locator("#language").click();
    }
    assert.deepEqual(page.complaints, []);
    return `${SECTIONS.length} sections, full`;
  },

  "the language is the browser's, and then the chosen one": async (check) => {
    const server = await check.server();
    const context = await check.context({ locale: "zh-CN" });
    const page = await openIn(context, server);
    const lang = () => page.locator("html").getAttribute("lang");
    assert.equal(await lang(), "zh-Hans");
    await page.getByRole("button", { name: "开始" }).waitFor();
    await page.getByRole("button", { name: "English" }).click();
    assert.equal(await lang(), "en");
    assert.equal(await page.title(), "Weir: live streams");
    await page.getByRole("button", { name: "Start" }).waitFor();
    await page.reload();
    assert.equal(await lang(), "en");
    return "zh-CN, then English, also after a reload";
  },

  "every word is there in both languages": async (check) => {
    const page = await check.open(await check.server());
    for (const language of ["en", "zh"]) {
      const bare = await page.evaluate(() => {
        const named = (element) => element.getAttribute("aria-label") || element.labels?.[0]?.textContent || element.textContent;
        const nameless = [...document.querySelectorAll("button, input, textarea, [role=log], [role=tablist], progress")];
        const empty = [...document.querySelectorAll("[data-t]:not(.badge)")].filter((one) => !one.textContent.trim());
        return [...nameless.filter((one) => !named(one)?.trim()), ...empty].map((one) => one.outerHTML);
      });
      assert.deepEqual(bare, [], language);
      const text = await page.locator("body").innerText();
      assert.ok(!/undefined|\{\w+\}/.test(text), text);
      if (language === "zh") assert.ok(!/[a-z]{4}/.test(text.replace(/Weir|English|Server-Sent Events/g, "")), text);
      await page.locator("#language").click();
    }
    return "and every control has a name";
  },

  "dark where dark is preferred, and no blinking where motion is not": async (check) => {
    const page = await check.open(await check.server(), "typewriter", { colorScheme: "light" });
    const brightness = () =>
      page.evaluate(() => {
        const sum = (colour) => colour.match(/\d+/g).slice(0, 3).reduce((total, part) => total + Number(part), 0);
        const { backgroundColor, color } = getComputedStyle(document.body);
        return sum(backgroundColor) - sum(color);
      });
    const blinks = () => page.locator(".cursor").evaluate((cursor) => getComputedStyle(cursor).animationName);
    assert.ok((await brightness()) > 400);
    assert.equal(await blinks(), "blink");
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    assert.ok((await brightness()) < -400);
    assert.equal(await blinks(), "none");
    return "both, without a reload";
  },

  "its policy lets nothing foreign run": async (check) => {
    const page = await check.open(await check.server());
    await page.evaluate(() => {
      document.addEventListener("securitypolicyviolation", ({ violatedDirective }) => (window.violated = violatedDirective));
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
    });
    await page.waitForFunction(() => window.violated);
    const [ran, violated] = await page.evaluate(() => [window.ran, window.violated]);
    assert.equal(ran, undefined);
    return violated;
  },

  "the monitor shows figures and charts": async (check) => {
    const server = await check.server();
    const page = await check.open(server, "monitor");
    await drawn(page);
    const values = await page.locator(".charts output").allTextContents();
    assert.deepEqual(values.map((text) => /^\d/.test(text)), [true, true, true, true], `${values}`);
    const figures = await page.locator(".figures dd").allTextContents();
    assert.deepEqual(figures.map((text) => /^\d/.test(text)), [true, true, true], `${figures}`);
    const told = await page.getByRole("img").nth(0).getAttribute("aria-label");
    assert.match(told, /^Open streams: now 1, at most 1 in the last \d+ samples$/);
    await page.getByRole("button", { name: "Stop" }).click();
    await until("its stream is closed", async () => (await server.openStreams()) === 0);
    assert.deepEqual(page.complaints, []);
    return [...values, ...figures].join(", ");
  },

  "a closed tab frees its streams": async (check) => {
    const server = await check.server();
    const context = await check.context();
    const page = await openIn(context, server, "chat");
    for (const chatter of await page.locator(".chatter").all()) {
      await chatter.getByRole("button", { name: "Join" }).click();
      await state(chatter, "receiving");
    }
    const monitor = await openIn(context, server, "monitor");
    await monitor.locator(".charts output", { hasText: /^3$/ }).first().waitFor();
    await page.close();
    await until("two are gone", async () => (await server.openStreams()) === 1);
    await monitor.locator(".charts output", { hasText: /^1$/ }).first().waitFor();
    await monitor.goto("about:blank");
    await until("all are gone", async () => (await server.openStreams()) === 0);
    return "3, 1, 0 streams, by the server's count and in another tab's chart";
  },

  "a page that waits for a seventh connection says so": async (check) => {
    const server = await check.server();
    const context = await check.context();
    const crowd = await openIn(context, server);
    const page = await openIn(context, server);
    await crowd.evaluate(openSources, 6);
    await crowd.waitForFunction(() => window.open_ === 6);
    await page.locator("#tab-monitor").click();
    await page.getByText("Browsers open only six").waitFor();
    await crowd.close();
    await state(page.locator("#monitor"), "receiving");
    assert.equal(await page.getByText("Browsers open only six").count(), 0);
    return "and goes on when one is free";
  },

  "six streams over HTTP/1.1, and ten over HTTP/2": async (check) => {
    const plain = await check.open(await check.server());
    await plain.evaluate(openSources, 10);
    await plain.waitForFunction(() => window.open_ === 6);
    // The others would be there at once if they could be.
    assert.equal(await plain.evaluate(stillAfter, 500), 6);
    const server = await check.server("--tls-self-signed");
    const secure = await check.open(server, "typewriter", { ignoreHTTPSErrors: true });
    await secure.evaluate(openSources, 10);
    await secure.waitForFunction(() => window.open_ === 10);
    const protocol = await secure.evaluate(() => performance.getEntriesByType("navigation")[0].nextHopProtocol);
    assert.equal(protocol, "h2");
    return "of ten that one page opens";
  },
};

/** In the page: counts in `open_` those that the server has answered. */
function openSources(count) {
  window.open_ = 0;
  window.sources = Array.from({ length: count }, () => {
    const source = new EventSource("/sse?rate=1");
    source.addEventListener("open", () => (window.open_ += 1));
    return source;
  });
}

function stillAfter(ms) {
  return new Promise((resolve) => setTimeout(() => resolve(window.open_), ms));
}
