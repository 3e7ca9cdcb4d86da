"""Express, with the typewriter that tutorials write by hand."""

from harness import Process
from servers.base import ServerPeer

TEXT = "The weir holds the stream. 堰は流れを測る。🌊"


class Express(ServerPeer):
    def test_typewriter(self):
        with Process("node", "servers/express.mjs", TEXT) as server:
            url = server.listening() + "/api/stream"
            self.count(url, streams=40, events=1 + len(TEXT) + 1)
