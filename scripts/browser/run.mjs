// Runs the checks, a few at a time, and prints a line for each. Arguments name those to run, by a part of their name.
import { Check, launch } from "./harness.mjs";
import { checks as page } from "./page.mjs";
import { checks as parser } from "./parser.mjs";
import { checks as report } from "./report.mjs";
import { checks as rooms } from "./rooms.mjs";
import { checks as typewriter } from "./typewriter.mjs";

/** Checks at a time: most of each is waiting. */
const LANES = 3;

const wanted = process.argv.slice(2);
const isWanted = ([name]) => wanted.length === 0 || wanted.some((part) => name.includes(part));
const checks = Object.entries({ ...parser, ...typewriter, ...rooms, ...page, ...report }).filter(isWanted);

// Its handlers of signals and of exits end what has been started.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

const browser = await launch();
const left = [...checks];
const failed = [];
await Promise.all(Array.from({ length: LANES }, runSome));
await browser.close();
console.log(failed.length ? `${failed.length} of ${checks.length} failed` : `all ${checks.length} passed`);
process.exit(failed.length || !checks.length ? 1 : 0);

async function runSome() {
  for (let next = left.shift(); next; next = left.shift()) await runOne(...next);
}

async function runOne(name, run) {
  const check = new Check(browser);
  const startMs = Date.now();
  try {
    const proved = await run(check);
    console.log(`ok    ${name}: ${proved} (${Date.now() - startMs} ms)`);
  } catch (error) {
    failed.push(name);
    console.log(`FAIL  ${name}: ${error.message.split("\n")[0]}`);
    console.error(error);
  }
  await check.end();
}
