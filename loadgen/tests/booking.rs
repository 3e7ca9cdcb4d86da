//! Figures are booked when things happen: while streams are open, and to the second in which they were received.

mod common;

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use weir::load::Load;
use weir::measure::Metric;
use weir::plan::Settings;
use weir::report::{Interval, Report};

use self::common::{assert_conserved, count, plan, run, server, sse};

const STREAMS: u32 = 20;

/// As many streams as that, without end.
fn endless(url: &str) -> Settings {
    Settings {
        load: Load {
            streams: STREAMS,
            ..Load::default()
        },
        ..plan(url)
    }
}

fn samples(interval: &Interval, metric: Metric) -> u64 {
    let histogram = interval.histograms.get(&metric);
    histogram.map_or(0, |histogram| histogram.decode().len())
}

#[test]
fn a_threshold_on_what_happens_once_ends_a_run_whose_streams_never_end() {
    let server = server();
    for warmup in [Duration::ZERO, Duration::from_millis(1_200)] {
        let expression = "ttfe.max<1us abort after 1s";
        let planned = Settings {
            warmup,
            thresholds: vec![expression.parse().unwrap()],
            ..endless(&sse(&server, "rate=5"))
        };
        let report = run(planned);
        let aborted = report.aborted.as_ref().unwrap();
        assert_eq!(
            (aborted.expression.as_str(), aborted.t_s),
            (expression, 1.0)
        );
        assert_conserved(&report);
    }
}

#[test]
fn a_stream_is_in_the_second_of_its_beginning_or_in_the_first_that_it_sees() {
    let server = server();
    for warmup in [Duration::ZERO, Duration::from_millis(1_200)] {
        let report = run(Settings {
            warmup,
            duration: Some(Duration::from_millis(2_500)),
            ..endless(&sse(&server, "rate=50"))
        });
        for metric in [
            Metric::StartLag,
            Metric::Connect,
            Metric::Headers,
            Metric::Ttfe,
            Metric::TtfeSent,
        ] {
            let by_second = report.intervals.iter();
            let by_second: Vec<u64> = by_second.map(|second| samples(second, metric)).collect();
            assert_eq!(by_second, [u64::from(STREAMS), 0, 0], "{}", metric.name());
            assert_eq!(count(&report, metric), u64::from(STREAMS));
        }
    }
}

#[test]
fn a_generator_that_is_held_up_does_not_shift_its_series() {
    const SLOW_STREAMS: u32 = 400;
    const RATE: f64 = 0.5;
    let server = server();
    let url = sse(&server, &format!("rate={RATE}"));
    let file = tempfile::NamedTempFile::new().unwrap();
    // Opened over a period of theirs, so that as many events come in each second; and none has two of them in the time in which
    // nobody reads, since one read has one receive time.
    let mut weir = Command::new(cargo_bin("weir"))
        .args(["run", &url, "-d", "6s", "--warmup", "2s", "-q"])
        .args(["-c", &SLOW_STREAMS.to_string(), "--threads", "2", "--json"])
        .arg(file.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let signal = |signal| kill(Pid::from_raw(weir.id().cast_signed()), signal).unwrap();
    // Somewhere in the window, and over the end of one of its seconds at least.
    thread::sleep(Duration::from_millis(4_200));
    signal(Signal::SIGSTOP);
    thread::sleep(Duration::from_millis(1_600));
    signal(Signal::SIGCONT);
    weir.wait().unwrap();
    let report: Report = weir::report::read(file.path()).unwrap();
    assert_eq!(report.counters.lost, 0);
    let expected = f64::from(SLOW_STREAMS) * RATE;
    let rates = report.intervals.iter().map(|second| second.events_per_s);
    let rates: Vec<f64> = rates.collect();
    // The server is not held up. In the second in which it was, a reader that booked what it came to would have nothing.
    let even = |rate: &&f64| (**rate - expected).abs() < 0.2 * expected;
    let uneven = rates.iter().filter(|rate| !even(rate)).count();
    assert!(uneven == 0 && rates.len() == 6, "{rates:?}");
}
