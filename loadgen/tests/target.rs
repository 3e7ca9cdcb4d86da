//! What the target uses itself: of a process, or from its metrics.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use assert_cmd::cargo::{cargo_bin, cargo_bin_cmd};
use weir::load::Load;
use weir::plan::Target;
use weir::plan::{Settings, TargetFigures};
use weir::report::Report;
use weir_server::Server;

use self::common::{plan, run, run_watched, server, sse};

/// A weir-server in a process of its own, as `weir calibrate` has one. It ends with its standard input.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    fn start() -> Self {
        let mut child = Command::new(cargo_bin!("weir"))
            .args(["calibrate-server", "200"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut url).unwrap();
        let url = url.trim_end().to_owned();
        Self { child, url }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn weir(args: &[&str]) -> Output {
    let mut command = cargo_bin_cmd!("weir");
    command.args(args).timeout(Duration::from_secs(30));
    command.output().unwrap()
}

/// The exit code, and that all of these are on standard error.
fn assert_refused(args: &[&str], code: i32, reasons: &[&str]) {
    let outcome = weir(args);
    let stderr = String::from_utf8(outcome.stderr).unwrap();
    assert_eq!(outcome.status.code(), Some(code), "{args:?}: {stderr}");
    for reason in reasons {
        assert!(stderr.contains(reason), "{reason:?} in {stderr}");
    }
}

fn metrics_url(server: &Server) -> String {
    format!("http://{}/metrics", server.addr())
}

fn watched(url: &str, watch: TargetFigures) -> Settings {
    Settings {
        load: Load {
            streams: 100,
            opening: Duration::from_millis(200),
            ..Load::default()
        },
        warmup: Duration::from_millis(300),
        duration: Some(Duration::from_millis(1_300)),
        watch: Some(watch),
        ..plan(url)
    }
}

/// What holds of any target that could be read to the end.
fn assert_consistent(report: &Report) {
    let target = report.target.as_ref().unwrap();
    assert_eq!(target.lost, None);
    let (cpu_s, events) = (target.cpu_s.unwrap(), report.throughput.events);
    assert!(cpu_s > 0.0);
    let per_event = target.cpu_ns_per_event.unwrap();
    assert!((per_event * events as f64 / 1e9 - cpu_s).abs() < 1e-6);
    let samples = report
        .intervals
        .iter()
        .map(|interval| interval.target.unwrap());
    let samples: Vec<_> = samples.collect();
    assert_eq!(samples.len(), 2);
    assert!(
        samples
            .iter()
            .all(|sample| sample.cpu_ratio.unwrap() >= 0.0)
    );
    let peak_bytes = target.rss_peak_bytes.unwrap();
    assert!(
        samples
            .iter()
            .all(|sample| sample.rss_bytes.unwrap() <= peak_bytes)
    );
    assert!(target.rss_before_bytes.unwrap() > 0 && target.rss_after_bytes.unwrap() > 0);
}

#[test]
fn a_process_is_sampled_beside_the_run() {
    let process = Process::start();
    let pid = process.child.id();
    let report = run(watched(
        &format!("{}?rate=100", process.url),
        TargetFigures::Pid(pid),
    ));
    assert_consistent(&report);
    let target = report.target.unwrap();
    assert_eq!(target.source, format!("pid {pid}"));
    assert_eq!(target.streams_open_peak, None, "a process does not say");
    let growth_bytes = target.rss_peak_bytes.unwrap() - target.rss_before_bytes.unwrap();
    let of_all = target.bytes_per_stream.unwrap() * 100.0;
    assert!(
        (of_all - growth_bytes as f64).abs() < 1.0,
        "{of_all} {growth_bytes}"
    );
}

#[test]
fn metrics_tell_what_a_process_does_and_the_open_streams() {
    let server = server();
    let url = metrics_url(&server);
    let metrics = TargetFigures::Metrics(Target::literal(&url).unwrap());
    let report = run(watched(&sse(&server, "rate=100"), metrics));
    assert_consistent(&report);
    let target = report.target.unwrap();
    assert_eq!((target.source, target.streams_open_peak), (url, Some(100)));
    // At the window's end the streams are about to go.
    let first = report.intervals[0].target.unwrap();
    assert_eq!(first.streams_open, Some(100));
}

#[test]
fn a_target_that_is_gone_leaves_what_was_sampled() {
    let server = server();
    let mut process = Some(Process::start());
    let pid = process.as_ref().unwrap().child.id();
    let plan = watched(&sse(&server, "rate=10"), TargetFigures::Pid(pid));
    let long = Settings {
        duration: Some(Duration::from_millis(2_500)),
        ..plan
    };
    let report = run_watched(long, |interval| {
        if interval.t_s == 1.0 {
            drop(process.take());
        }
    });
    let target = report.target.unwrap();
    assert_eq!(target.lost.unwrap(), format!("process {pid} has ended"));
    assert_eq!((target.cpu_s, target.rss_after_bytes), (None, None));
    assert_eq!(target.memory_returned, None);
    assert!(target.rss_before_bytes.is_some() && target.rss_peak_bytes.is_some());
    assert_eq!(report.intervals[2].target, None);
}

#[test]
fn a_target_that_cannot_be_read_is_refused_by_name_before_the_run() {
    let server = server();
    let url = sse(&server, "events=1");
    // Above the highest number that a kernel gives (proc_sys_kernel(5), pid_max).
    let nobody = "4200000";
    let ended = ["process 4200000 has ended"];
    assert_refused(&["run", &url, "-q", "--server-pid", nobody], 1, &ended);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}/metrics", listener.local_addr().unwrap());
    drop(listener);
    let refused = [closed.as_str(), "Connection refused"];
    assert_refused(
        &["run", &url, "-q", "--server-metrics", &closed],
        1,
        &refused,
    );
    let health = format!("http://{}/healthz", server.addr());
    let missing = [health.as_str(), "process_cpu_seconds_total"];
    assert_refused(
        &["run", &url, "-q", "--server-metrics", &health],
        1,
        &missing,
    );
    let nowhere = format!("http://{}/nowhere", server.addr());
    let status = [nowhere.as_str(), "404"];
    assert_refused(
        &["run", &url, "-q", "--server-metrics", &nowhere],
        1,
        &status,
    );
    assert_eq!(server.shutdown().streams, 0);
}

