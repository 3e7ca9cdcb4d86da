//! What speaks against a run, provoked: a generator that is overloaded, late, or lied to.

mod common;

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use weir::load::{Arrivals, Load, Process};
use weir::measure::Rx;
use weir::plan::Settings;
use weir::report::Report;
use weir::verdict::{Code, Reason, Status};
use weir_sse::Stamp;

use self::common::peer::{response, serve_once};
use self::common::{one_stream, plan, run, server, sse};

fn reason(report: &Report, code: Code) -> &Reason {
    let reasons = &report.verdict.reasons;
    let found = reasons.iter().find(|reason| reason.code == code);
    found.unwrap_or_else(|| panic!("no {code:?} in {reasons:?}"))
}

/// More than one thread can read: streams that are sent as fast as they are read, by two threads.
fn flood(server: &weir_server::Server, rx: Rx) -> Settings {
    Settings {
        load: Load {
            streams: 20,
            ..Load::default()
        },
        warmup: Duration::from_millis(200),
        duration: Some(Duration::from_secs(1)),
        rx,
        ..plan(&sse(server, "rate=0"))
    }
}

#[test]
fn an_overloaded_worker_has_no_time_and_lets_events_wait() {
    let server = server();
    let report = run(flood(&server, Rx::Kernel));
    let lag = reason(&report, Code::ClientLag);
    assert_eq!(lag.severity, Status::Invalid);
    assert!(lag.figure > lag.limit);
    assert!(lag.message.contains("--threads"));
}

#[test]
fn a_stalled_event_loop_spoils_receive_times_of_its_own() {
    let server = server();
    let report = run(flood(&server, Rx::User));
    let lag = reason(&report, Code::LoopLag);
    assert_eq!(lag.severity, Status::Invalid);
    assert!(lag.figure > lag.limit);
}

#[test]
fn arrivals_beyond_reach_are_late_and_missed() {
    let server = server();
    let report = run(Settings {
        load: Load {
            streams: 50,
            arrivals: Some(Arrivals {
                rate_per_s: 100_000.0,
                process: Process::Poisson,
            }),
            ..Load::default()
        },
        duration: Some(Duration::from_secs(1)),
        ..plan(&sse(&server, "events=2&rate=100"))
    });
    for code in [Code::RateMissed, Code::StartLag] {
        assert_eq!(reason(&report, code).severity, Status::Invalid);
    }
}

#[test]
fn a_server_whose_clock_is_ahead_is_found_out() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let ahead_ns = u64::try_from(now.as_nanos()).unwrap() + 3_600_000_000_000;
    let events = (0..3).map(|seq| {
        let mut line = [0; Stamp::LEN];
        let stamp = Stamp {
            seq,
            due_ns: ahead_ns,
            sent_ns: ahead_ns,
        };
        stamp.write(&mut line);
        format!("{}data: x\n\n", std::str::from_utf8(&line).unwrap())
    });
    let report = run(one_stream(&serve_once(response(events))));
    let clock = reason(&report, Code::Clock);
    assert_eq!(clock.severity, Status::Invalid);
    assert!(clock.message.contains("server's clock is ahead"));
}

#[test]
fn a_host_without_time_for_generator_and_target_is_named() {
    let server = server();
    let spinning = Arc::new(AtomicBool::new(true));
    let cores = thread::available_parallelism().unwrap().get();
    let spinners: Vec<_> = (0..2 * cores)
        .map(|_| {
            let spinning = Arc::clone(&spinning);
            thread::spawn(move || {
                while spinning.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            })
        })
        .collect();
    let report = run(Settings {
        duration: Some(Duration::from_secs(1)),
        ..plan(&sse(&server, "rate=100"))
    });
    spinning.store(false, Ordering::Relaxed);
    for spinner in spinners {
        spinner.join().unwrap();
    }
    let shared = reason(&report, Code::SharedCores);
    assert_eq!(shared.severity, Status::Suspect);
    assert!(report.resources.host.unwrap().busy_ratio > 0.9);
}

#[test]
fn too_few_events_and_a_build_without_optimisation_are_named() {
    let server = server();
    let report = run(one_stream(&sse(&server, "events=3&rate=100")));
    assert_eq!(reason(&report, Code::FewSamples).severity, Status::Suspect);
    let debug = report
        .verdict
        .reasons
        .iter()
        .any(|reason| reason.code == Code::DebugBuild);
    assert_eq!(debug, cfg!(debug_assertions));
}
