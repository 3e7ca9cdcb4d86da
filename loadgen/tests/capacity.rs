//! `weir capacity` as scripts see it. A program built without optimisation calls its own runs invalid, so that what is found of a
//! target is held to by the library's tests, and here that nothing is then said of it.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::time::Duration;

use assert_cmd::cargo::cargo_bin_cmd;
use serde_json::Value;

use self::common::{peer, server, sse};

fn weir(args: &[&str]) -> (i32, String, String) {
    let mut command = cargo_bin_cmd!("weir");
    let command = command.arg("capacity").args(args);
    let output = command.timeout(Duration::from_secs(60)).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let level = ["--slo", "failed_rate<1%"];
    let refused = |args: &[&str]| {
        let (code, stdout, stderr) = weir(args);
        assert_eq!((code, stdout.as_str()), (2, ""), "{args:?}: {stderr}");
        stderr
    };
    assert!(refused(&["http://127.0.0.1:1/"]).contains("--slo"));
    let unknown = refused(&["http://127.0.0.1:1/", "--slo", "latency.p99<1s"]);
    assert!(unknown.contains("ttfe_sent"), "{unknown}");
    for (flags, named) in [
        (["-d", "5s"], "-d does not go with"),
        (["-n", "5"], "-n does not go with"),
        (["-c", "5"], "-c does not go with"),
        (["-r", "5"], "-r does not go with"),
        (["--vary", "rate"], "{rate}"),
        (["--width", "0"], "a part is above 0"),
        (["--headroom", "30%"], "--need"),
        (["--from", "900k"], "is above --to"),
        (["--headroom", "100%"], "from 0 to below 100%"),
    ] {
        let args = [&["http://127.0.0.1:1/"], &level[..], &flags].concat();
        let stderr = refused(&args);
        assert!(stderr.contains(named), "{flags:?}: {stderr}");
    }
}

#[test]
fn a_place_for_a_rate_that_is_not_varied_is_refused() {
    for vary in ["streams", "arrivals"] {
        let url = "http://127.0.0.1:1/?rate={rate}";
        let (code, _, stderr) = weir(&[url, "--slo", "failed_rate<1%", "--vary", vary]);
        assert_eq!(code, 2, "{stderr}");
        assert!(stderr.contains("--vary rate"), "{stderr}");
    }
}

#[test]
fn a_target_that_is_not_there_is_an_error() {
    let (code, _, stderr) = weir(&["http://127.0.0.1:1/", "--slo", "failed_rate<1%", "-q"]);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("cannot reach http://127.0.0.1:1/"),
        "{stderr}"
    );
}

#[test]
fn a_path_that_is_not_there_is_the_servers_answer_and_no_load() {
    let server = server();
    let url = sse(&server, "rate=50").replace("/sse?", "/no-such-path?");
    let (code, stdout, stderr) = weir(&[&url, "--slo", "failed_rate<1%", "--trial", "300ms"]);
    assert_eq!((code, stdout.as_str()), (1, ""), "{stderr}");
    assert!(stderr.contains("status 404 Not Found, body: "), "{stderr}");
    assert!(stderr.contains(&url), "{stderr}");
    assert!(!stderr.contains("does not hold"), "{stderr}");
}

#[test]
fn a_level_that_the_targets_events_cannot_tell_is_refused_with_what_to_do() {
    let events: String = (0..200).map(|_| "data: x\n\n").collect();
    let url = peer::serve(peer::FOR_EVER, move |stream| {
        peer::send(stream, peer::response([events.clone()]));
    });
    let flags = "-c 2 --vary arrivals --from 20 --trial 500ms --warmup 100ms --slo delivery.p99<1s";
    let args: Vec<&str> = [url.as_str()].into_iter().chain(flags.split(' ')).collect();
    let (code, stdout, stderr) = weir(&args);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(stderr.contains("--expect-interval"), "{stderr}");
}

#[test]
fn every_trial_is_told_and_none_that_is_invalid_counts() {
    let server = server();
    let url = sse(&server, "rate={rate}");
    let flags = "--vary rate -c 5 --warmup 50ms --trial 200ms --from 20 --to 40 --json - --slo";
    let args: Vec<&str> = [url.as_str()]
        .into_iter()
        .chain(flags.split(' '))
        .chain(["delivery.p99<10s", "--slo", "failed_rate<1%"])
        .collect();
    let (code, stdout, stderr) = weir(&args);
    let found: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(found["schema"], "weir.capacity/1");
    assert_eq!(found["url"], url);
    let trials = found["trials"].as_array().unwrap();
    for trial in trials {
        assert_eq!(trial["streams_open_peak"], 5, "{trial}");
        assert!(stderr.contains("trying"), "{stderr}");
    }
    if cfg!(debug_assertions) {
        assert_eq!(code, 12, "{stderr}");
        assert_eq!(trials.len(), 2);
        let because = trials[0]["because"].as_str().unwrap();
        assert!(because.starts_with("debug_build"), "{because}");
        assert!(stderr.contains("no load could be measured"), "{stderr}");
        assert_eq!(found.get("holds"), None);
    } else {
        assert_eq!(trials[0]["load"], 20.0);
    }
}
