#!/usr/bin/env python3
"""What it costs weir-server to encode streams: processor time, bytes and memory, as it is, with gzip, zstd and brotli.

    cargo build --release --workspace --bins
    scripts/compress.py                       prints a line for each coding
    scripts/compress.py --json FILE           also writes the record

The streams come as fast as they are read, which is by one process that does nothing with them. Everything stays on loopback.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import select
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
CODINGS = ["identity", "gzip", "zstd", "br"]
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Server:
    def __init__(self):
        command = [BIN / "weir-server", "--listen", "127.0.0.1:0", "--threads", "1", "--compress"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on http://"):
            sys.exit("compress: weir-server did not start")
        host, port = line.removeprefix("listening on http://").strip().split(":")
        self.address = (host, int(port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def rss_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s*(\d+)", status).group(1)) * 1024

    def events(self):
        text = b"".join(iter(lambda part=self.open("/metrics", "identity", close=True): part.recv(1 << 16), b""))
        return int(re.search(rb"weir_events_sent_total (\d+)", text).group(1))

    def open(self, path, coding, close=False):
        client = socket.create_connection(self.address)
        client.sendall(f"GET {path} HTTP/1.1\r\nhost: test\r\naccept-encoding: {coding}\r\n"
                       f"connection: {'close' if close else 'keep-alive'}\r\n\r\n".encode())
        return client


def measure(coding, options):
    """One server, so that nothing of another coding is in its memory."""
    with Server() as server:
        idle_bytes = server.rss_bytes()
        clients = [server.open(f"/sse?rate=0&size={options.size}", coding) for _ in range(options.streams)]
        read_for(clients, 0.5)
        before = server.events(), server.cpu_s()
        wire_bytes = read_for(clients, options.duration)
        events, cpu_s = server.events() - before[0], server.cpu_s() - before[1]
        held_bytes = server.rss_bytes() - idle_bytes
        for client in clients:
            client.close()
    return {"coding": coding, "events": events, "wire_bytes": wire_bytes, "cpu_s": cpu_s,
            "cpu_ns_per_event": cpu_s / events * 1e9, "bytes_per_event": wire_bytes / events,
            "rss_bytes_per_stream": held_bytes / options.streams}


def read_for(clients, duration_s):
    """Bytes that came."""
    poll = select.epoll()
    by_number = {client.fileno(): client for client in clients}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    total, end = 0, time.monotonic() + duration_s
    while time.monotonic() < end:
        total += sum(len(by_number[number].recv(1 << 16)) for number, _ in poll.poll(0.1))
    return total


def machine():
    found = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    return {"cpu": found.group(1) if found else "unknown processor", "cores": os.cpu_count(),
            "kernel": f"Linux {platform.release()}"}


def main():
    parser = argparse.ArgumentParser(description="What it costs weir-server to encode streams.")
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--size", type=int, default=64, help="bytes of data in an event")
    parser.add_argument("--duration", type=float, default=3.0, help="seconds of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of all codings, one after the other")
    parser.add_argument("--json", type=pathlib.Path, help="write the record")
    options = parser.parse_args()
    started_at = datetime.datetime.now(datetime.timezone.utc)
    runs = [measure(coding, options) for _ in range(options.rounds) for coding in CODINGS]
    for coding in CODINGS:
        of_it = [run for run in runs if run["coding"] == coding]
        cpu, size, memory = (statistics.median(run[name] for run in of_it)
                             for name in ("cpu_ns_per_event", "bytes_per_event", "rss_bytes_per_stream"))
        print(f"{coding:8} {cpu:8.0f} ns/event {size:7.1f} bytes/event {memory / 1024:7.1f} KiB/stream")
    if options.json:
        revision = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True)
        record = {"schema": "weir.compress/1", "command": " ".join(sys.argv),
                  "revision": revision.stdout.strip(), "started_at": started_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                  "machine": machine(), "settings": {"streams": options.streams, "size_bytes": options.size,
                                                     "duration_s": options.duration, "rounds": options.rounds},
                  "runs": runs}
        options.json.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
