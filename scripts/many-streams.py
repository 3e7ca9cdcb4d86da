#!/usr/bin/env python3
"""More streams than one process can hold: several weir-server processes that share a port, several `weir run` processes
that share the streams, each with source addresses of its own.

    cargo build --release --workspace --bins
    scripts/many-streams.py                                    15,000 streams in one process each, 50,000 and 200,000 over several
    scripts/many-streams.py --streams 30000 --processes 2      one run as told
    scripts/many-streams.py --json FILE                        also writes the record

A process may often hold 20,000 descriptors (`ulimit -Hn`), and one source address has some 28,000 ports for a target. Latencies
of several processes are those of the worst of them: percentiles do not add up. Everything stays on loopback.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
# Streams of one source address: of its 28,000 ports for a target the kernel tries every other one first, and once those are
# taken a connect takes a millisecond, for which every stream of its thread waits.
STREAMS_PER_SOURCE = 12_000
# The runs that stand in results/: streams, processes at each end, events a second of each stream, seconds over which they are opened.
# The last has as many streams as two cores can open, and still send to, within some minutes.
USUAL = [(15_000, 1, 0.2, 20), (50_000, 3, 0.2, 20), (200_000, 12, 0.05, 100)]
DRAINED = re.compile(r"drained streams=(\d+) events=(\d+)")


class Servers:
    """weir-server processes at one address; `sent` after they were stopped."""

    def __init__(self, count, work):
        self.logs = [work / f"server-{index}.log" for index in range(count)]
        self.processes = []
        self.address = "127.0.0.1:0"

    def start(self):
        for log in self.logs:
            self.start_one(log)

    def start_one(self, log):
        # One thread each, once there are more of them than cores.
        threads = max(1, (os.cpu_count() or 1) // len(self.logs))
        command = [BIN / "weir-server", "--listen", self.address, "--reuse-port", "--threads", str(threads)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log.open("w"), text=True)
        self.processes.append(process)
        line = process.stdout.readline()
        if not line.startswith("listening on http://"):
            sys.exit(f"many-streams: weir-server did not start: {log.read_text()}")
        self.address = line.removeprefix("listening on http://").strip()

    def rss_bytes(self):
        return sum(resident_bytes(process.pid) for process in self.processes)

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(timeout=30)
        found = [DRAINED.search(log.read_text()) for log in self.logs]
        return sum(int(match[2]) for match in found if match)


def resident_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


def shard(index, streams, options, address, report):
    """One `weir run`: the first has the source addresses 127.0.1.1, 127.0.1.2, ..., the second 127.0.2.1, ..."""
    sources = streams // STREAMS_PER_SOURCE + 1
    url = f"http://{address}/sse?rate={options.rate}"
    command = [BIN / "weir", "run", url, "-c", str(streams), "-d", f"{options.duration}s"]
    command += ["--warmup", f"{options.warmup}s", "--seed", str(index), "--local-addr", f"127.0.{index + 1}.1-127.0.{index + 1}.{sources}"]
    command += ["--json", report, "--quiet"]
    if options.processes > 1:
        command += ["--threads", "1"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def measure(options):
    """Runs it, and gives what stands in the record."""
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        servers, running = Servers(options.processes, work), []
        try:
            servers.start()
            reports = [work / f"report-{index}.json" for index in range(options.processes)]
            shares = [options.streams * (index + 1) // options.processes - options.streams * index // options.processes
                      for index in range(options.processes)]
            for index, (share, report) in enumerate(zip(shares, reports)):
                running.append(shard(index, share, options, servers.address, report))
            peak_bytes = watch(running, servers, options)
            sent = servers.stop()
        finally:
            for process in running + servers.processes:
                process.kill()
        return merged(options, [json.loads(report.read_text()) for report in reports], sent, peak_bytes)


def watch(running, servers, options):
    """The servers' memory as it was while all streams were open; ends when the runs have."""
    peak_bytes = 0
    limit_s = options.warmup + options.duration + 120
    deadline = datetime.datetime.now() + datetime.timedelta(seconds=limit_s)
    while any(process.poll() is None for process in running):
        peak_bytes = max(peak_bytes, servers.rss_bytes())
        try:
            next(process for process in running if process.poll() is None).wait(timeout=1)
        except (subprocess.TimeoutExpired, StopIteration):
            pass
        if datetime.datetime.now() > deadline:
            sys.exit(f"many-streams: not done after {limit_s} s")
    # An invalid run has figures, too, and says so in its verdict.
    failed = [process.returncode for process in running if process.returncode not in (0, 12)]
    if failed:
        sys.exit(f"many-streams: weir run ended with {failed}")
    return peak_bytes


