"""The PyPI package httpx-sse."""

from itertools import islice

import httpx
import httpx_sse

import weir
from clients.base import EVENTS, SIZE_BYTES
from harness import Peer


class HttpxSse(Peer):
    def test_leaves_and_resumes(self):
        with weir.server() as (_, url), httpx.Client(base_url=url) as client:
            with _connect(client) as stream:
                first = list(islice(stream.iter_sse(), EVENTS // 4))
            with _connect(client, first[-1].id) as stream:
                rest = list(stream.iter_sse())
            with _connect(client, rest[-1].id) as stream:
                self.assertEqual(204, stream.response.status_code)
        events = [(event.event, event.id, len(event.data)) for event in first + rest]
        self.assertEqual([("tick", str(number), SIZE_BYTES) for number in range(EVENTS)], events)
        self.proved = f"2 streams, {EVENTS} events: ids, type, sizes, resumed by Last-Event-ID, 204 at the end"


def _connect(client, last_event_id=None):
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    query = {"events": EVENTS, "rate": 500, "size": SIZE_BYTES, "event": "tick"}
    return httpx_sse.connect_sse(client, "GET", "/sse", headers=headers, params=query)
