"""The npm package better-sse."""

from harness import Process
from servers.base import ServerPeer

EVENTS = 50


class BetterSse(ServerPeer):
    def test_session(self):
        with Process("node", "servers/better-sse.mjs", EVENTS) as server:
            self.count(server.listening(), streams=40, events=EVENTS)
