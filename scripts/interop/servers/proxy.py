"""weir-server behind nginx, unbuffered: the stamps must come through."""

import weir
from nginx import nginx
from servers.base import ServerPeer

EVENTS = 100
LOCATION = """
location / {
    proxy_pass %s;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_buffering off;
}
"""


class Proxy(ServerPeer):
    def test_stamps_come_through(self):
        with weir.server() as (_, upstream), nginx(LOCATION % upstream) as url:
            self.count(f"{url}/sse?events={EVENTS}&rate=200", streams=40, events=EVENTS, stamped=True)
