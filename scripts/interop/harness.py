"""What the check of every peer needs: a time limit, and processes that never outlive it."""

import json
import os
import re
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).parent
# The slowest check, a browser's, takes 3 s on two cores, and took 17 s with thirty busy processes beside it.
CHECK_LIMIT_S = 50
# A foreign server ends in milliseconds; weir-server drains for 5 s at most.
STOP_LIMIT_S = 8


class Peer(unittest.TestCase):
    """Checks against one piece of software nobody in the project wrote."""

    proved = ""
    """What a passed check showed, in a few words, with the numbers of streams and events."""

    def setUp(self):
        signal.signal(signal.SIGALRM, _out_of_time)
        signal.alarm(CHECK_LIMIT_S)
        self.addCleanup(signal.alarm, 0)


class Process:
    """A child process, ended when its `with` block is left, however that is left."""

    def __init__(self, *command):
        self.command = [str(word) for word in command]

    def __enter__(self):
        self._stderr = tempfile.TemporaryFile()
        # A process group of its own, so that what it started can be ended with it.
        self._child = subprocess.Popen(
            self.command,
            cwd=HERE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,
        )
        return self

    def __exit__(self, _kind, error, _traceback):
        try:
            self.stop()
        finally:
            if self._child.poll() is None:
                os.killpg(self._child.pid, signal.SIGKILL)
                self._child.wait()
            if error:
                error.add_note(self._last_words())
            self._child.stdout.close()
            self._stderr.close()

    def lines(self):
        """The lines of its standard output as they come, until it closes that."""
        for line in self._child.stdout:
            yield line.decode().rstrip("\n")

    def output(self):
        """What is left of its standard output, in bytes, once it has closed that."""
        return self._child.stdout.read()

    def facts(self):
        """The JSON values it prints, one a line."""
        return map(json.loads, self.lines())

    def listening(self):
        """Waits until it says `listening on URL`, and gives the URL."""
        for line in self.lines():
            if found := re.fullmatch(r"listening on (http://\S+)", line):
                return found[1]
        raise AssertionError("expected `listening on http://...`, but it ended without a word of it")

    def ended(self):
        """Waits until it ends by itself, and gives its exit code."""
        return self._child.wait()

    def stop(self):
        """Asks it to end with SIGTERM, and gives its exit code."""
        self._child.terminate()
        return self._child.wait(STOP_LIMIT_S)

    def _last_words(self):
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").splitlines()[-20:]
        return "\n  ".join([f"stderr of {' '.join(self.command)} (exit {self._child.returncode}):", *lines])


def _out_of_time(_signal, _frame):
    raise TimeoutError(f"expected the check to end within {CHECK_LIMIT_S} s")
