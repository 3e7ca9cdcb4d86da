//! Reports in every format, from a run and from what was stored of it.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin_cmd;
use serde_json::Value;
use weir::report::{self, Report};

use self::common::{server, sse};

/// Of a program built without optimisation, which calls its own figures invalid.
const GOOD: i32 = if cfg!(debug_assertions) { 12 } else { 0 };

const FORMATS: [&str; 7] = [
    "json",
    "hlog",
    "csv",
    "junit",
    "markdown",
    "bmf",
    "github-action-benchmark",
];

/// Exit code, standard output and standard error.
fn weir(args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = cargo_bin_cmd!("weir");
    let output = command
        .args(args)
        .timeout(Duration::from_secs(30))
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn text(path: impl AsRef<Path>) -> &'static str {
    Box::leak(path.as_ref().to_str().unwrap().to_owned().into_boxed_str())
}

/// A directory with a short run in every format, in files of its name.
fn run() -> &'static Path {
    static RUN: OnceLock<tempfile::TempDir> = OnceLock::new();
    let dir = RUN.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let server = server();
        let url = sse(&server, "rate=100");
        let threshold = ["--threshold", "lost==0", "--threshold", "gap.p50<1us"];
        let mut args = vec!["run", &url, "-c", "5", "-d", "1300ms", "--warmup", "100ms"];
        args.extend(threshold);
        for format in FORMATS {
            args.push(text(format!("--{format}")));
            args.push(text(dir.path().join(format)));
        }
        let (code, stdout, stderr) = weir(&args);
        assert_eq!(code, Some(GOOD), "{stderr}");
        assert!(stdout.contains("FAIL  gap.p50<1us"), "{stdout}");
        dir
    });
    dir.path()
}

/// The run, as if an optimised program had made it.
fn valid() -> Report {
    let mut report = report::read(&run().join("json")).unwrap();
    report.verdict.reasons.clear();
    report.verdict.status = weir::verdict::Status::Valid;
    report
}

fn store(report: &Report, path: &Path) {
    fs::write(path, serde_json::to_string(report).unwrap()).unwrap();
}

#[test]
fn what_is_shown_is_what_the_run_wrote() {
    let stored = text(run().join("json"));
    for format in FORMATS {
        let (code, stdout, stderr) = weir(&["show", stored, &format!("--{format}"), "-"]);
        assert_eq!(code, Some(GOOD), "{stderr}");
        let written = fs::read_to_string(run().join(format)).unwrap();
        assert_eq!(stdout, written, "{format}");
        assert!(stderr.contains("throughput"), "{stderr}");
    }
    let (_, stdout, stderr) = weir(&["show", stored, "--csv", "-", "--quiet"]);
    assert!(stdout.starts_with("started_at,t_s,") && stderr.is_empty());
}

#[test]
fn a_seconds_row_of_csv_adds_up_to_the_run() {
    let report = report::read(&run().join("json")).unwrap();
    let csv = fs::read_to_string(run().join("csv")).unwrap();
    let mut lines = csv.lines();
    let place = |name| {
        lines
            .clone()
            .next()
            .unwrap()
            .split(',')
            .position(|own| own == name)
    };
    let events = place("events").unwrap();
    let rows: Vec<&str> = lines.by_ref().skip(1).collect();
    assert_eq!(rows.len(), 2);
    let sum: u64 = rows
        .iter()
        .map(|row| row.split(',').nth(events).unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(sum, report.counters.events);
}

#[test]
fn two_formats_at_one_place_are_refused_with_both_named() {
    let stored = text(run().join("json"));
    for place in ["-", "x"] {
        let (code, stdout, stderr) = weir(&["show", stored, "--csv", place, "--bmf", place]);
        assert_eq!((code, stdout.as_str()), (Some(2), ""));
        assert!(
            stderr.contains("--csv and --bmf cannot both go to"),
            "{stderr}"
        );
    }
    // Nobody listens at port 1, but that is not looked at any more.
    let (code, _, stderr) = weir(&["run", "http://127.0.0.1:1/", "--json", "-", "--hlog", "-"]);
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("--json and --hlog cannot both go to standard output"),
        "{stderr}"
    );
}

