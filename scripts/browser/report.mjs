// The page of `weir run --html`, and of several reports laid one over the other, as a file that is opened from a disk.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const WEIR = process.env.WEIR;
const AXE = createRequire(new URL("../interop/package.json", import.meta.url)).resolve("axe-core/axe.min.js");
const WIDTHS = [360, 768, 1280];
const SIZE_MAX = 400_000;

const CURVES = ["connect", "headers", "ttfe", "ttfe_sent", "gap", "delivery", "server_lag", "wire", "client_lag"];
const OVER_TIME = ["streams", "events", "bytes", "gap", "delivery", "client-lag", "errors"];
const CHARTS = [...CURVES.map((name) => `percentiles-${name}`), ...OVER_TIME.map((name) => `series-${name}`)];

/** What it exits with is its verdict of a busy machine, and not what is tried here. */
const weir = (...args) => new Promise((resolve) => execFile(WEIR, args, (error) => resolve(error?.code ?? 0)));

const run = (report, ...args) => weir("run", "-c", "40", "--quiet", "--json", report, ...args);

async function inFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), "weir-report-"));
  try {
    return await work((name) => join(folder, name));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Opens the file in light and dark at each width, and tries all that has to hold of any page. */
async function isSound(check, file, charts) {
  const { size } = await stat(file);
  assert.ok(size < SIZE_MAX, `${size} bytes`);
  assert.doesNotMatch(await readFile(file, "utf8"), /<script|https?:\/\/(?!127\.0\.0\.1)/);
  for (const colorScheme of ["light", "dark"]) {
    const context = await check.context({ colorScheme, bypassCSP: true });
    const page = await context.newPage();
    const complaints = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => request.url().startsWith("file:") || complaints.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      assert.deepEqual(await page.evaluate(overflowing), [], `${colorScheme}, ${width} pixels`);
    }
    assert.deepEqual(await page.evaluate(emptyCharts, charts), []);
    assert.deepEqual(complaints, []);
    await page.addScriptTag({ path: AXE });
    const { violations } = await page.evaluate(() => window.axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
    const pdf = await page.pdf({ format: "A4" });
    assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  }
  return `${charts.length} charts, ${Math.round(size / 1000)} kB`;
}

/** What is wider than the page, and names in charts that are cut off. */
function overflowing() {
  const root = document.documentElement;
  const wide = root.scrollWidth > root.clientWidth ? [`the page: ${root.scrollWidth}`] : [];
  const isCut = (text) => {
    const [inner, outer] = [text.getBoundingClientRect(), text.closest("figure").getBoundingClientRect()];
    return inner.left < outer.left || inner.right > outer.right;
  };
  const cut = [...document.querySelectorAll("svg.chart text")].filter(isCut);
  return [...wide, ...cut.map((text) => `${text.closest("figure").id}: ${text.textContent}`)];
}

/** Charts that are not there, or have no line or point of any length. */
function emptyCharts(ids) {
  const drawn = (id) => document.querySelectorAll(`#${id} :is(.solid, .thin, .uncertain, .bound, .dot)`);
  const hasLength = (shape) => (shape.getTotalLength?.() ?? 0) > 0;
  return ids.filter((id) => ![...drawn(id)].some(hasLength));
}

export const checks = {
  "report of one run": (check) =>
    inFolder(async (path) => {
      const thresholds = ["gap.p99<1s", "lost==1", "ttfe.p99.99<1us"].flatMap((text) => ["--threshold", text]);
      await run(path("a.json"), "-d", "3s", "--html", path("a.html"), ...thresholds);
      const page = await (await check.context()).newPage();
      await page.goto(pathToFileURL(path("a.html")).href);
      assert.equal(await page.locator("#thresholds tbody tr").count(), 3);
      assert.equal(await page.locator("#thresholds .failed").first().textContent(), "✗ failed");
      return isSound(check, path("a.html"), CHARTS);
    }),

  "report of several runs": (check) =>
    inFolder(async (path) => {
      await Promise.all(["a.json", "b.json"].map((name) => run(path(name), "-d", "2s")));
      await weir("show", path("a.json"), path("b.json"), "--html", path("both.html"));
      const page = await (await check.context()).newPage();
      await page.goto(pathToFileURL(path("both.html")).href);
      const names = page.locator("#percentiles-gap text.name");
      assert.deepEqual((await names.allTextContents()).sort(), ["1", "2"]);
      assert.match(await page.locator("#percentiles .legend").first().textContent(), /1 .*a\.json.*2 .*b\.json/);
      return isSound(check, path("both.html"), CHARTS);
    }),

  "report of a second, and of nothing": (check) =>
    inFolder(async (path) => {
      await run(path("a.json"), "-d", "1s", "--html", path("second.html"));
      await isSound(check, path("second.html"), CHARTS);
      const server = await check.server();
      await run(path("b.json"), `${server.url}/absent`, "-n", "3", "--html", path("nothing.html"));
      await isSound(check, path("nothing.html"), ["percentiles-connect"]);
      const page = await (await check.context()).newPage();
      await page.goto(pathToFileURL(path("nothing.html")).href);
      assert.match(await page.locator("#errors tbody").textContent(), /http_status/);
      return "one point a line, and errors alone";
    }),
};
