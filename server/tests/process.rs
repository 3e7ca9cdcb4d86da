//! The process: its arguments, its output, its signals and its limits.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use common::{exchange, read_until, send};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PROGRAM: &str = env!("CARGO_BIN_EXE_weir-server");

/// A running process, which does not outlive its test.
struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
    scheme: String,
    addr: SocketAddr,
}

impl Process {
    /// Started by a shell after it has run `setup`.
    fn start(setup: &str, args: &str) -> Self {
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "{setup} exec {PROGRAM} --listen 127.0.0.1:0 {args}"
            ))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let url = line.strip_prefix("listening on ").unwrap().trim_end();
        let (scheme, addr) = url.split_once("://").unwrap();
        Self {
            child,
            scheme: scheme.to_owned(),
            addr: addr.parse().unwrap(),
            stdout,
        }
    }

    fn resident_bytes(&self) -> u64 {
        let pid = i32::try_from(self.child.id()).unwrap();
        let process = procfs::process::Process::new(pid).unwrap();
        process.statm().unwrap().resident * procfs::page_size()
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// Its exit code, what else it printed, and its log.
    fn end(mut self) -> (Option<i32>, String, String) {
        let (mut out, mut log) = (String::new(), String::new());
        self.stdout.read_to_string(&mut out).unwrap();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        (self.child.wait().unwrap().code(), out, log)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// A server that starts where it should not is ended, or its test would hang.
fn run(args: &[&str]) -> Output {
    let mut program = Command::new("timeout");
    program.args(["20", PROGRAM]).args(args).output().unwrap()
}

#[test]
fn drains_on_either_signal_and_says_what_it_sent() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let process = Process::start("", "--threads 2");
        let mut stream = send(process.addr, "GET /sse?rate=0.001&size=0", "");
        read_until(&mut stream, "E\r\nid: 0\ndata: \n\n\r\n");
        process.signal(signal);
        let end = "D\r\nretry: 1000\n\n\r\n0\r\n\r\n";
        assert_eq!(read_until(&mut stream, "\r\n0\r\n\r\n"), end);
        let (code, out, log) = process.end();
        assert_eq!((code, out.as_str()), (Some(0), ""));
        assert!(
            log.ends_with("INFO drained streams=1 events=1 bytes=27\n"),
            "{log}"
        );
    }
}

/// What an idle stream adds to the process, as far as the allocator gives it back for the next one: 1.5 KiB, and were hyper's
/// buffers kept it would be 11.
#[test]
fn an_idle_stream_takes_less_than_two_kibibytes() {
    const STREAMS: u64 = 400;
    let process = Process::start("", "--threads 1");
    let hold = |streams| -> Vec<TcpStream> {
        let open = |_| {
            let mut stream = send(process.addr, "GET /sse?ttfe=3600000", "");
            read_until(&mut stream, "\r\n\r\n");
            stream
        };
        (0..streams).map(open).collect()
    };
    let _first = hold(100);
    let before = process.resident_bytes();
    let _others = hold(STREAMS);
    let each = (process.resident_bytes() - before) / STREAMS;
    assert!(each < 2048, "{each} bytes a stream");
}

