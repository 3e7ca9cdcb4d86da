//! `weir calibrate`, small: the truth is what the stamps say, the injected answers are found, and the server does not
//! outlive its calibration.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use weir::measure::Metric;
use weir::plan::Settings;
use weir_sse::Stamp;

use self::common::peer::{response, serve_once};
use self::common::{one_stream, run};

/// Of a calibration that went well. A program built without optimisation calls its own figures invalid.
const GOOD: i32 = if cfg!(debug_assertions) { 12 } else { 0 };

const MS: i64 = 1_000_000;

/// An entry of the environment that is found again in whatever a calibration leaves behind.
const MARK: &str = "WEIR_CALIBRATE_TEST";

fn calibrate(mark: &str, extra: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
    command.args(["calibrate", "--smoke"]).args(extra);
    command.env(MARK, mark);
    command
}

/// Whether any process has this mark, the dead but unburied aside.
fn is_left(mark: &str) -> bool {
    let entry = format!("{MARK}={mark}");
    let has_mark = |environment: Vec<u8>| {
        let mut entries = environment.split(|&byte| byte == 0);
        entries.any(|other| other == entry.as_bytes())
    };
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|process| fs::read(process.ok()?.path().join("environ")).ok())
        .any(has_mark)
}

/// The runs of a case that are about a metric, each with that, and whether its receive times are the kernel's.
fn runs<'a>(report: &'a Value, case: &str, metric: &'a str) -> Vec<(bool, &'a Value)> {
    let cases = report["cases"].as_array().unwrap();
    let case = cases.iter().find(|found| found["name"] == case).unwrap();
    let runs = case["runs"].as_array().unwrap().iter();
    let runs: Vec<_> = runs
        .map(|run| (run["rx"] == "kernel", &run["metrics"][metric]))
        .collect();
    assert_eq!(runs.len(), 2, "{case}");
    runs
}

fn figure(comparison: &Value, of: &str, percentile: &str) -> i64 {
    comparison[of][percentile].as_i64().unwrap()
}

#[test]
fn the_truth_is_what_the_stamps_say_whenever_the_events_came() {
    // All come at once, and say that they were sent 10 ms apart, each 3 ms late, beginning ten seconds from now.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let first_due_ns = (now + Duration::from_secs(10)).as_nanos() as u64;
    let event = |seq: u64| {
        let due_ns = first_due_ns + seq * 10_000_000;
        let mut line = [0; Stamp::LEN];
        let stamp = Stamp {
            seq,
            due_ns,
            sent_ns: due_ns + 3_000_000,
        };
        stamp.write(&mut line);
        format!("{}data: x\n\n", std::str::from_utf8(&line).unwrap())
    };
    let peer = || one_stream(&serve_once(response((0..100).map(event))));
    let plan = Settings {
        truth: true,
        ..peer()
    };
    let truth = run(plan).truth.unwrap();
    let of = |metric| {
        let histogram = truth.of(metric).unwrap();
        (
            histogram.len(),
            histogram.value_at_quantile(0.5) / 1_000_000,
        )
    };
    assert_eq!(of(Metric::Gap), (99, 10));
    assert_eq!(of(Metric::Delivery), (100, 3));
    let (streams, first_ms) = of(Metric::TtfeSent);
    assert_eq!(streams, 1);
    assert!((1_000..=10_010).contains(&first_ms), "{first_ms}");
    assert!(run(peer()).truth.is_none(), "nobody asked for it");
}

#[test]
fn injected_answers_are_known_and_found() {
    let output = calibrate("whole", &["--json", "-"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(GOOD), "{stderr}");
    assert!(!is_left("whole"));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["schema"], "weir.calibrate/1");
    assert_eq!(report["interrupted"], false);
    assert_compares_the_same_events(&report);
    assert_finds_what_is_injected(&report);
    assert_tells_rates_and_what_follows(&report);
    for case in report["cases"].as_array().unwrap() {
        let summary = case["summary"].as_str().unwrap();
        // Once as progress, once in the table.
        assert_eq!(stderr.matches(summary).count(), 2, "{stderr}");
    }
}

fn assert_compares_the_same_events(report: &Value) {
    let cases = report["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 7);
    for run in cases
        .iter()
        .flat_map(|case| case["runs"].as_array().unwrap())
    {
        let metrics = run["metrics"].as_object().unwrap();
        assert!(!metrics.is_empty(), "{run}");
        for comparison in metrics.values() {
            assert!(comparison["samples"].as_u64() > Some(0), "{run}");
            assert_eq!(comparison["samples"], comparison["truth_samples"], "{run}");
        }
        assert!(run["verdict"]["status"].is_string());
    }
}

fn assert_finds_what_is_injected(report: &Value) {
    for (by_kernel, gap) in runs(report, "injected_gaps", "gap") {
        assert!(figure(gap, "truth", "p50_ns") < 50 * MS, "{gap}");
        assert!(figure(gap, "truth", "p99_ns") >= 50 * MS, "{gap}");
        assert!(figure(gap, "reported", "p99_ns") >= 50 * MS, "{gap}");
        // What the kernel stamps does not depend on when weir has a processor.
        let error_ns = figure(gap, "error", "p99_ns").abs();
        assert!(!by_kernel || error_ns < 20 * MS, "{gap}");
    }
    for (_, first) in runs(report, "injected_first_event_delays", "ttfe_sent") {
        assert!(figure(first, "truth", "p50_ns") >= 50 * MS, "{first}");
        assert!(figure(first, "reported", "p50_ns") >= 50 * MS, "{first}");
    }
    for (_, delivery) in runs(report, "frozen_server", "delivery") {
        let p99_ns = |of| figure(delivery, of, "p99_ns");
        assert!(p99_ns("truth") >= 200 * MS, "{delivery}");
        assert!(p99_ns("reported") >= 200 * MS, "{delivery}");
    }
}

fn assert_tells_rates_and_what_follows(report: &Value) {
    let rates = report["rates"].as_array().unwrap();
    assert!(!rates.is_empty());
    assert!(rates.iter().all(|rate| rate["codes"].is_array()));
    let statement = report["statement"].as_str().unwrap();
    assert!(statement.contains("smoke test"), "{statement}");
}

#[test]
fn interrupted_it_keeps_what_it_has_and_leaves_no_server_behind() {
    let mut child = calibrate("cut", &["--json", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let mut lines = stderr.lines().map_while(Result::ok);
    // What comes next is the frozen server, which is stopped by then if nothing is slow.
    let second = lines.by_ref().nth(1).unwrap();
    assert!(second.contains("first-event"), "{second}");
    thread::sleep(Duration::from_millis(400));
    assert!(is_left("cut"), "it is found while it is there");
    interrupt(&child);
    thread::spawn(move || lines.for_each(drop));
    let mut stdout = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut stdout)
        .unwrap();
    // A single stream, by which the exit code goes, has not been measured.
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!is_left("cut"));
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["interrupted"], true);
    let kept = report["cases"].as_array().unwrap();
    assert!((2..7).contains(&kept.len()), "{}", kept.len());
    assert_eq!(report["rates"].as_array().unwrap().len(), 0);
}

fn interrupt(child: &Child) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    kill(pid, Signal::SIGINT).unwrap();
}
