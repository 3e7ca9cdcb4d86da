"""Checks the peers named as arguments, or all of them, and says in one line each what was proved.

Expects `weir` and `weir-server` on the path.
"""

import signal
import sys
import unittest

PEERS = {
    "express": "servers.express",
    "better-sse": "servers.better_sse",
    "sse-starlette": "servers.sse_starlette",
    "nchan": "servers.nchan",
    "proxy": "servers.proxy",
    "curl": "clients.curl",
    "eventsource": "clients.eventsource",
    "httpx-sse": "clients.httpx_sse",
    "chromium": "clients.chromium",
    "openai": "clients.openai_sdk",
    "anthropic": "clients.anthropic_sdk",
}


def main(names):
    """Gives the number of peers that failed."""
    if unknown := set(names) - PEERS.keys():
        sys.exit(f"no such peer: {', '.join(unknown)}; there are {', '.join(PEERS)}")
    # An end from outside unwinds as ^C does, and so ends every process.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return sum(not check(name) for name in names or PEERS)


def check(name):
    """Runs the checks of one peer: did they pass?"""
    result = Proofs()
    unittest.defaultTestLoader.loadTestsFromName(PEERS[name]).run(result)
    for _, account in result.failures + result.errors:
        print(account)
    verdict = "; ".join(result.proved) if result.wasSuccessful() else "FAILED"
    print(f"{name:14}{verdict}", flush=True)
    return result.wasSuccessful()


class Proofs(unittest.TestResult):
    """Keeps what each passed check proved."""

    def __init__(self):
        super().__init__()
        self.proved = []

    def addSuccess(self, test):
        self.proved.append(test.proved)


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1:])))
