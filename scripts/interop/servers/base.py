"""Direction 1: `weir run` against a server nobody in the project wrote."""

import weir
from harness import Peer

CONCURRENT_STREAMS = 10


class ServerPeer(Peer):
    """Checks of one foreign server."""

    def count(self, url, *flags, streams, events, stamped=False):
        """Opens `streams` streams of `events` events each, and holds the report to every one of them."""
        report = weir.run(url, "-c", CONCURRENT_STREAMS, "-n", streams, *flags)
        counters = _exact_counters(streams, streams * events)
        self.assertEqual(counters, {name: report["counters"].get(name) for name in counters})
        self.assertEqual({}, report["errors"])
        samples = _exact_samples(streams, events, stamped)
        latency = report["latency"]
        self.assertEqual(samples, {metric: latency.get(metric, {}).get("count") for metric in samples})
        self.proved = f"{streams} streams, {streams * events} events"


def _exact_counters(streams, events):
    return {
        "streams_started": streams,
        "streams_established": streams,
        "streams_completed": streams,
        "streams_failed": 0,
        "events": events,
        "lost": 0,
        "duplicated": 0,
        "reordered": 0,
    }


def _exact_samples(streams, events, stamped):
    """How many samples each metric has: none (and no entry in the report) where it needs stamps and there are none."""
    per_event = streams * events if stamped else None
    return {
        "ttfe": streams,
        "gap": streams * (events - 1),
        "delivery": per_event,
        "server_lag": per_event,
        "wire": per_event,
    }