#[test]
fn several_are_shown_by_their_names_and_end_as_the_worst() {
    let dir = tempfile::tempdir().unwrap();
    let (good, bad) = (dir.path().join("good.json"), dir.path().join("bad.json"));
    let report = valid();
    store(&report, &bad);
    store(
        &Report {
            thresholds: Vec::new(),
            ..report
        },
        &good,
    );
    let (good, bad) = (text(good), text(bad));
    assert_eq!(weir(&["show", good]).0, Some(0));
    let (code, stdout, _) = weir(&["show", good, bad, "--junit", text(dir.path().join("xml"))]);
    assert_eq!(code, Some(10));
    assert!(
        stdout.contains(&format!("{good}\nTARGET OK: "))
            && stdout.contains(&format!("\n\n{bad}\nTARGET FAILED: "))
    );
    let xml = fs::read_to_string(dir.path().join("xml")).unwrap();
    assert_eq!(xml.matches("<testsuite ").count(), 2, "{xml}");
    let (code, _, stderr) = weir(&["show", good, bad, "--hlog", "-"]);
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("--hlog holds one report, not 2: weir merge"),
        "{stderr}"
    );
}

#[test]
fn stored_figures_are_judged_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("valid.json");
    store(&valid(), &path);
    let stored = text(path);
    let outcome = |threshold: &str| {
        let (code, stdout, _) = weir(&["show", stored, "--threshold", threshold, "--json", "-"]);
        let report: Value = serde_json::from_str(&stdout).unwrap();
        let results = report["thresholds"].as_array().unwrap();
        assert_eq!(results.len(), 1);
        (code, results[0]["outcome"].as_str().unwrap().to_owned())
    };
    assert_eq!(outcome("gap.p50<1s"), (Some(0), "passed".to_owned()));
    assert_eq!(outcome("gap.p50<1ms"), (Some(10), "failed".to_owned()));
}

#[test]
fn what_is_no_report_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let whole = fs::read_to_string(run().join("json")).unwrap();
    let half = dir.path().join("half.json");
    fs::write(&half, &whole[..whole.len() / 2]).unwrap();
    let csv = run().join("csv");
    let absent = dir.path().join("absent.json");
    for path in [half, csv, absent] {
        let (code, stdout, stderr) = weir(&["show", text(run().join("json")), text(&path)]);
        assert_eq!((code, stdout.as_str()), (Some(1), ""));
        assert!(stderr.contains(text(&path)), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn shards_are_merged_and_what_cannot_be_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| text(dir.path().join(name));
    let (one, other, out) = (file("one.json"), file("other.json"), file("out.json"));
    let mut report = valid();
    store(&report, Path::new(one));
    let events = report.counters.events;
    // Told apart by its histograms: another run, which began in the same millisecond.
    report.histograms.clear();
    store(&report, Path::new(other));
    let (code, stdout, stderr) = weir(&["merge", one, other, "-o", out, "--junit", file("xml")]);
    assert_eq!(code, Some(10), "{stderr}");
    assert!(stdout.contains("FAIL  gap.p50<1us") && stdout.contains("10 streams, measured"));
    let merged = report::read(Path::new(out)).unwrap();
    assert_eq!(merged.counters.events, 2 * events);
    assert_eq!(merged.merged_from[1].name, other);
    let again = ["merge", out, other, "-o", "-"];
    let (code, stdout, stderr) = weir(&again);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(
        stderr.contains(&format!("{out} and {other} cannot be added")),
        "{stderr}"
    );
    let (code, stdout, _) = weir(&[
        "merge",
        one,
        other,
        "-o",
        "-",
        "--quiet",
        "--threshold",
        "gap.p50<1s",
    ]);
    assert_eq!(code, Some(0));
    let merged: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(merged["thresholds"][0]["passed"], true);
    let (code, _, stderr) = weir(&["merge", one, other, "-o", "-", "--bmf", "-"]);
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("--output and --bmf cannot both go to standard output"),
        "{stderr}"
    );
}
