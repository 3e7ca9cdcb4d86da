//! The array that github-action-benchmark reads as `customSmallerIsBetter`.

use std::io::{self, Write};

use serde::Serialize;

use super::figures;
use crate::output::{Run, json};

#[derive(Debug, Serialize)]
struct Entry {
    name: String,
    unit: &'static str,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    extra: String,
}

/// Prints latencies and losses: of several runs of the same the median, and half of how far they lie apart. Of rates more is
/// better, so they are not among them.
pub(in crate::output) fn print(runs: &[Run<'_>], out: &mut dyn Write) -> io::Result<()> {
    let all = figures::figures(runs).into_iter();
    let entries: Vec<Entry> = all
        .filter(|figure| figure.is_smaller_better)
        .map(|figure| Entry {
            name: format!("{}: {}", figure.benchmark, figure.name),
            unit: figure.unit,
            value: figure.value(),
            range: figure
                .spread()
                .map(|(least, most)| format!("± {}", (most - least) / 2.0)),
            extra: verdicts(&figure.benchmark, runs),
        })
        .collect();
    json::indented(&entries, out)
}

/// What was made of the runs of a benchmark.
fn verdicts(benchmark: &str, runs: &[Run<'_>]) -> String {
    let own = runs
        .iter()
        .filter(|run| figures::benchmark(run.report) == benchmark);
    let names: Vec<&str> = own.map(|run| run.report.verdict.status.name()).collect();
    format!("verdict: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;

    #[test]
    fn less_is_better_of_all_of_it() {
        let mut other = report();
        other.latency.clear();
        other.counters.lost = 7;
        let first = report();
        let runs = [&first, &other].map(|report| Run { name: "", report });
        let mut bytes = Vec::new();
        print(&runs, &mut bytes).unwrap();
        let entries: Vec<serde_json::Value> = serde_json::from_slice(&bytes).unwrap();
        let lost = serde_json::json!({
            "name": "http://127.0.0.1:1/, 1 streams: lost",
            "unit": "events",
            "value": 3.5,
            "range": "± 3.5",
            "extra": "verdict: valid, valid",
        });
        assert_eq!(entries.last(), Some(&lost));
        let name = |entry: &serde_json::Value| entry["name"].as_str().unwrap().to_owned();
        assert!(entries.iter().all(|entry| !name(entry).contains("per_s")));
        assert!(entries[0].get("range").is_none());
    }
}