#[test]
fn the_log_tells_which_streams_are_handed_over() {
    let process = Process::start("", "--log-level debug");
    exchange(process.addr, "GET /sse?events=1", "");
    exchange(process.addr, "GET /sse?events=1", "expect: nothing\r\n");
    process.signal(Signal::SIGTERM);
    let (.., log) = process.end();
    for line in [
        "DEBUG reply peer=127.0.0.1 status=200 way=\"handed over\"\n",
        "DEBUG reply peer=127.0.0.1 status=200 way=\"hyper\"\n",
    ] {
        assert_eq!(log.matches(line).count(), 1, "{log}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut process = Process::start("", "--drain 60m");
    let mut stream = send(process.addr, "GET /sse?rate=0&size=1000000", "");
    read_until(&mut stream, "data: ");
    process.signal(Signal::SIGTERM);
    let mut log = BufReader::new(process.child.stderr.as_mut().unwrap());
    log.read_line(&mut String::new()).unwrap();
    // The first one again, as `timeout` does it, is none.
    process.signal(Signal::SIGTERM);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(process.child.try_wait().unwrap(), None);
    while process.child.try_wait().unwrap().is_none() {
        process.signal(Signal::SIGTERM);
        std::thread::sleep(Duration::from_millis(50));
    }
    let (code, ..) = process.end();
    assert_eq!(code, Some(1));
}

#[test]
fn streams_that_have_not_ended_in_time_are_told_of() {
    let process = Process::start("", "--drain 50ms");
    let mut stream = send(process.addr, "GET /sse?rate=0&size=1000000", "");
    read_until(&mut stream, "data: ");
    process.signal(Signal::SIGTERM);
    let (code, _, log) = process.end();
    assert_eq!(code, Some(0));
    assert!(
        log.contains("WARN cut off: they had not ended in time streams=1"),
        "{log}"
    );
}

#[test]
fn an_address_in_use_is_one_clear_line() {
    let process = Process::start("", "");
    let listen = process.addr.to_string();
    let output = run(&["--listen", &listen]);
    assert_eq!(output.status.code(), Some(1));
    let log = String::from_utf8(output.stderr).unwrap();
    let expected = format!("weir-server: listening on {listen}: Address already in use");
    assert!(
        log.starts_with(&expected) && log.lines().count() == 1,
        "{log}"
    );
}

#[test]
fn a_certificate_that_is_not_there_is_one_clear_line() {
    let output = run(&["--tls-cert", "/nowhere/cert.pem", "--tls-key", "key.pem"]);
    assert_eq!(output.status.code(), Some(1));
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("/nowhere/cert.pem: No such file"), "{log}");
    assert_eq!(log.lines().count(), 1);
}

#[test]
fn says_that_it_speaks_tls() {
    let process = Process::start("", "--tls-self-signed");
    assert_eq!(process.scheme, "https");
}

#[test]
fn bad_arguments_are_a_usage_error() {
    for args in [
        &["--listen", "nowhere"][..],
        &["--threads", "0"],
        &["--drain", "5"],
        &["--tls-cert", "cert.pem"],
        &["--tls-self-signed", "--tls-cert", "a", "--tls-key", "b"],
        &["--max-streams", "many"],
        &["--max-head", "1KiB"],
        &["--max-body", "1.5MiB"],
        &["--request-timeout", "30"],
        &["--peer-timeout", "long"],
        &["--fault", "end"],
        &["--fault-seed", "x"],
        &["--what"],
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(run(&["--help"]).status.code(), Some(0));
    let version = String::from_utf8(run(&["--version"]).stdout).unwrap();
    assert_eq!(
        version,
        concat!("weir-server ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn a_bad_fault_is_named() {
    let log = String::from_utf8(run(&["--fault", "end:1,hold:x"]).stderr).unwrap();
    assert!(
        log.contains("the fault \"hold:x\" must be hold:<period_ms>"),
        "{log}"
    );
}

#[test]
fn all_streams_have_the_faults_of_the_process() {
    let faults = "--fault drop:0,duplicate:1 --fault end:3 --fault refuse:503@0 --fault-seed 7";
    let process = Process::start("", faults);
    let target = "GET /sse?rate=0&size=0&ids=0&event=a&events=5";
    let (_, wire) = exchange(process.addr, target, "");
    assert_eq!(wire.matches("event: a\n").count(), 3, "{wire}");
    let (_, wire) = exchange(process.addr, &format!("{target}&fault=none"), "");
    assert_eq!(wire.matches("event: a\n").count(), 5, "{wire}");
}

#[test]
fn takes_as_many_descriptors_as_it_may_have() {
    let process = Process::start("ulimit -Sn 40;", "--threads 1");
    let mut streams: Vec<TcpStream> = (0..100)
        .map(|_| send(process.addr, "GET /sse?ttfe=3600000", ""))
        .collect();
    for stream in &mut streams {
        read_until(stream, "\r\n\r\n");
    }
}

#[test]
fn serves_again_once_descriptors_are_back() {
    let process = Process::start("ulimit -n 40;", "--threads 1");
    let mut streams: Vec<TcpStream> = (0..60)
        .map(|_| send(process.addr, "GET /sse?ttfe=3600000", ""))
        .collect();
    read_until(&mut streams[0], "\r\n\r\n");
    drop(streams);
    let (head, _) = exchange(process.addr, "GET /healthz", "");
    assert!(head.starts_with("HTTP/1.1 200 OK"));
    process.signal(Signal::SIGTERM);
    let (_, _, log) = process.end();
    assert!(log.contains("cannot accept connections"), "{log}");
}

#[test]
fn its_log_may_be_json() {
    let process = Process::start("", "--log-format json --log-level debug");
    exchange(process.addr, "GET /healthz?x=1", "");
    process.signal(Signal::SIGTERM);
    let (_, out, log) = process.end();
    assert_eq!(out, "");
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let request = lines.iter().find(|line| line["message"] == "request");
    assert_eq!(request.unwrap()["path"], "/healthz");
    let drained = lines.last().unwrap();
    assert_eq!(
        (&drained["message"], &drained["streams"]),
        (&"drained".into(), &0.into())
    );
}
