"""The PyPI package sse-starlette, on uvicorn."""

import sys

from harness import Process
from servers.base import ServerPeer

EVENTS = 50


class SseStarlette(ServerPeer):
    def test_event_source_response(self):
        with Process(sys.executable, "-m", "servers.sse_starlette_app", EVENTS) as server:
            self.count(server.listening(), streams=40, events=EVENTS)
