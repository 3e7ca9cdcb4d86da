#!/usr/bin/env python3
"""Writes the tables of README.md and results/README.md from the records in results/.

    scripts/results.py            rewrites both files
    scripts/results.py --check    exits 1, with a diff, if that would change one

A table stands between `<!-- table: NAME -->` and `<!-- end -->`. It is made from the newest record of its kind,
results/YYYY-MM-DD-KIND.json, and is empty as long as there is none.
"""

import argparse
import difflib
import json
import os
import pathlib
import re
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results"
SCHEMAS = {"ceiling": "weir.ceiling/2", "calibrate": "weir.calibrate/1", "many-streams": "weir.many-streams/1",
           "matrix": "weir.matrix/1",
           "compress": "weir.compress/1",
           "search-errors": "weir.search-errors/1", "gate-errors": "weir.gate-errors/1"}
# Of receive times.
SOURCES = ["kernel", "user"]
MARKED = re.compile(r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


class Record(dict):
    """What a file in results/ holds."""

    def __init__(self, path):
        super().__init__(json.loads(path.read_text()))
        self.path = path
        self.kind = path.stem[len("YYYY-MM-DD-"):]

    @property
    def revision(self):
        return self.get("revision") or self.get("tool", {}).get("revision")

    @property
    def machine(self):
        machine = self["machine"]
        return f"{machine.get('cpu', 'unknown processor')}, {machine['cores']} cores, {machine['kernel']}"

    def complaints(self):
        has = {"command": self.get("command"), "revision": self.revision, "machine": self.get("machine")}
        yield from (f"{self.path.name} lacks its {name}" for name, value in has.items() if not value)
        if self.get("smoke") or self.get("settings", {}).get("smoke"):
            yield f"{self.path.name} is of a smoke test"
        if self.get("interrupted"):
            yield f"{self.path.name} was interrupted"

    def link(self, file):
        return f"[{self.path.name}]({os.path.relpath(self.path, file.parent)})"


def goals(record):
    rows = [(goal["what"], spread(goal["value"]), f"{goal['relation']} {goal['must']:g}",
             "yes" if goal["reached"] else "**no**") for goal in record["goals"]]
    return table(["what", "measured", "must be", "reached"], rows)


def ceiling(record):
    def ratios(found, beside):
        rows = [(load(ratio["load"]), f"{ratio['figure']}, {ratio['unit']}", number(ratio["bare"]), number(ratio["weir"]),
                 spread(ratio["ratio"]) if ratio["ratio"] else "") for ratio in found]
        return table(["load", "figure", beside, "Weir", "ratio"], rows)

    # Older records have no slowed sink.
    slowed = record.get("ratios_to_slowed")
    levels = [(level["streams"], f"{level['figure']}, {level['unit']}", spread(level["bare"]), spread(level["weir"]))
              for level in record["levels"]]
    return "\n".join([ratios(record["ratios"], "bare"), *([ratios(slowed, "sink as slow")] if slowed else []),
                      table(["streams", "figure", "bare", "Weir"], levels)])


def budget(record):
    found = record["budget"]
    # Older records do not tell user time apart.
    columns = {"ns": "ns", "user_ns": "of it user"} if "sum_user_ns" in found else {"ns": "ns"}
    steps = [(step["what"], f"{step['each_ns']:.1f}", f"{step['times_per_event']:.4g}", *(f"{step[name]:.1f}" for name in columns))
             for step in found["steps"]]
    sums = [(what, "", "", *(f"{found[f'{what}_{name}']:.1f}" for name in columns))
            for what in ("sum", "measured", "unexplained")]
    return table([f"weir, {load(found['load'])}", "ns each", "times", *columns.values()], steps + sums)


def calibrate(record):
    rows = [(summary, metric, rx, *errors(runs, metric), ", ".join(sorted({run["verdict"]["status"] for run in runs})))
            for summary, metric, by_rx in answers(record) for rx, runs in by_rx.items()]
    trials = [(f"{trial['offered_events_per_s']:,}", f"{trial['achieved_events_per_s']:,.0f}",
               " ".join([trial["status"], *trial["codes"]])) for trial in record["rates"]]
    return "\n".join([record["statement"] + "\n",
                      table(["known answer", "metric", "receive times", "true p50", "error", "true p99", "error",
                             "verdicts"], rows),
                      table(["events/s offered", "received", "verdict"], trials)])


def calibrate_briefly(record):
    rows = [(summary, metric, *("{2}, {3}".format(*errors(runs, metric)) for runs in by_rx.values()))
            for summary, metric, by_rx in answers(record)]
    return table(["known answer", "metric", *(f"true p99 and error, {rx} receive times" for rx in SOURCES)], rows)


def answers(record):
    """Each case and metric of it, with the runs by their source of receive times."""
    for case in record["cases"]:
        by_rx = {rx: [run for run in case["runs"] if run["rx"] == rx] for rx in SOURCES}
        for metric in case["runs"][0]["metrics"]:
            yield case["summary"], metric, by_rx


def errors(runs, metric):
    """Of the run whose p99 is furthest off: true p50 and what was reported less that, and the same of p99."""
    found = max((run["metrics"][metric] for run in runs), key=lambda found: abs(found["error"]["p99_ns"]))
    return [time(found[what][at], sign) for at in ("p50_ns", "p99_ns") for what, sign in (("truth", ""), ("error", "+"))]


def many_streams(record):
    def sides(run):
        return " / ".join(f"{run[side] / run['streams'] / 1024:.1f}" for side in ("weir_rss_bytes", "server_rss_bytes"))

    rows = [(run["name"], f"{run['peak_open']:,}", f"{run['failed']:,}", f"{run['events']:,} of {run['events_sent']:,}",
             f"{run['lost']} / {run['duplicated']} / {run['reordered']}", time(run["delivery_p50_ns"]),
             time(run["delivery_p99_ns"]), sides(run),
             ", ".join(f"{count} {status}" for status, count in run["verdicts"].items() if count)) for run in record["runs"]]
    return table(["run", "open", "failed", "events received", "lost / repeated / swapped", "delivery p50", "p99",
                  "KiB a stream, weir / weir-server", "verdicts"], rows)


def compress(record):
    def median(coding, name):
        return statistics.median(run[name] for run in record["runs"] if run["coding"] == coding)

    rows = [(coding, number(median(coding, "cpu_ns_per_event")), number(median(coding, "bytes_per_event")),
             number(median(coding, "rss_bytes_per_stream") / 1024))
            for coding in dict.fromkeys(run["coding"] for run in record["runs"])]
    return table(["content coding", "CPU, ns/event", "bytes/event", "KiB/stream"], rows)


def share(found):
    return f"{found['ratio'] * 100:.1f} % ({found['low'] * 100:.1f}..{found['high'] * 100:.1f})"


def search_errors(record):
    rows = [(target["target"], *(share(target[name]) for name in ("hits", "too_high", "too_low", "bracketed")),
             str(target["trials_median"]), str(target["trials_max"]), f"{target['time_s_median']:.0f}")
            for target in record["targets"]]
    return table(["simulated target", "right", "too high", "too low", "between the bounds", "trials, median", "most",
                  "seconds, median"], rows)


def gate_errors(record):
    def sides(case):
        return "the same" if case["ratio"] == 1 else f"{(case['ratio'] - 1) * 100:.0f} % more gap"

    def runs(case):
        return f"{case['runs']}" if case["looks"] == 1 else f"up to {case['runs']}, looked at {case['looks']} times"

    rows = [(rates["noise"], f"{rates['deviation']:.2f}", sides(rates["case"]), f"{rates['case']['margin']['relative'] * 100:.0f} %",
             runs(rates["case"]), *(share(rates[name]) for name in ("regression", "pass", "inconclusive")),
             str(rates["runs_median"])) for rates in record["cases"]]
    return table(["noise", "sd of ln p99", "head is", "margin", "runs a side", "regression", "pass", "inconclusive",
                  "runs taken, median"], rows)


def matrix(record):
    rows = [(run["name"], f"{run['streams']:,}", f"{run['events']:,}", " ".join(f"{what}={count}" for what, count in
             run["wrong"].items()) or "none", *(time(run["delivery_ns"][at]) for at in ("min", "p50", "p99", "max")),
             " ".join([run["verdict"], *run["reasons"]])) for run in record["runs"]]
    return table(["scenario", "streams", "events", "wrong", "delivery min", "p50", "p99", "max", "verdict"], rows)


# By file and name: the kind of record a table is made from, and how.
TABLES = {
    ROOT / "README.md": {"ceiling": ("ceiling", goals), "calibrate": ("calibrate", calibrate_briefly),
                         "many-streams": ("many-streams", many_streams)},
    RESULTS / "README.md": {"goals": ("ceiling", goals), "ceiling": ("ceiling", ceiling), "budget": ("ceiling", budget),
                            "calibrate": ("calibrate", calibrate), "many-streams": ("many-streams", many_streams),
                            "compress": ("compress", compress), "matrix": ("matrix", matrix),
                            "search-errors": ("search-errors", search_errors),
                            "gate-errors": ("gate-errors", gate_errors)},
}


def catalogue(records, file):
    rows = [(record.link(file), f"`{record['command']}`", record["started_at"], f"`{record.revision}`", record.machine)
            for record in records]
    return table(["record", "command", "started", "revision", "machine"], rows)


def table(names, rows):
    """Columns of figures stand to the right."""
    figures = [all(re.match(r"[-+\d]|$", cell) for cell in column) for column in zip(*rows)]
    lines = [names, ["---:" if right else "---" for right in figures], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def load(flood):
    per_write = f"{flood['batch']} {'event' if flood['batch'] == 1 else 'events'} per write"
    return f"{flood['streams']:,} streams, {per_write}{'' if flood['stamped'] else ', without stamps'}"


def spread(found):
    median, least, most = (number(found[name]) for name in ("median", "min", "max"))
    return f"{median} ({least}..{most})"


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}"


def time(ns, sign=""):
    return f"{ns / 1e6:{sign}.2f} ms" if abs(ns) >= 999_500 else f"{ns / 1e3:{sign}.1f} us"


def filled(file, records):
    """The text of a file with its tables."""
    def fill(match):
        begin, name, end = match.groups()
        if name == "records":
            return begin + catalogue(records, file) + end
        if name not in TABLES[file]:
            sys.exit(f"results: {file.relative_to(ROOT)} has a table nobody makes: {name}")
        kind, make = TABLES[file][name]
        of_kind = [record for record in records if (record.kind, record["schema"]) == (kind, SCHEMAS[kind])]
        if not of_kind:
            return begin + end
        newest = of_kind[-1]
        source = f"From {newest.link(file)}: revision `{newest.revision}`, {newest['started_at'][:10]}, {newest.machine}.\n"
        return f"{begin}{make(newest)}\n{source}{end}"

    return MARKED.sub(fill, file.read_text())


def main():
    parser = argparse.ArgumentParser(description="Writes the tables of README.md and results/README.md.")
    parser.add_argument("--check", action="store_true", help="change nothing, and fail if there is something to change")
    check = parser.parse_args().check
    # A record's name begins with its date.
    records = [Record(path) for path in sorted(RESULTS.glob("*.json"))]
    complaints = [complaint for record in records for complaint in record.complaints()]
    if complaints:
        sys.exit("results: " + "\nresults: ".join(complaints))
    stale = False
    for file in TABLES:
        old, new = file.read_text(), filled(file, records)
        if check:
            name = str(file.relative_to(ROOT))
            diff = difflib.unified_diff(old.splitlines(True), new.splitlines(True), name, f"{name}, by scripts/results.py")
            sys.stdout.writelines(diff)
            stale |= old != new
        elif old != new:
            file.write_text(new)
    sys.exit(stale)


if __name__ == "__main__":
    main()
