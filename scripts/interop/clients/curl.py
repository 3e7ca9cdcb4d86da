"""curl -N: the bytes on the wire, once its chunked coding is taken off."""

import json
import re

import weir
from clients.base import EVENTS, SIZE_BYTES, TEXT
from harness import Peer, Process


class Curl(Peer):
    def test_exact_bytes(self):
        with weir.server() as (_, url):
            stream = f"{url}/sse?events={EVENTS}&rate=0&size={SIZE_BYTES}"
            whole = self.fetch(stream)
            self.assertEqual(list(range(EVENTS)), _ids(whole))
            last_seen = EVENTS // 4 - 1
            rest = self.fetch(stream, "-H", f"Last-Event-ID: {last_seen}")
            self.assertEqual(whole[whole.index(b"id: %d\n" % (last_seen + 1)) :], rest)
            finished = self.fetch(stream, "-H", f"Last-Event-ID: {EVENTS - 1}", "-w", "%{http_code}")
            self.assertEqual(b"204", finished)
        self.proved = f"2 streams, {EVENTS + len(_ids(rest))} events: exact bytes, resumed to the byte, 204 at the end"

    def test_text(self):
        with weir.server() as (_, url):
            body = self.fetch(f"{url}/api/stream", "-G", "-d", "interval=0", "--data-urlencode", f"text={TEXT}")
        events = [json.loads(data) for data in re.findall(rb"^data: (.*)$", body, re.MULTILINE)]
        chunks = [{"type": "chunk", "char": char, "index": i, "total": len(TEXT)} for i, char in enumerate(TEXT)]
        self.assertEqual([{"type": "start"}, *chunks, {"type": "end"}], events)
        self.proved = f"1 stream, {len(events)} events: text in three scripts"

    def test_drain_ends_the_stream_cleanly(self):
        with weir.server() as (server, url), _curl(f"{url}/sse?rate=100&size={SIZE_BYTES}") as curl:
            lines = curl.lines()
            first = "".join(next(lines) + "\n" for _ in range(3 * 20)).encode()
            self.assertEqual(0, server.stop(), "weir-server's exit code")
            whole = first + curl.output()
            self.assertEqual(0, curl.ended(), "curl's exit code: 18 means that the stream was cut")
        farewell = b"retry: 1000\n\n"
        self.assertTrue(whole.endswith(farewell), whole[-200:])
        ids = _ids(whole.removesuffix(farewell))
        self.assertEqual(list(range(len(ids))), ids)
        self.proved = "1 endless stream, ended by a drain between two events"

    def fetch(self, *arguments):
        """The body of a response that curl calls complete."""
        with _curl(*arguments) as curl:
            body = curl.output()
            self.assertEqual(0, curl.ended(), "curl's exit code")
            return body


def _curl(*arguments):
    return Process("curl", "-sN", *arguments)


def _ids(body):
    """The ids of the events in a body that holds nothing beside such events."""
    event = rb"id: (\d+)\ndata: [ -~]{%d}\n\n" % SIZE_BYTES
    assert re.fullmatch(b"(%s)*" % event, body), f"expected events of {SIZE_BYTES} bytes and nothing else: {body[:500]}"
    return [int(number) for number in re.findall(event, body)]
