// The typewriter of the tutorials: headers and `res.write` by hand, one event per character, then the end.
import express from "express";

const text = process.argv[2];
const app = express();

app.get("/api/stream", (req, res) => {
  res.setHeader("Content-Type", "text/event-stream");
  res.setHeader("Cache-Control", "no-cache");
  res.setHeader("Connection", "keep-alive");
  res.flushHeaders();

  const send = (event) => res.write(`data: ${JSON.stringify(event)}\n\n`);
  const characters = [...text];
  let index = 0;
  send({ type: "start" });
  const timer = setInterval(() => {
    if (index < characters.length) {
      send({ type: "chunk", char: characters[index], index, total: characters.length });
      index += 1;
    } else {
      send({ type: "end" });
      clearInterval(timer);
      res.end();
    }
  }, 10);
  req.on("close", () => clearInterval(timer));
});

const server = app.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
