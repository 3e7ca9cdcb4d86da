//! `weir compare` of stored reports, as scripts see it. What runs come to by their latencies is held to by the library's tests.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin_cmd;
use serde_json::Value;
use weir::load::Load;
use weir::report::Report;
use weir::verdict::Status;

use self::common::{plan, run, server, sse};

fn weir(args: &[&str]) -> (i32, String, String) {
    let mut command = cargo_bin_cmd!("weir");
    let command = command.arg("compare").args(args);
    let output = command.timeout(Duration::from_secs(60)).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

/// A short run, as if an optimised program had made it on a quiet machine.
fn valid() -> Report {
    static REPORT: OnceLock<Report> = OnceLock::new();
    let report = REPORT.get_or_init(|| {
        let server = server();
        let report = run(weir::plan::Settings {
            load: Load {
                streams: 10,
                ..Load::default()
            },
            duration: Some(Duration::from_millis(1_100)),
            ..plan(&sse(&server, "rate=200"))
        });
        server.shutdown();
        report
    });
    let mut report = report.clone();
    report.verdict.reasons.clear();
    report.verdict.status = Status::Valid;
    report
}

/// The same, as if it had been made so many minutes later.
fn later(minutes: u32) -> Report {
    let mut report = valid();
    report.started_at = format!("2026-01-02T03:{minutes:02}:00.000Z");
    report
}

/// Reports in files of a directory that lasts as long as this.
struct Stored(tempfile::TempDir);

impl Stored {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn keep(&self, name: &str, report: &Report) -> String {
        let path = self.path(name);
        fs::write(&path, serde_json::to_string(report).unwrap()).unwrap();
        text(&path)
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let refused = |args: &[&str]| {
        let (code, stdout, stderr) = weir(args);
        assert_eq!((code, stdout.as_str()), (2, ""), "{args:?}: {stderr}");
        stderr
    };
    let url = "http://127.0.0.1:1/";
    for (args, named) in [
        (&[][..], "BASE"),
        (&["a.json"], "--to"),
        (&["a.json", "--to", "b.json", "--run", url], "--run"),
        (&["a.json", "--to", "b.json", "-d", "5s"], "--duration"),
        (&["a.json", "--to", "b.json", "--save", "c"], "--save"),
        (
            &["a.json", "--to", "b.json", "--max-runs", "9"],
            "--max-runs",
        ),
        (
            &["a.json", "--to", "b.json", "--metric", "gap.p42"],
            "p99.9",
        ),
        (&["a.json", "--to", "b.json", "--metric", "lag.p50"], "ttfe"),
        (
            &["a.json", "--to", "b.json", "--margin", "gap.p99"],
            "gap.p99=10%,1ms",
        ),
        (
            &["a.json", "--to", "b.json", "--margin", "gap.p99=-1%"],
            "10%,1ms",
        ),
        // A margin of what is not gated would have no effect, and nobody would know.
        (
            &["a.json", "--to", "b.json", "--margin", "gap.p50=1%"],
            "--metric gap.p50",
        ),
        (
            &["a.json", "--to", "b.json", "--json", "-", "--markdown", "-"],
            "--markdown",
        ),
        (&["--run", url], "--to"),
        (&["--run", url, "--to", url, url], "one URL"),
        (
            &["--run", url, "--to", url, "--server-pid", "1"],
            "here are two",
        ),
        (&["--run", url, "--to", "ftp://h/"], "ftp"),
    ] {
        let stderr = refused(args);
        assert!(stderr.contains(named), "{args:?}: {stderr}");
    }
}

#[test]
fn what_is_no_report_is_an_error() {
    let stored = Stored::new();
    let report = stored.keep("base.json", &valid());
    let (code, _, stderr) = weir(&[&report, "--to", &text(&stored.path("gone.json"))]);
    assert_eq!(code, 1);
    assert!(stderr.contains("gone.json"), "{stderr}");
    fs::write(stored.path("other.json"), r#"{"schema":"other/1"}"#).unwrap();
    let (code, _, stderr) = weir(&[&report, "--to", &text(&stored.path("other.json"))]);
    assert_eq!(code, 1);
    assert!(stderr.contains("other.json"), "{stderr}");
}

#[test]
fn runs_that_were_asked_for_different_things_are_not_compared() {
    let stored = Stored::new();
    let mut other = later(2);
    other.plan = other.plan.with(|asked| asked.load.streams = 6).unwrap();
    let (base, head) = (stored.keep("base", &later(1)), stored.keep("head", &other));
    let (code, stdout, stderr) = weir(&[&base, "--to", &head]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("streams is 10 and 6"), "{stderr}");
}

#[test]
fn one_run_a_side_never_passes() {
    let stored = Stored::new();
    let base = stored.keep("base.json", &later(1));
    let head = stored.keep("head.json", &later(2));
    let json = text(&stored.path("compare.json"));
    let (code, stdout, stderr) = weir(&[&base, "--to", &head, "--json", &json]);
    assert_eq!((code, stderr.as_str()), (11, ""));
    assert!(
        stdout.starts_with("INCONCLUSIVE  not enough data for"),
        "{stdout}"
    );
    let found: Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    assert_eq!(found["schema"], "weir.compare/1");
    assert_eq!(found["answer"], "inconclusive");
    assert_eq!(found["runs"], serde_json::json!({"base": 1, "head": 1}));
    let metrics = found["metrics"].as_array().unwrap();
    let gap = metrics
        .iter()
        .find(|metric| metric["gated"].as_str().unwrap().starts_with("gap."))
        .unwrap();
    assert_eq!(gap["answer"], "inconclusive");
    assert_eq!(gap["ratio"], 1.0);
    assert!(gap["runs_needed"].as_u64().unwrap() >= 2, "{gap}");
}

#[test]
fn the_same_run_twice_is_refused_under_whatever_name_and_however_it_is_written() {
    let stored = Stored::new();
    let report = stored.keep("report.json", &later(1));
    let copy = stored.path("copy.json");
    fs::write(&copy, serde_json::to_string_pretty(&later(1)).unwrap()).unwrap();
    let other = stored.keep("other.json", &later(2));
    let (copy, to) = (text(&copy), "--to".to_owned());
    for args in [
        [&report, &to, &report, &other],
        [&report, &copy, &to, &other],
        [&report, &to, &other, &copy],
    ] {
        let (code, stdout, stderr) = weir(&args.map(String::as_str));
        assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
        assert!(
            stderr.contains("report.json") && stderr.contains("are the same run"),
            "{stderr}"
        );
    }
}

#[test]
fn other_paths_are_compared_where_that_is_asked_for() {
    let stored = Stored::new();
    let mut other = later(2);
    let path = "/v2?rate=9".to_owned();
    other.plan = other.plan.with(|asked| asked.target.path = path).unwrap();
    let (base, head) = (stored.keep("base", &later(1)), stored.keep("head", &other));
    let (code, _, stderr) = weir(&[&base, "--to", &head]);
    assert_eq!(code, 2);
    assert!(
        stderr.contains("--allow path") && stderr.contains("head)"),
        "{stderr}"
    );
    let (code, stdout, stderr) = weir(&[&base, "--to", &head, "--allow", "path"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("--allow query"), "{stderr}");
    let allow = ["--allow", "path", "--allow", "query"];
    let (code, stdout, stderr) = weir(&[&[&base[..], "--to", &head], &allow[..]].concat());
    assert_eq!((code, stderr.as_str()), (11, ""));
    assert!(
        stdout.contains("note: the path differs, as it may"),
        "{stdout}"
    );
    let (code, _, stderr) = weir(&[&base, "--to", &head, "--allow", "rate"]);
    assert_eq!(code, 2);
    assert!(
        stderr.contains("path, query, method, headers, body"),
        "{stderr}"
    );
}

#[test]
fn events_that_every_run_of_head_loses_are_a_regression_and_the_pull_request_says_so() {
    let stored = Stored::new();
    let side = |name: &str, first: u32, lost: u64| -> Vec<String> {
        let minutes = (0..5).map(|run| first + 2 * run);
        let keep = |minute: u32| {
            let mut report = later(minute);
            report.counters.lost = lost;
            stored.keep(&format!("{name}-{minute}.json"), &report)
        };
        minutes.map(keep).collect()
    };
    let (base, head) = (side("base", 0, 0), side("head", 1, 1));
    let compared = |base: &[String], head: &[String], flags: &[&str]| {
        let base = base.iter().map(String::as_str);
        let head = head.iter().map(String::as_str);
        let args = base
            .chain(["--to"])
            .chain(head)
            .chain(flags.iter().copied());
        weir(&args.collect::<Vec<_>>())
    };
    let (code, stdout, stderr) = compared(&base, &head, &["--markdown", "-"]);
    assert_eq!(code, 10, "{stderr}");
    assert!(
        stdout.starts_with("## weir compare: regression\n"),
        "{stdout}"
    );
    assert!(stdout.contains("| <code>lost</code> | 0 of "), "{stdout}");
    assert!(stderr.starts_with("REGRESSION  worse in lost"), "{stderr}");
    // The other way round it is an improvement; one run of each says nothing yet.
    let flags = ["-q", "--json", "-"];
    let (code, _, stderr) = compared(&head, &base, &flags);
    assert_eq!((code, stderr.as_str()), (11, ""));
    let (code, _, stderr) = compared(&base[..1], &head[..1], &flags);
    assert_eq!((code, stderr.as_str()), (11, ""));
}

#[test]
fn a_run_that_may_not_be_believed_makes_the_answer_so() {
    let stored = Stored::new();
    let mut invalid = later(2);
    invalid.verdict.status = Status::Invalid;
    invalid.counters.lost = 1;
    let (base, head) = (
        stored.keep("base", &later(1)),
        stored.keep("head", &invalid),
    );
    for sides in [[&base, &head], [&head, &base]] {
        let (code, stdout, _) = weir(&[sides[0], "--to", sides[1]]);
        assert_eq!(code, 12, "{stdout}");
        assert!(
            stdout.starts_with("INVALID  a run may not be believed: "),
            "{stdout}"
        );
    }
}

#[test]
fn where_nothing_can_be_written_nothing_is_begun() {
    let (code, _, stderr) = weir(&[
        "--run",
        "http://127.0.0.1:1/",
        "--to",
        "http://127.0.0.1:1/",
        "--json",
        "/none/a.json",
    ]);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("/none/a.json") && !stderr.contains("reach"),
        "{stderr}"
    );
}
