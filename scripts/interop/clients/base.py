"""Direction 2: an EventSource nobody in the project wrote, against weir-server."""

import json
from itertools import islice
from urllib.parse import urlencode

import weir
from harness import CHECK_LIMIT_S, Peer, Process

EVENTS = 200
SIZE_BYTES = 64
TEXT = "The weir holds the stream. 堰は流れを測る。🌊"
# What `watch.mjs` tells beside events.
OPENED = {"opened": True}
CLOSED = {"closed": True}


class EventSourcePeer(Peer):
    """What the standard (WHATWG HTML 9.2) has every EventSource do, and so what weir-server must serve."""

    client = ()
    """The command. It is given a URL and an event type, opens an EventSource, prints each fact as one line of JSON
    (`watch.mjs` says which), and ends when the EventSource is CLOSED."""

    def test_events(self):
        with weir.server() as (_, url):
            for event_type, query in [("message", {}), ("tick", {"event": "tick", "stamp": 1})]:
                with self.watch(_sse(url, rate=0, **query), event_type) as client:
                    self.assert_whole(list(client.facts()), event_type)
        self.proved = f"2 streams, {2 * EVENTS} events: default and named type, ids, sizes, CLOSED by 204"

    def test_text(self):
        query = urlencode({"text": TEXT, "interval": 1})
        with weir.server() as (_, url), self.watch(f"{url}/api/stream?{query}", "message") as client:
            opened, *events = islice(client.facts(), 1 + 1 + len(TEXT) + 1)
        self.assertEqual(OPENED, opened)
        chunks = [json.loads(event["data"]) for event in events]
        self.assertEqual(["start", *["chunk"] * len(TEXT), "end"], [chunk["type"] for chunk in chunks])
        self.assertEqual(TEXT, "".join(chunk["char"] for chunk in chunks[1:-1]))
        self.proved = f"1 stream, {len(events)} events: text in three scripts"

    def test_resumes_by_itself_when_the_server_restarts(self):
        # Half of the stream at once, and the rest only when the check would have run out of time: however slow the
        # machine, the server ends in the middle. What is resumed begins with a batch, too.
        half = EVENTS // 2
        query = {"batch": half, "rate": half / CHECK_LIMIT_S}
        with weir.server() as (first, url), self.watch(_sse(url, **query), "message") as client:
            facts = client.facts()
            before = list(islice(facts, 1 + half))
            self.assertEqual(0, first.stop(), "weir-server's exit code")
            with weir.server(url.removeprefix("http://")):
                after = list(facts)
        self.assertIn(OPENED, after)
        self.assert_whole(before + after, "message")
        self.proved = f"1 stream, {EVENTS} events over a restart: resumed by Last-Event-ID, no hole, no repeat"

    def watch(self, url, event_type):
        return Process(*self.client, url, event_type)

    def assert_whole(self, facts, event_type):
        """No hole, no repeat, nothing but the stream's events, then CLOSED; in however many connections."""
        events = [(event_type, str(number), SIZE_BYTES) for number in range(EVENTS)]
        self.assertEqual([*events, CLOSED], [_outline(fact) for fact in facts if fact != OPENED])


def _sse(url, **query):
    return f"{url}/sse?" + urlencode({"events": EVENTS, "size": SIZE_BYTES, "retry": 100} | query)


def _outline(fact):
    return (fact["type"], fact["id"], len(fact["data"])) if "data" in fact else fact
