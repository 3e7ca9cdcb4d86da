"""An nginx of our own: its port, configuration and every file it writes are apart from the system's."""

import socket
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from harness import Process

# Two workers, so that what one accepts the other may have to serve. Relative paths are below the prefix.
CONFIG = """
daemon off;
worker_processes 2;
pid nginx.pid;
lock_file nginx.lock;
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {
        listen 127.0.0.1:%(port)d;
        %(locations)s
    }
}
"""


@contextmanager
def nginx(locations):
    """A running nginx that serves these `location` blocks: its URL."""
    with tempfile.TemporaryDirectory() as prefix:
        # The workers run as another user than root, and must reach their files.
        Path(prefix).chmod(0o755)
        port = _free_port()
        config = Path(prefix, "nginx.conf")
        config.write_text(CONFIG % {"port": port, "locations": locations})
        with Process("nginx", "-p", prefix, "-c", config, "-e", "stderr"):
            _wait_until_accepting(port)
            yield f"http://127.0.0.1:{port}"


def _free_port():
    # nginx cannot tell which port it was given for port 0.
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def _wait_until_accepting(port):
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
