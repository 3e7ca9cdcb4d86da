#!/usr/bin/env python3
"""`weir run` against every scenario of weir-server: no errors, nothing lost, repeated or out of order.

    cargo build --release --workspace --bins
    scripts/matrix.py                       every scenario, 200 streams for 5 s; then fan-out to 10,000 subscribers
    scripts/matrix.py --smoke               the same with 10 streams for a second, without the 10,000
    scripts/matrix.py --only sse,room       some
    scripts/matrix.py --json FILE           also writes the record

A run may be invalid where its own delays spoil the latencies, as on a busy machine: counts are counts. Everything stays on
loopback.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
# Between two things that a publisher says.
PUBLISH_EVERY_S = 0.02

LLM = json.dumps({"model": "weir", "stream": True, "max_tokens": 40, "stream_options": {"include_usage": True},
                  "messages": [{"role": "user", "content": "Say something."}], "prompt": "Say something.",
                  "input": "Say something.", "weir": {"ttft": 20, "itl": 5}})
SAID = json.dumps({"user": "ann", "message": "hello"})
RECORDED = "".join(f"id: {number}\nevent: tick\ndata: {{\"number\":{number}}}\n\n" for number in range(50))


class Case:
    """A scenario: its path, what is posted to get the stream, and what has to be published meanwhile, to where."""

    def __init__(self, name, path, body=None, publish=None, ends=False, stamped=True, streams=None):
        self.name, self.path, self.body, self.publish = name, path, body, publish
        self.ends, self.stamped, self.streams = ends, stamped, streams


CASES = [
    Case("sse", "/sse?rate=20"),
    Case("sse poisson", "/sse?rate=20&pace=poisson&seed=7"),
    Case("sse lognormal, stalls", "/sse?rate=20&pace=lognormal:2&stall=0.01:50"),
    Case("sse batches, heartbeats", "/sse?rate=100&batch=10&heartbeat=0.05&retry=1000"),
    Case("sse flood", "/sse?rate=0&events=2000&batch=20", ends=True),
    Case("typewriter", "/api/stream?interval=10", ends=True),
    Case("channels", "/api/channels/news,sport,weather?rate=20"),
    Case("monitor", "/api/monitor?interval=100"),
    Case("topic, by a clock", "/topic/ticks?rate=20&size=100"),
    Case("topic, by POST", "/topic/posted", publish=("/topic/posted", "hello\nyou")),
    Case("room", "/api/chat/lobby", publish=("/api/chat/lobby/message", SAID)),
    Case("notifications, to one", "/api/notifications/ann", publish=("/api/notifications/ann", SAID)),
    Case("notifications, to all", "/api/notifications/bob", publish=("/api/notifications", SAID)),
    Case("chat completions", "/v1/chat/completions", body=LLM, ends=True),
    Case("completions", "/v1/completions", body=LLM, ends=True),
    Case("responses", "/v1/responses", body=LLM, ends=True),
    Case("messages", "/v1/messages", body=LLM, ends=True),
    Case("relay", "/v1/relay", body=LLM, ends=True),
    Case("recorded stream", "/scenario?rate=100", ends=True),
]
FANOUT = [
    Case("fan-out, 1,000 x 10 events/s", "/topic/f1?rate=10", streams=1_000),
    Case("fan-out, 10,000 x 1 event/s", "/topic/f2?rate=1", streams=10_000),
    Case("fan-out, 10,000 x 5 events/s", "/topic/f3?rate=5", streams=10_000),
    Case("fan-out, 10,000 x 10 events/s", "/topic/f4?rate=10", streams=10_000),
]


@contextlib.contextmanager
def server(*flags):
    """A running weir-server: its URL."""
    command = [BIN / "weir-server", "--listen", "127.0.0.1:0", *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = process.stdout.readline()
        if not line.startswith("listening on "):
            sys.exit("matrix: weir-server did not start")
        yield line.removeprefix("listening on ").strip()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    finally:
        process.kill()


@contextlib.contextmanager
def publisher(url, publish):
    """Somebody who says the same thing again and again."""
    if not publish:
        yield
        return
    path, body = publish
    done = threading.Event()
    refused = []

    def say():
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
        while not done.wait(PUBLISH_EVERY_S):
            connection.request("POST", path, body.encode())
            answer = connection.getresponse()
            told = answer.read()
            if answer.status != 200:
                refused.append(told.decode())
                return

    saying = threading.Thread(target=say)
    saying.start()
    try:
        yield
    finally:
        done.set()
        saying.join()
    if refused:
        sys.exit(f"matrix: what was published to {path} was refused: {refused[0]}")


def run(case, url, streams, seconds):
    """Gives the report of one run."""
    streams = case.streams or streams
    # Many streams take a while to open.
    warmup = max(1, streams / 2_500)
    command = [BIN / "weir", "run", url + case.path, "-c", str(streams), "--quiet", "--json", "-"]
    command += ["-n", str(4 * streams)] if case.ends else ["-d", f"{seconds}s", "--warmup", f"{warmup}s"]
    if case.body:
        command += ["-X", "POST", "-H", "content-type: application/json", "--body", case.body]
    with publisher(url, case.publish):
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=120, check=False)
    if done.returncode not in (0, 12):
        sys.exit(f"matrix: {case.name}: weir run exited with {done.returncode}")
    return json.loads(done.stdout)


def outcome(case, report):
    """What of a report stands in the record."""
    counters, latency = report["counters"], report["latency"]
    wrong = {name: counters[name] for name in ("streams_failed", "lost", "duplicated", "reordered") if counters[name]}
    wrong |= report["errors"]
    if not counters["events"]:
        wrong["events"] = 0
    if case.stamped and "delivery" not in latency:
        wrong["stamps"] = 0
    delivery = latency.get("delivery", {})
    return {
        "name": case.name,
        "path": case.path,
        "streams": counters["streams_open_peak"],
        "events": counters["events"],
        "events_per_s": report["throughput"]["events_per_s"],
        "gap_p99_ns": latency.get("gap", {}).get("p99_ns"),
        "delivery_ns": {at: delivery.get(f"{at}_ns") for at in ("min", "p50", "p99", "max")},
        "verdict": report["verdict"]["status"],
        "reasons": sorted({reason["code"] for reason in report["verdict"]["reasons"]}),
        "wrong": wrong,
    }


def show(row):
    at = {name: "-" if ns is None else f"{ns / 1e6:.2f}" for name, ns in row["delivery_ns"].items()}
    wrong = " ".join(f"{what}={count}" for what, count in row["wrong"].items()) or "ok"
    print(f"{row['name']:32} {row['streams']:6,} streams {row['events']:9,} events   delivery ms p50 {at['p50']:>8} "
          f"p99 {at['p99']:>8} max {at['max']:>8}   {row['verdict']:8} {wrong}", flush=True)


def arguments():
    parser = argparse.ArgumentParser(description="weir run against every scenario of weir-server.")
    parser.add_argument("--smoke", action="store_true", help="few streams, for a second")
    parser.add_argument("--only", help="scenarios whose names begin so, separated by commas")
    parser.add_argument("--json", type=pathlib.Path, help="write the record")
    return parser.parse_args()


def main():
    options = arguments()
    streams, seconds = (10, 1) if options.smoke else (200, 5)
    cases = CASES if options.smoke else CASES + FANOUT
    if options.only:
        cases = [case for case in cases if case.name.startswith(tuple(options.only.split(",")))]
    rows, reports = [], []
    with tempfile.NamedTemporaryFile("w", suffix=".sse") as recorded:
        recorded.write(RECORDED)
        recorded.flush()
        with server() as upstream, server("--upstream", upstream, "--scenario", recorded.name) as url:
            for case in cases:
                reports.append(run(case, url, streams, seconds))
                rows.append(outcome(case, reports[-1]))
                show(rows[-1])
    if options.json:
        record = {"schema": "weir.matrix/1", "command": " ".join(sys.argv), "revision": reports[0]["tool"]["revision"],
                  "machine": reports[0]["machine"], "started_at": reports[0]["started_at"], "smoke": options.smoke}
        options.json.write_text(json.dumps(record | {"runs": rows}, indent=2) + "\n")
    if any(row["wrong"] for row in rows):
        sys.exit("matrix: not everything went well")


if __name__ == "__main__":
    main()