#[test]
fn what_makes_no_sense_is_refused_as_usage() {
    let url = "http://127.0.0.1:1/";
    let both = ["run", url, "--server-pid", "1", "--server-metrics", url];
    assert_refused(&both, 2, &["--server-metrics"]);
    assert_refused(&["run", "--server-pid", "1"], 2, &["without a URL"]);
    assert_refused(&["run", url, "--server-pid", "0"], 2, &["--server-pid"]);
    let https = ["run", url, "--server-metrics", "https://localhost/"];
    assert_refused(&https, 2, &["--server-metrics", "must begin with http://"]);
    let unasked = ["run", url, "--threshold", "target.rss_peak_bytes<1GB"];
    assert_refused(
        &unasked,
        2,
        &[
            "target.rss_peak_bytes<1GB",
            "--server-pid or --server-metrics",
        ],
    );
}

#[test]
fn the_summary_says_what_the_target_used_and_thresholds_reach_it() {
    let process = Process::start();
    let pid = process.child.id().to_string();
    let load = [
        "run",
        &process.url,
        "-c",
        "5",
        "-d",
        "300ms",
        "--warmup",
        "100ms",
    ];
    let asked = [
        "--server-pid",
        &pid,
        "--threshold",
        "target.rss_peak_bytes>1MiB",
    ];
    let outcome = weir(&[&load[..], &asked].concat());
    let summary = String::from_utf8(outcome.stdout).unwrap();
    let has = |start: &str| summary.lines().any(|line| line.starts_with(start));
    assert!(has("target      "), "{summary}");
    assert!(has("  pass  target.rss_peak_bytes>1MiB  "), "{summary}");
}
