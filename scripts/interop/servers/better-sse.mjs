// A session of better-sse, which adds a `retry`, named events and a random id to each.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createSession } from "better-sse";

const events = Number(process.argv[2]);

async function* readings() {
  for (let reading = 0; reading < events; reading += 1) {
    await sleep(5);
    yield { reading };
  }
}

const server = createServer(async (req, res) => {
  const session = await createSession(req, res);
  await session.iterate(readings(), { eventName: "reading" });
  res.end();
});

server.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
