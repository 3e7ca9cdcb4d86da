// The page's reader of event streams against the cases that weir's own decoder is held to.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const ROOT = new URL("../../", import.meta.url);
const read = (path) => readFile(new URL(path, ROOT), "utf8");
const EventParser = new Function(`${await read("server/src/page/sse.js")}\nreturn EventParser;`)();
const cases = JSON.parse(await read("sse/tests/fixtures/sse_cases.json"));

function parse(chunks) {
  const events = [];
  const parser = new EventParser(({ type, data, lastEventId }) => events.push({ event: type, data, id: lastEventId }));
  const decoder = new TextDecoder();
  for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
  return { events, lastEventId: parser.lastEventId, retryMs: parser.retryMs };
}

const bytesOf = (chunk) => Buffer.from(chunk.b64 ?? chunk, chunk.b64 === undefined ? "utf8" : "base64");

const split = (bytes, size) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));

export const checks = {
  "the page's parser keeps to the standard": async () => {
    let runs = 0;
    for (const one of cases) {
      const bytes = Buffer.concat(one.chunks.map(bytesOf));
      for (const size of [1, 2, 3, 5, bytes.length]) {
        const got = parse(split(bytes, size));
        assert.deepEqual(got.events, one.expect, `${one.name} in pieces of ${size}`);
        assert.equal(got.lastEventId, one.last_event_id_after, one.name);
        if (one.retry !== undefined) assert.equal(got.retryMs, one.retry, one.name);
        runs += 1;
      }
    }
    return `${cases.length} cases, ${runs} runs in pieces of 1 byte and more`;
  },
};
