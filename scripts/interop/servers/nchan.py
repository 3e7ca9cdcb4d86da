"""nginx with nchan: subscribers see what a publisher posts, until they have had enough."""

import threading
import urllib.request
from contextlib import contextmanager

from nginx import nginx
from servers.base import ServerPeer

EVENTS = 100
LOCATIONS = """
location = /subscribe {
    nchan_subscriber eventsource;
    nchan_channel_id news;
    nchan_subscriber_first_message newest;
}
location = /publish {
    nchan_publisher;
    nchan_channel_id news;
}
"""


class Nchan(ServerPeer):
    def test_subscribers(self):
        with nginx(LOCATIONS) as url, publisher(f"{url}/publish"):
            self.count(f"{url}/subscribe", "-e", EVENTS, streams=20, events=EVENTS)


@contextmanager
def publisher(url):
    """Posts a message every few milliseconds."""
    enough = threading.Event()

    def post():
        number = 0
        while not enough.wait(0.003):
            urllib.request.urlopen(url, f"message {number}".encode(), timeout=5).close()
            number += 1

    thread = threading.Thread(target=post)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()
