"""The two binaries under test."""

import json
from contextlib import contextmanager

from harness import Process


@contextmanager
def server(listen="127.0.0.1:0"):
    """A running weir-server: the process, and its URL."""
    with Process("weir-server", "--listen", listen) as process:
        yield process, process.listening()


def run(url, *flags):
    """Runs `weir run` to its end, and gives its report."""
    with Process("weir", "run", url, *flags, "--warmup", "0s", "--quiet", "--json", "-") as process:
        output, code = process.output(), process.ended()
        # On a busy machine its own delays may make a run invalid (12): what was received is as right as ever.
        assert code in (0, 12), f"expected weir run to exit with 0, but it exited with {code}: {output[:2000]}"
        return json.loads(output)
