//! What is asked of a run's figures: refused before it, judged after it, and now and then the end of it.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::process::Output;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin_cmd;
use serde_json::Value;
use weir::load::Load;
use weir::plan::Settings;
use weir::report::Outcome;

use self::common::{assert_conserved, plan, run, server, sse};

/// What a breach exits with. A program built without optimisation calls its own figures invalid.
const BREACHED: i32 = if cfg!(debug_assertions) { 12 } else { 10 };

fn weir(args: &[&str]) -> Output {
    let mut command = cargo_bin_cmd!("weir");
    command.args(args).timeout(Duration::from_secs(30));
    command.output().unwrap()
}

fn thresholds(expressions: &[&str], plan: Settings) -> Settings {
    Settings {
        thresholds: expressions
            .iter()
            .map(|text| text.parse().unwrap())
            .collect(),
        ..plan
    }
}

#[test]
fn a_run_is_held_against_each() {
    let server = server();
    let expressions = [
        "events==100",
        "lost>0",
        "server_lag.count==100",
        "ttfe.p99>1us",
        "reset==0",
        "events==100 over 30s",
    ];
    let one = Settings {
        load: Load {
            total_streams: Some(1),
            ..Load::default()
        },
        ..plan(&sse(&server, "events=100&rate=500"))
    };
    let report = run(thresholds(&expressions, one));
    let judged: Vec<(&str, Outcome)> = report
        .thresholds
        .iter()
        .map(|result| (result.expression.as_str(), result.outcome))
        .collect();
    let (passed, failed) = (Outcome::Passed, Outcome::Failed);
    // One sample may breach a limit, and does not say that a p99 holds one.
    let outcomes = [
        passed,
        failed,
        passed,
        Outcome::Inconclusive,
        passed,
        passed,
    ];
    assert!(
        judged
            .iter()
            .copied()
            .eq(expressions.into_iter().zip(outcomes)),
        "{judged:?}"
    );
    assert_eq!(report.aborted, None);
}

#[test]
fn a_breach_ends_a_run_that_is_to_be_ended_by_it() {
    let server = server();
    let long = Settings {
        load: Load {
            streams: 20,
            ..Load::default()
        },
        ..plan(&sse(&server, "rate=50"))
    };
    let planned = long.duration.unwrap();
    let expression = "events<10 abort after 1s";
    let report = run(thresholds(
        &[expression, "lost==0 over 1s abort after 0"],
        long,
    ));
    let aborted = report.aborted.as_ref().unwrap();
    assert_eq!(aborted.expression, expression);
    assert!(aborted.t_s >= 1.0 && aborted.observed >= 10.0);
    assert!(report.throughput.window_s < planned.as_secs_f64());
    assert!(!report.interrupted && !report.given_up);
    let outcomes = report.thresholds.iter().map(|result| result.outcome);
    assert!(outcomes.eq([Outcome::Failed, Outcome::Passed]));
    assert_eq!(report.counters.streams_cut, 20);
    assert_conserved(&report);
}

#[test]
fn a_wrong_expression_is_refused_before_anything_is_connected() {
    // Nobody listens there: a run that began would exit with 1.
    let outcome = weir(&["run", "http://127.0.0.1:1/", "--threshold", "gap.p99<50"]);
    assert_eq!(outcome.status.code(), Some(2));
    let stderr = String::from_utf8(outcome.stderr).unwrap();
    let marked =
        "a duration needs a unit\n  gap.p99<50\n            ^ expected ns, us, ms, s, m or h\n";
    assert!(stderr.contains(marked), "{stderr}");
}

#[test]
fn what_the_run_cannot_measure_is_refused_before_anything_is_connected() {
    let url = "http://127.0.0.1:1/";
    let refused: [(&[&str], &str); 5] = [
        (
            &["run", url, "--threshold", "reconnects==0"],
            "--threshold \"reconnects==0\" cannot be measured in this run: streams that end are not reconnected",
        ),
        (
            &[
                "run",
                url,
                "--threshold",
                "events>0",
                "--threshold",
                "streams_held==0",
            ],
            "\"streams_held==0\" cannot be measured in this run: streams arrive in the open model only",
        ),
        (
            &[
                "run",
                url,
                "--threshold",
                "target.streams_open_peak<9",
                "--server-pid",
                "1",
            ],
            "--server-metrics",
        ),
        (
            &["run", url, "-e", "1", "--threshold", "gap.count==0"],
            "each stream ends with its first event",
        ),
        (
            &["capacity", url, "-e", "1", "--slo", "gap.p99<20ms"],
            "--slo \"gap.p99<20ms\" cannot be measured",
        ),
    ];
    for (args, reason) in refused {
        let outcome = weir(args);
        let stderr = String::from_utf8(outcome.stderr).unwrap();
        assert_eq!(outcome.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains(reason), "{args:?}: {stderr}");
    }
}

#[test]
fn the_summary_and_the_report_say_what_became_of_each() {
    let server = server();
    let url = sse(&server, "rate=100");
    let load = [
        "run", &url, "-c", "5", "-d", "300ms", "--warmup", "100ms", "--json", "-",
    ];
    let asked = ["--threshold", "events > 0", "--threshold", "events == 0"];
    let outcome = weir(&[&load[..], &asked].concat());
    assert_eq!(outcome.status.code(), Some(BREACHED));
    let report: Value = serde_json::from_slice(&outcome.stdout).unwrap();
    let results = report["thresholds"].as_array().unwrap();
    let [kept, breached] = &results[..] else {
        panic!("{results:?}");
    };
    assert_eq!(
        (&kept["expression"], &kept["passed"]),
        (&"events > 0".into(), &true.into())
    );
    assert_eq!(breached["passed"], false);
    assert_eq!(
        breached["observed"],
        report["counters"]["events"].as_f64().unwrap()
    );
    let expressions = serde_json::json!(["events > 0", "events == 0"]);
    assert_eq!(report["plan"]["thresholds"], expressions);
    let summary = String::from_utf8(outcome.stderr).unwrap();
    let lines: Vec<&str> = summary
        .lines()
        .skip_while(|line| *line != "thresholds")
        .collect();
    assert!(lines[1].starts_with("  pass  events > 0 "), "{summary}");
    assert!(lines[2].starts_with("  FAIL  events == 0 "), "{summary}");
}

#[test]
fn every_figure_is_explained() {
    let text = String::from_utf8(weir(&["explain", "thresholds"]).stdout).unwrap();
    for name in [
        " METRIC.STAT ",
        " lost ",
        " failed_rate ",
        " target.bytes_per_stream ",
    ] {
        assert!(text.contains(name), "{name:?} in {text}");
    }
    assert!(text.lines().all(|line| line.len() <= 120), "{text}");
}
