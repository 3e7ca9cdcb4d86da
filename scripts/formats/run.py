"""Writes a report in every format, and has each read by a program nobody in the project wrote."""

import contextlib
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
from junitparser import Error, Failure, JUnitXml, Skipped
from markdown_it import MarkdownIt

HERE = Path(__file__).parent
JAR = "/usr/share/java/hdrhistogram.jar"
FORMATS = ["json", "hlog", "csv", "junit", "markdown", "bmf", "github-action-benchmark"]
# One holds, one does not, and of one nothing can be said, since nobody watches the target.
THRESHOLDS = ["lost==0", "gap.p50<1us", "lifetime.p50<1h"]
FIGURES = ["count", "p50_ns", "p90_ns", "p99_ns", "p99_9_ns", "p99_99_ns", "max_ns"]
# Of a run: all good, a breach, nothing to say, an invalid run on a busy machine. What is written is the same to a reader.
ENDS = (0, 10, 11, 12)


def main(names):
    checks = {name: check for name, check in globals().items() if name.startswith("read_")}
    with tempfile.TemporaryDirectory() as directory:
        directory = Path(directory)
        report = measure(directory)
        for name in names or FORMATS:
            check = checks["read_" + name.replace("-", "_")]
            print(f"{name}: {check(directory / name, report)}", flush=True)


def measure(directory):
    with server() as url:
        command = ["weir", "run", f"{url}/sse?rate=50", "-c", "200", "-d", "3500ms", "--quiet"]
        for expression in THRESHOLDS:
            command += ["--threshold", expression]
        for name in FORMATS:
            command += [f"--{name}", directory / name]
        ended = subprocess.run(command, stdout=subprocess.DEVNULL, timeout=60)
    assert ended.returncode in ENDS, ended
    return json.loads((directory / "json").read_text())


