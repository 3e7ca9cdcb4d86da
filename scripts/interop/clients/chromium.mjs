// Chromium's own EventSource, in a page of another origin: without weir-server's CORS headers it sees nothing.
import { createServer } from "node:http";
import { once } from "node:events";
import { chromium } from "playwright-core";
import { watch } from "./watch.mjs";

const [url, type] = process.argv.slice(2);
const elsewhere = createServer((_, res) => res.end("<!doctype html><title>Another origin</title>"));
await once(elsewhere.listen(0, "127.0.0.1"), "listening");
// The browser's end, asked for below or by SIGTERM, is to be this process's end.
elsewhere.unref();

const browser = await chromium.launch({
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
const page = await browser.newPage();
await page.exposeFunction("tell", async (fact) => {
  console.log(JSON.stringify(fact));
  if (fact.closed) await browser.close();
});
await page.goto(`http://127.0.0.1:${elsewhere.address().port}`);
await page.evaluate(watch, { url, type });
