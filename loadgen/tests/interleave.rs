//! Runs that `weir compare` makes itself, as scripts see them. A program built without optimisation calls its own runs invalid, so
//! that what runs come to is held to by the library's tests, and here that nothing is then said of them.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::time::Duration;

use assert_cmd::cargo::cargo_bin_cmd;
use serde_json::Value;

use self::common::{server, sse};

fn weir(args: &[&str]) -> (i32, String, String) {
    let mut command = cargo_bin_cmd!("weir");
    let command = command.arg("compare").args(args);
    let output = command.timeout(Duration::from_secs(60)).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

#[test]
fn a_side_that_cannot_be_measured_is_invalid_and_not_an_error() {
    let server = server();
    let url = sse(&server, "rate=50");
    let flags = "--max-runs 4 -c 2 -d 100ms --warmup 50ms --json -";
    let args: Vec<&str> = ["--run", &url, "--to", &url]
        .into_iter()
        .chain(flags.split(' '))
        .collect();
    let (code, stdout, stderr) = weir(&args);
    let found: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(found["schema"], "weir.compare/1");
    if cfg!(debug_assertions) {
        assert_eq!((code, &found["answer"]), (12, &Value::from("invalid")));
        assert_eq!(stderr.matches("run 1 of base").count(), 3, "{stderr}");
    }
}

#[test]
fn a_server_that_does_not_come_up_is_an_error_with_what_it_said() {
    let start = "echo 'no such table' >&2; exit 1";
    let args = ["--run", "http://127.0.0.1:9/", "--base-cmd", start];
    let (code, stdout, stderr) = weir(&[&args[..], &["--head-cmd", "sleep 1", "-q"]].concat());
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("no such table"), "{stderr}");
}