@contextlib.contextmanager
def server():
    command = ["weir-server", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        try:
            yield child.stdout.readline().removeprefix("listening on ").strip()
        finally:
            child.terminate()


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout


def same(found, wanted, what):
    assert found == wanted, f"{what}: read {found}, the report has {wanted}"


def read_json(path, report):
    schema = json.loads(output("weir", "schema", "report"))
    validator = jsonschema.Draft202012Validator
    validator.check_schema(schema)
    validator(schema).validate(report)
    broken = json.loads(path.read_text()) | {"counters": {}}
    assert not validator(schema).is_valid(broken), "a report without counters is valid"
    return f"valid by weir schema report ({len(schema['$defs'])} types)"


def read_hlog(path, report):
    by_node = json.loads(output("node", HERE / "hlog.mjs", path))
    same(sorted(by_node["tags"]), sorted(report["latency"]), "tags")
    samples = 0
    for metric, latency in report["latency"].items():
        wanted = [latency[name] for name in FIGURES]
        same(by_node["found"][metric], wanted, f"hdr-histogram-js, {metric}")
        same(by_java(path, metric), wanted, f"HistogramLogProcessor, {metric}")
        samples += latency["count"]
    return f"{len(report['latency'])} tags, {samples} samples: HistogramLogProcessor and hdr-histogram-js have the counts and quantiles"


def by_java(path, metric):
    """All intervals together: count, quantiles and maximum, in nanoseconds."""
    processor = ["java", "-cp", JAR, "org.HdrHistogram.HistogramLogProcessor", "-csv", "-outputValueUnitRatio", "1"]
    table = path.with_suffix(f".{metric}")
    output(*processor, "-tag", metric, "-i", path, "-o", table)
    lines = [line for line in table.read_text().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    names = ["Total_Count", "Total_50%", "Total_90%", "Total_99%", "Total_99.9%", "Total_99.99%", "Total_Max"]
    return [round(float(rows[-1][name])) for name in names]


def read_csv(path, report):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    same(len(rows), len(report["intervals"]), "rows")
    for name in ["events", "bytes", "reads", "streams_started", "lost"]:
        same(sum(int(row[name]) for row in rows), report["counters"][name], name)
    for row, interval in zip(rows, report["intervals"]):
        for name in ["t_s", "streams_open", "events_per_s", "gap_p99_ns", "delivery_p99_ns"]:
            same(float(row[name]), interval[name], name)
    return f"{len(rows)} seconds of {len(rows[0])} columns add up to the counters"


def read_junit(path, report):
    output("xmllint", "--noout", path)
    (suite,) = JUnitXml.fromfile(str(path))
    cases = {case.name: [type(result) for result in case.result] for case in suite}
    invalid = report["verdict"]["status"] == "invalid"
    kinds = {"passed": [], "failed": [Failure], "inconclusive": [Error]}
    wanted = {"streams": [], "verdict": [Error] if invalid else []}
    for result in report["thresholds"]:
        wanted[result["expression"]] = [Skipped] if invalid else kinds[result["outcome"]]
    same(cases, wanted, "cases")
    counts = [sum(kind in results for results in wanted.values()) for kind in (Failure, Error)]
    same([suite.failures, suite.errors], counts, "failures and errors")
    return f"{len(cases)} cases, {counts[0]} failed and {counts[1]} erred, by junitparser; well-formed by xmllint"


def read_markdown(path, report):
    parser = MarkdownIt("commonmark").enable("table")
    tokens = parser.parse(path.read_text())
    bare = [token.content for token in tokens if token.type == "inline" and "|" in token.content]
    same(bare, [], "text that was meant to be a table")
    texts = [child.content for token in tokens if token.type == "inline" for child in token.children]
    rows = sum(token.type == "tr_open" for token in tokens)
    tables = [len(report["thresholds"]), len(report["latency"]), len(report["errors"])]
    # Each with a header, and five rows of throughput at most.
    same(rows, sum(size + 1 for size in tables if size) + 1 + 4, "rows of tables")
    for latency in report["latency"]:
        assert latency in map(unescaped, texts), latency
    assert texts[0].endswith(report["verdict"]["status"]), texts[0]
    return f"{rows} rows of tables, by markdown-it-py"


def unescaped(text):
    return text.replace("&#95;", "_")


def read_bmf(path, report):
    document = json.loads(path.read_text())
    jsonschema.validate(document, json.loads((HERE / "bmf.schema.json").read_text()))
    ((name, measures),) = document.items()
    found = {name: measure["value"] for name, measure in measures.items()}
    same_latencies(found, {name.replace(".", "-").replace("_", "-"): value for name, value in latencies(report).items()})
    same(measures["events-per-s"]["value"], report["throughput"]["events_per_s"], "events-per-s")
    return f"{len(measures)} measures of {name!r}, valid by the documented schema"


def latencies(report):
    """Those that may be among what is followed, by name."""
    quantiles = {"p50": "p50_ns", "p99": "p99_ns", "p99.9": "p99_9_ns"}
    return {
        f"{metric}.{quantile}": latency[name]
        for metric, latency in report["latency"].items()
        for quantile, name in quantiles.items()
    }


def same_latencies(found, wanted):
    """What has too few samples or is a lower bound is not found."""
    known = {name: value for name, value in wanted.items() if name in found}
    assert any(name.startswith("gap") for name in known), found
    same({name: found[name] for name in known}, known, "latencies")


def read_github_action_benchmark(path, report):
    entries = json.loads(path.read_text())
    jsonschema.validate(entries, json.loads((HERE / "github-action-benchmark.schema.json").read_text()))
    values = {entry["name"].rsplit(": ")[-1]: entry["value"] for entry in entries}
    same_latencies(values, latencies(report))
    assert not any("per_s" in name for name in values), values
    return f"{len(values)} entries, all of which are better when smaller"


if __name__ == "__main__":
    main(sys.argv[1:])
