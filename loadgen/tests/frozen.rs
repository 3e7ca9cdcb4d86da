//! A known answer: a server that is frozen for a while, as a paused virtual machine or a long collection is. What the
//! schedule wanted sent in that time is late by what was left of it, evenly from all of it to nothing.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use weir::load::Load;
use weir::measure::{ErrorKind, Metric};
use weir::plan::Settings;

use self::common::{
    assert_conserved, count, histogram, irregular, latency, plan, run_watched, server, sse,
};

/// Stands before the address that [`serve`] prints.
const MARK: &str = "frozen server at ";

const RATE_PER_S: f64 = 100.0;

/// Not a test: the process of the others' server, which lives until its standard input is closed.
#[test]
#[ignore = "started by the other tests"]
fn serve() {
    let server = server();
    println!("{MARK}{}", sse(&server, &format!("rate={RATE_PER_S}")));
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// A server in a process of its own, which does not outlive its test.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["serve", "--exact", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once(MARK)?.1.to_owned()))
            .unwrap();
        Self { child, url }
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Ends a stopped process, too.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn a_pause_is_in_the_delivery_of_all_that_was_due_and_in_one_gap() {
    let server = Process::start();
    let plan = Settings {
        duration: Some(Duration::from_secs(4)),
        ..plan(&server.url)
    };
    let mut frozen = Duration::ZERO;
    let report = run_watched(plan, |second| {
        if second.t_s == 2.0 {
            server.signal(Signal::SIGSTOP);
            let begun = Instant::now();
            thread::sleep(Duration::from_millis(500));
            // Longer than it was meant to be where this thread had to wait.
            frozen = begun.elapsed();
            server.signal(Signal::SIGCONT);
        }
    });
    assert_conserved(&report);
    assert_eq!(irregular(&report), [0; 3]);
    let frozen_ns = frozen.as_nanos() as f64;
    let delivery = latency(&report, Metric::Delivery).unwrap();
    // Of the 50 late events in 400, the four that are above the 99th percentile waited 0.92 of the pause or longer.
    // Whatever else the machine does at the time comes on top.
    let p99_ns = delivery.p99_ns as f64;
    assert!((0.6..1.8).contains(&(p99_ns / frozen_ns)), "{delivery:?}");
    assert!(delivery.max_ns as f64 >= 0.9 * frozen_ns, "{delivery:?}");
    assert!(delivery.p50_ns < 100_000_000, "{delivery:?}");
    let late = histogram(&report, Metric::Delivery).count_between(frozen_ns as u64 / 4, u64::MAX);
    assert!(late as f64 >= 0.7 * 0.75 * frozen.as_secs_f64() * RATE_PER_S);
    let gaps = histogram(&report, Metric::Gap);
    assert_eq!(gaps.count_between((0.9 * frozen_ns) as u64, u64::MAX), 1);
}

#[test]
fn what_was_due_when_the_run_ended_is_missing_not_absent() {
    const STREAMS: u32 = 3;
    let server = Process::start();
    let plan = Settings {
        load: Load {
            streams: STREAMS,
            ..Load::default()
        },
        duration: Some(Duration::from_secs(2)),
        ..plan(&server.url)
    };
    let mut stopped_at = None;
    let report = run_watched(plan, |_| {
        stopped_at.get_or_insert_with(|| {
            server.signal(Signal::SIGSTOP);
            SystemTime::now()
        });
    });
    let began_at = humantime::parse_rfc3339(&report.started_at).unwrap();
    let ended_at = began_at + Duration::from_secs(2);
    let frozen = ended_at.duration_since(stopped_at.unwrap()).unwrap();
    let counters = &report.counters;
    assert_eq!(counters.streams_cut, u64::from(STREAMS));
    assert_eq!(counters.lost, 0, "what has not come yet is not lost");
    assert_eq!(
        count(&report, Metric::Delivery),
        report.throughput.events + counters.censored
    );
    // What the server was late with already is missing, too.
    let missing = frozen.as_secs_f64() * RATE_PER_S * f64::from(STREAMS);
    let ratio = counters.censored as f64 / missing;
    assert!((0.9..1.5).contains(&ratio), "{counters:?}, {frozen:?}");
    let longest_ns = latency(&report, Metric::Delivery).unwrap().max_ns as f64;
    let ratio = longest_ns / frozen.as_nanos() as f64;
    assert!((0.9..1.5).contains(&ratio), "{longest_ns}, {frozen:?}");
}

#[test]
fn a_stream_owes_no_more_than_its_cap() {
    const CAP: u64 = 200;
    let server = Process::start();
    // At the end of the first second about 100 have come, and in all 250 would.
    let plan = Settings {
        duration: Some(Duration::from_millis(2_500)),
        events_per_stream: Some(CAP),
        ..plan(&server.url)
    };
    let report = run_watched(plan, |_| server.signal(Signal::SIGSTOP));
    let counters = &report.counters;
    assert_eq!((counters.streams_started, counters.streams_cut), (1, 1));
    assert!(counters.censored > 0);
    assert_eq!(counters.events + counters.censored, CAP);
}

#[test]
fn a_stream_that_is_given_up_owes_what_was_due_until_then() {
    let server = Process::start();
    let mut plan = Settings {
        duration: Some(Duration::from_secs(3)),
        ..plan(&server.url)
    };
    plan.timeouts.idle = Some(Duration::from_millis(500));
    plan.timeouts.first_event = Some(Duration::from_secs(1));
    let report = run_watched(plan, |_| server.signal(Signal::SIGSTOP));
    assert_eq!(report.errors.get(&ErrorKind::IdleTimeout), Some(&1));
    // Half a second at 100 events a second, and none of it received.
    assert!(report.counters.censored >= 40, "{:?}", report.counters);
    let delivery = latency(&report, Metric::Delivery).unwrap();
    assert!(delivery.max_ns >= 400_000_000, "{delivery:?}");
    assert!(delivery.lower_bound_above.is_some());
    // The next streams have no answer at all.
    assert!(report.counters.streams_unanswered > 0);
    assert_conserved(&report);
}