def merged(options, reports, sent, server_bytes):
    def total(name):
        return sum(report["counters"][name] for report in reports)

    def worst(metric, figure):
        return max(report["latency"][metric][figure] for report in reports)

    statuses = [report["verdict"]["status"] for report in reports]
    return {
        "name": f"{options.streams:,} streams, {options.processes} + {options.processes} processes",
        "processes": options.processes,
        "streams": options.streams,
        "rate_per_stream": options.rate,
        "established": total("streams_established"),
        "peak_open": total("streams_open_peak"),
        "failed": total("streams_failed"),
        "events": total("events"),
        "events_sent": sent,
        "lost": total("lost"),
        "duplicated": total("duplicated"),
        "reordered": total("reordered"),
        "delivery_p50_ns": worst("delivery", "p50_ns"),
        "delivery_p99_ns": worst("delivery", "p99_ns"),
        "server_lag_p50_ns": worst("server_lag", "p50_ns"),
        "weir_rss_bytes": sum(report["resources"]["rss_peak_bytes"] for report in reports),
        "server_rss_bytes": server_bytes,
        "verdicts": {status: statuses.count(status) for status in ("valid", "suspect", "invalid")},
        "reasons": sorted({reason["code"] for report in reports for reason in report["verdict"]["reasons"]}),
        "revision": reports[0]["tool"]["revision"],
        "machine": reports[0]["machine"],
        "started_at": reports[0]["started_at"],
    }


def show(run):
    mib = 1024 * 1024
    print(run["name"])
    print(f"  {run['established']:,} established, {run['peak_open']:,} open at the peak, {run['failed']:,} failed")
    print(f"  {run['events']:,} events received of {run['events_sent']:,} sent, {run['lost']} lost, "
          f"{run['duplicated']} duplicated, {run['reordered']} reordered")
    print(f"  delivery p50 {run['delivery_p50_ns'] / 1e6:.2f} ms, p99 {run['delivery_p99_ns'] / 1e6:.2f} ms; "
          f"server_lag p50 {run['server_lag_p50_ns'] / 1e6:.2f} ms")
    print(f"  memory: weir {run['weir_rss_bytes'] / mib:.0f} MiB, weir-server {run['server_rss_bytes'] / mib:.0f} MiB; "
          f"verdicts {run['verdicts']} {' '.join(run['reasons'])}")


def arguments():
    parser = argparse.ArgumentParser(description="More streams than one process can hold.")
    parser.add_argument("--streams", type=int, help="streams in all (default: the runs that stand in results/)")
    parser.add_argument("--processes", type=int, default=1, help="of weir-server, and as many of weir (default: 1)")
    parser.add_argument("--rate", type=float, default=0.2, help="events a second of each stream (default: 0.2)")
    parser.add_argument("--duration", type=int, default=20, help="seconds measured (default: 20)")
    parser.add_argument("--warmup", type=int, default=20, help="seconds over which streams are opened (default: 20)")
    parser.add_argument("--json", type=pathlib.Path, help="write the record")
    return parser.parse_args()


def main():
    options = arguments()
    told = (options.streams, options.processes, options.rate, options.warmup)
    runs = []
    for options.streams, options.processes, options.rate, options.warmup in [told] if options.streams else USUAL:
        runs.append(measure(options))
        show(runs[-1])
    if options.json:
        record = {"schema": "weir.many-streams/1", "command": " ".join(sys.argv)}
        common = [{name: run.pop(name) for name in ("revision", "machine", "started_at")} for run in runs]
        options.json.write_text(json.dumps(record | common[0] | {"runs": runs}, indent=2) + "\n")
    if any(run["failed"] or run["events"] != run["events_sent"] for run in runs):
        sys.exit("many-streams: not everything that was sent was received")


if __name__ == "__main__":
    main()
