//! The program as scripts see it: exit codes, and what is on standard output and standard error.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, pipe};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin_cmd;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use weir::exit::Exit;
use weir::measure::Metric;
use weir::verdict::Code;

use self::common::peer::{FOR_EVER, send, serve};
use self::common::{server, sse};

/// Of a run that went well. A program built without optimisation calls its own figures invalid.
const GOOD: i32 = if cfg!(debug_assertions) { 12 } else { 0 };

/// What INTERFACE.md promises of every report.
const REPORT_NAMES: [&str; 14] = [
    "schema",
    "tool",
    "started_at",
    "plan",
    "machine",
    "rx",
    "verdict",
    "counters",
    "errors",
    "throughput",
    "latency",
    "resources",
    "intervals",
    "histograms",
];

/// What a command came to.
struct Outcome {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn weir(args: &[&str]) -> Outcome {
    outcome(cargo_bin_cmd!("weir").args(args))
}

fn outcome(command: &mut Command) -> Outcome {
    let output = command.timeout(Duration::from_secs(30)).output().unwrap();
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A short run of five streams against a server of this process.
fn short_run(extra: &[&str]) -> Outcome {
    let server = server();
    let url = sse(&server, "rate=100");
    weir(
        &[
            &["run", &url, "-c", "5", "-d", "300ms", "--warmup", "100ms"],
            extra,
        ]
        .concat(),
    )
}

fn report_in(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn an_unreachable_target_is_one_line_and_no_report() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/sse", listener.local_addr().unwrap());
    drop(listener);
    for extra in [&["--quiet"][..], &["--quiet", "--json", "-"]] {
        let outcome = weir(&[&["run", &url], extra].concat());
        assert_eq!(outcome.code, Some(1));
        assert_eq!(outcome.stdout, "");
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
        assert!(outcome.stderr.contains(&url), "{}", outcome.stderr);
        let refusals = outcome.stderr.matches("Connection refused").count();
        assert_eq!(refusals, 1, "{}", outcome.stderr);
    }
}

#[test]
fn a_host_that_does_not_resolve_is_unreachable_not_misspelt() {
    // No resolver is asked: a label has at most 63 characters (RFC 1035, 2.3.4).
    let host = "h".repeat(64);
    let outcome = weir(&["run", &format!("http://{host}/")]);
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    assert!(outcome.stderr.contains(&host), "{}", outcome.stderr);
}

#[test]
fn what_makes_no_sense_is_refused_as_usage_with_its_reason() {
    let cases: [(&[&str], &str); 12] = [
        (&["run", "localhost:1/x"], "\"localhost:1/x\" is not a URL"),
        (&["run", "https://localhost/"], "must begin with http://"),
        (&["run", "http://a:b@localhost/"], "Authorization"),
        (&["run", "--nonsense"], "--nonsense"),
        (&["run", "-c", "0"], "above zero"),
        (&["run", "-d", "1d"], "--duration"),
        (&["run", "-r", "0"], "like 0.5, 200 or 1.5k"),
        (&["run", "--arrivals", "uniform"], "--rate"),
        (
            &["run", "--local-addr", "::1"],
            "all have to be IPv4, or all IPv6",
        ),
        (&["run", "-H", "no colon"], "no colon"),
        (&["run", "--body", "@/nowhere/at/all"], "/nowhere/at/all"),
        (&["explain", "everything"], "everything"),
    ];
    for (args, reason) in cases {
        let outcome = weir(args);
        assert_eq!(outcome.code, Some(2), "{args:?}");
        assert_eq!(outcome.stdout, "", "{args:?}");
        assert!(outcome.stderr.contains(reason), "{}", outcome.stderr);
    }
}

#[test]
fn alone_it_prints_its_help() {
    let outcome = weir(&[]);
    let text = outcome.stdout + &outcome.stderr;
    assert!(text.contains("Usage: weir"), "{text}");
    for command in ["run", "decode", "explain"] {
        assert!(text.contains(&format!("\n  {command} ")), "{text}");
    }
}

#[test]
fn json_on_standard_output_is_alone_there_and_whole() {
    let outcome = short_run(&["--json", "-", "--quiet"]);
    assert_eq!(outcome.code, Some(GOOD));
    assert_eq!(outcome.stderr, "");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    for name in REPORT_NAMES {
        assert!(report.get(name).is_some(), "{name} is missing");
    }
    assert_eq!(report["schema"], "weir.report/1");
    assert_eq!(report["interrupted"], false);
    assert!(report["counters"]["events"].as_u64() > Some(0));
    assert!(report["latency"]["delivery"]["p99_ns"].is_u64());
}

#[test]
fn an_open_model_says_what_was_offered_and_what_started() {
    let outcome = short_run(&[
        "-r",
        "40",
        "--arrivals",
        "uniform",
        "-e",
        "3",
        "--json",
        "-",
    ]);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let plan = &report["plan"]["arrivals"];
    assert_eq!(plan["process"], "uniform");
    assert_eq!(plan["rate_per_s"], 40.0);
    let offered = report["throughput"]["offered_streams_per_s"].as_f64();
    assert!((offered.unwrap() - 40.0).abs() < 4.0);
    assert!(report["latency"]["loop_lag"]["count"].as_u64() > Some(0));
    assert!(
        outcome.stderr.contains("streams/s offered"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_source_address_of_another_machine_is_named() {
    let outcome = short_run(&["--local-addr", "192.0.2.1"]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.contains("cannot use --local-addr 192.0.2.1"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn beside_json_on_standard_output_the_summary_goes_to_standard_error() {
    let outcome = short_run(&["--json", "-"]);
    serde_json::from_str::<Value>(&outcome.stdout).unwrap();
    assert!(outcome.stderr.contains("throughput"), "{}", outcome.stderr);
}

#[test]
fn the_summary_is_plain_text_where_nobody_looks() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.json");
    let outcome = short_run(&["--json", path.to_str().unwrap()]);
    assert_eq!(outcome.code, Some(GOOD));
    for text in [&outcome.stdout, &outcome.stderr] {
        assert!(!text.contains('\x1b'), "{text:?}");
    }
    let report = report_in(&path);
    for name in report["latency"].as_object().unwrap().keys() {
        assert!(outcome.stdout.contains(&format!("\n{name} ")), "{name}");
    }
    assert_eq!(report["counters"]["streams_started"], 5);
}

#[test]
fn a_file_that_cannot_be_written_is_refused_before_the_run() {
    let path = "/nowhere/at/all/report.json";
    // Nobody listens at port 1 either, but that is not looked at any more.
    let outcome = weir(&["run", "http://127.0.0.1:1/", "--json", path]);
    assert_eq!(outcome.code, Some(1));
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.contains(path), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
}

#[test]
fn without_a_url_it_measures_a_server_of_its_own() {
    let args = [
        "run", "-c", "5", "-d", "400ms", "--warmup", "100ms", "--json", "-",
    ];
    let outcome = weir(&args);
    assert_eq!(outcome.code, Some(GOOD), "{}", outcome.stderr);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["plan"]["embedded"], true);
    let number = |of: &str, name: &str| report[of][name].as_u64().unwrap();
    let established = number("counters", "streams_established");
    assert!((established..=5).contains(&number("server", "streams")));
    let received = number("counters", "events");
    assert!(0 < received && received <= number("server", "events"));
}

#[test]
fn interrupted_it_writes_what_it_has() {
    let server = server();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.json");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_weir"))
        .args(["run", &sse(&server, "rate=100"), "-c", "5", "-d", "60s"])
        .args(["--warmup", "100ms", "--json"])
        .arg(&path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let progress = first_line(&mut child);
    assert!(progress.contains("5 streams open"), "{progress}");
    kill(
        Pid::from_raw(i32::try_from(child.id()).unwrap()),
        Signal::SIGINT,
    )
    .unwrap();
    let mut summary = String::new();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_to_string(&mut summary).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(GOOD));
    assert!(summary.contains(", interrupted, "), "{summary}");
    let report = report_in(&path);
    assert_eq!(report["interrupted"], true);
    assert!(report["counters"]["events"].as_u64() > Some(0));
    assert!(report["throughput"]["window_s"].as_f64() < Some(30.0));
}

/// Of standard error, which is read on for as long as there is any.
fn first_line(child: &mut Child) -> String {
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
    line
}

#[test]
fn a_target_that_refuses_every_stream_is_given_up_and_its_words_are_shown() {
    let refusal = "HTTP/1.1 404 Not Found\r\ncontent-length: 14\r\n\r\nno such stream";
    let url = serve(FOR_EVER, move |peer| send(peer, refusal));
    let outcome = weir(&["run", &url, "-c", "3", "-d", "60s", "--warmup", "0"]);
    assert_eq!(outcome.code, Some(1));
    let shown = "http_status: status 404 Not Found, body: no such stream";
    assert!(outcome.stdout.contains(shown), "{}", outcome.stdout);
    let (first, _) = outcome.stdout.split_once('\n').unwrap();
    assert!(first.starts_with("TARGET FAILED: "), "{first}");
    assert!(first.contains(" streams failed: http_status "), "{first}");
    assert!(first.ends_with(" | MEASUREMENT INVALID"), "{first}");
}

#[test]
fn explanations_leave_nothing_out() {
    let metrics = weir(&["explain", "metrics"]);
    assert_eq!((metrics.code, metrics.stderr.as_str()), (Some(0), ""));
    for metric in Metric::ALL {
        let line = format!("\n{}\n", metric.name());
        assert!(metrics.stdout.contains(&line), "{}", metric.name());
    }
    let verdict = weir(&["explain", "verdict"]);
    assert_eq!(verdict.code, Some(0));
    for code in Code::ALL {
        let line = format!("\n{}\n", code.name());
        assert!(verdict.stdout.contains(&line), "{}", code.name());
        let json = serde_json::to_string(&code).unwrap();
        assert_eq!(json, format!("\"{}\"", code.name()));
    }
    let codes = weir(&["explain", "exit-codes"]);
    assert_eq!(codes.code, Some(0));
    assert_eq!(codes.stdout.lines().count(), Exit::ALL.len());
    for (line, exit) in codes.stdout.lines().zip(Exit::ALL) {
        let expected = format!("{:>3}  {}", exit.code(), exit.meaning());
        assert_eq!(line, expected);
    }
}

#[test]
fn a_reader_that_has_gone_away_is_no_error() {
    let events = "data: x\n\n".repeat(1_000);
    for args in [
        &["explain", "metrics"][..],
        &["explain", "exit-codes"],
        &["decode"],
    ] {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_weir"))
            .args(args)
            .stdin(piped(&events))
            .stdout(writer)
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), stderr.as_str()),
            (Some(0), ""),
            "{args:?}"
        );
    }
}

/// A file to read `text` from.
fn piped(text: &str) -> Stdio {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.rewind().unwrap();
    file.into()
}
