//! Runs against a server in this process: what a report counts is what the server sent.

mod common;

use std::time::Duration;

use weir::load::Load;
use weir::measure::{Counters, Metric, Rx, SequenceSource};
use weir::plan::Settings;

use self::common::peer::{END, chunk, chunked_head, hold, send, serve, stamped};
use self::common::{
    assert_conserved, count, errors, events_of_intervals, histogram, irregular, plan, run, server,
    sse,
};

/// Needs the server's stamps.
const STAMPED: [Metric; 3] = [Metric::Delivery, Metric::ServerLag, Metric::Wire];

/// Has a sample for every event.
const PER_EVENT: [Metric; 4] = [
    Metric::Delivery,
    Metric::ServerLag,
    Metric::Wire,
    Metric::ClientLag,
];

/// Has a sample for every stream that had an event and completed.
const PER_STREAM: [Metric; 7] = [
    Metric::StartLag,
    Metric::Connect,
    Metric::Headers,
    Metric::Ttfe,
    Metric::TtfeSent,
    Metric::Silence,
    Metric::Lifetime,
];

/// Eight streams of 50 events each, four at a time.
fn eight_streams(url: &str) -> Settings {
    Settings {
        load: Load {
            streams: 4,
            total_streams: Some(8),
            ..Load::default()
        },
        ..plan(url)
    }
}

#[test]
fn every_event_of_every_stream_is_counted_once() {
    let server = server();
    let report = run(eight_streams(&sse(&server, "events=50&rate=500")));
    let served = server.shutdown();
    let counters = &report.counters;
    assert_eq!((served.streams, served.events), (8, 400));
    assert_eq!(counters.events, served.events);
    assert_eq!(report.throughput.events, served.events);
    assert_eq!(
        [
            counters.streams_started,
            counters.streams_established,
            counters.streams_completed,
            counters.streams_failed,
            counters.streams_cut,
        ],
        [8, 8, 8, 0, 0]
    );
    assert!((1..=4).contains(&counters.streams_open_peak));
    assert_eq!((counters.comments, counters.censored), (0, 0));
    assert!(
        counters.bytes > served.bytes,
        "heads and framing come on top"
    );
    assert_conserved(&report);
}

#[test]
fn a_stamped_stream_tells_every_latency() {
    let server = server();
    let report = run(eight_streams(&sse(&server, "events=50&rate=500")));
    assert_eq!(report.rx, Rx::Kernel);
    assert_eq!(report.sequence, SequenceSource::Stamps);
    assert_eq!(irregular(&report), [0; 3]);
    for metric in PER_EVENT {
        assert_eq!(count(&report, metric), 400, "{}", metric.name());
    }
    for metric in PER_STREAM {
        assert_eq!(count(&report, metric), 8, "{}", metric.name());
    }
    assert_eq!(
        count(&report, Metric::Gap),
        400 - 8,
        "the first event of a stream ends no gap"
    );
}

#[test]
fn histograms_are_what_the_figures_were_taken_from() {
    let server = server();
    let report = run(eight_streams(&sse(&server, "events=50&rate=500")));
    assert!(report.histograms.keys().eq(report.latency.keys()));
    for metric in PER_EVENT.into_iter().chain(PER_STREAM) {
        let (histogram, latency) = (histogram(&report, metric), &report.latency[&metric]);
        assert_eq!(histogram.len(), latency.count, "{}", metric.name());
        assert_eq!(
            histogram.value_at_quantile(0.99),
            latency.p99_ns,
            "{}",
            metric.name()
        );
        assert_eq!(histogram.max(), latency.max_ns, "{}", metric.name());
    }
}

#[test]
fn intervals_are_the_whole_in_parts() {
    let server = server();
    let report = run(eight_streams(&sse(&server, "events=200&rate=100")));
    assert!(report.intervals.len() > 1);
    for (metric, whole) in &report.histograms {
        let parts = report.intervals.iter();
        let mut sum = weir::measure::new_histogram();
        for part in parts.filter_map(|interval| interval.histograms.get(metric)) {
            sum.add(part.decode()).unwrap();
        }
        assert_eq!(sum, whole.decode(), "{}", metric.name());
    }
    let mut counters = Counters::default();
    for interval in &report.intervals {
        counters.merge(&interval.counters);
    }
    counters.streams_open_peak = report.counters.streams_open_peak;
    assert_eq!(counters, report.counters);
}

#[test]
fn a_stored_report_is_read_as_it_was_written() {
    let server = server();
    let report = run(eight_streams(&sse(&server, "events=50&rate=500")));
    let file = tempfile::NamedTempFile::new().unwrap();
    let written = serde_json::to_string(&report).unwrap();
    std::fs::write(file.path(), &written).unwrap();
    let read = weir::report::read(file.path()).unwrap();
    assert!(serde_json::to_string(&read).unwrap() == written);
}

#[test]
fn what_is_no_report_is_refused_by_name() {
    let refused = |text: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let error = anyhow::Error::from(weir::report::read(file.path()).unwrap_err());
        let error = format!("{error:#}");
        let name = file.path().to_str().unwrap();
        assert!(error.contains(name), "{error}");
        error
    };
    assert!(refused("").contains("no report of weir"));
    assert!(refused(r#"{"schema":"weir.calibrate/1"}"#).contains("weir.calibrate/1"));
    assert!(refused(r#"{"schema":"weir.report/1"}"#).contains("missing field"));
}

#[test]
fn without_stamps_ids_tell_losses_and_what_needs_stamps_is_absent() {
    let server = server();
    let mut plan = eight_streams(&sse(&server, "events=50&rate=500"));
    plan.request.stamp = false;
    let report = run(plan);
    assert_eq!(report.counters.events, 400);
    assert_eq!(report.sequence, SequenceSource::Ids);
    assert_eq!(irregular(&report), [0; 3]);
    for metric in STAMPED {
        assert_eq!(count(&report, metric), 0, "{}", metric.name());
    }
    assert_eq!(count(&report, Metric::Gap), 400 - 8);
    assert_eq!(count(&report, Metric::ClientLag), 400);
}

#[test]
fn receive_times_of_user_space_say_so() {
    let server = server();
    let report = run(Settings {
        rx: Rx::User,
        ..eight_streams(&sse(&server, "events=50&rate=500"))
    });
    assert_eq!(report.rx, Rx::User);
    assert_eq!(count(&report, Metric::ClientLag), 0);
    assert_eq!(count(&report, Metric::Delivery), 400);
}

#[test]
fn more_threads_give_the_same_sums() {
    let server = server();
    let url = sse(&server, "events=20&rate=200");
    let sums = |threads| {
        let report = run(Settings {
            load: Load {
                streams: 7,
                total_streams: Some(7),
                ..Load::default()
            },
            threads,
            ..plan(&url)
        });
        assert_eq!(report.resources.threads.len(), threads);
        assert_conserved(&report);
        (
            report.counters.events,
            report.counters.streams_completed,
            irregular(&report),
            PER_EVENT.map(|metric| count(&report, metric)),
            PER_STREAM.map(|metric| count(&report, metric)),
            count(&report, Metric::Gap),
        )
    };
    assert_eq!(sums(1), (140, 7, [0; 3], [140; 4], [7; 7], 133));
    assert_eq!(sums(3), sums(1));
}

#[test]
fn a_stream_that_reaches_its_cap_makes_room_for_the_next() {
    let server = server();
    let report = run(Settings {
        load: Load {
            streams: 3,
            ..Load::default()
        },
        duration: Some(Duration::from_secs(1)),
        events_per_stream: Some(5),
        ..plan(&sse(&server, "rate=100"))
    });
    let served = server.shutdown();
    let Counters {
        streams_started,
        streams_completed,
        streams_cut,
        streams_open_peak,
        events,
        ..
    } = report.counters;
    assert!(streams_completed > 3, "no place was taken again");
    assert_eq!(streams_open_peak, 3);
    assert!(streams_cut <= 3);
    // A stream that was cut had not reached its cap when the run ended, but what was on its way then may have been the rest.
    let whole = 5 * streams_completed;
    assert!((whole..=whole + 5 * streams_cut).contains(&events));
    assert!(events <= served.events && served.streams <= streams_started);
    assert_conserved(&report);
}

#[test]
fn every_stream_ends_as_one_of_three() {
    let mut request = 0;
    let url = serve(4, move |peer| {
        request += 1;
        match request {
            1 => send(
                peer,
                [chunked_head(), chunk(&stamped(0)), END.to_owned()].concat(),
            ),
            2 => send(peer, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
            3 => send(peer, [chunked_head(), chunk(&stamped(0))].concat()),
            _ => {
                send(peer, [chunked_head(), chunk(&stamped(0))].concat());
                hold(peer);
            }
        }
    });
    let report = run(Settings {
        duration: Some(Duration::from_millis(1_500)),
        ..plan(&url)
    });
    let counters = &report.counters;
    assert_eq!(
        [
            counters.streams_completed,
            counters.streams_failed,
            counters.streams_cut
        ],
        [1, 2, 1]
    );
    assert_eq!((counters.streams_established, counters.events), (3, 3));
    assert_eq!(
        report.errors,
        errors(&[("http_status", 1), ("truncated", 1)])
    );
    assert_eq!(
        count(&report, Metric::Lifetime),
        2,
        "of what was established and not cut"
    );
    assert_conserved(&report);
}

#[test]
fn the_warm_up_counts_events_but_no_latencies() {
    const STREAMS: u32 = 5;
    let server = server();
    let report = run(Settings {
        load: Load {
            streams: STREAMS,
            ..Load::default()
        },
        warmup: Duration::from_millis(500),
        duration: Some(Duration::from_millis(500)),
        ..plan(&sse(&server, "rate=100"))
    });
    let measured = report.throughput.events;
    assert!(0 < measured && measured < report.counters.events);
    let first = measured - count(&report, Metric::Gap);
    assert!(
        first <= u64::from(STREAMS),
        "only the first event of a stream ends no gap"
    );
    assert_eq!(
        count(&report, Metric::Delivery),
        measured + report.counters.censored
    );
    for metric in [Metric::ServerLag, Metric::Wire, Metric::ClientLag] {
        assert_eq!(count(&report, metric), measured, "{}", metric.name());
    }
    assert!(
        (report.throughput.window_s - 0.5).abs() < 1e-6,
        "the window ends when it was planned to, however late a thread wakes"
    );
}

#[test]
fn intervals_add_up_to_the_window() {
    let server = server();
    let report = run(Settings {
        load: Load {
            streams: 5,
            ..Load::default()
        },
        duration: Some(Duration::from_millis(1_300)),
        threads: 2,
        ..plan(&sse(&server, "rate=100"))
    });
    let ends_s: Vec<f64> = report.intervals.iter().map(|second| second.t_s).collect();
    assert_eq!(ends_s, [1.0, 1.3]);
    assert_eq!(events_of_intervals(&report), report.throughput.events);
    assert!(
        report
            .intervals
            .iter()
            .all(|second| second.streams_open == 5)
    );
}

#[test]
fn heartbeats_are_comments_and_end_no_gap() {
    let server = server();
    let report = run(Settings {
        load: Load {
            total_streams: Some(1),
            ..Load::default()
        },
        ..plan(&sse(&server, "events=3&rate=10&heartbeat=0.02"))
    });
    assert_eq!(report.counters.events, 3);
    assert!(report.counters.comments > 0);
    assert_eq!(count(&report, Metric::Gap), 2);
}

#[test]
fn events_that_share_a_read_are_coalesced_but_for_the_last() {
    let server = server();
    let report = run(Settings {
        load: Load {
            total_streams: Some(1),
            ..Load::default()
        },
        ..plan(&sse(&server, "events=40&rate=200&batch=10"))
    });
    let coalesced = report.counters.coalesced_events;
    assert_eq!(report.counters.events, 40);
    // Fewer batches than four reads if the reader was late.
    assert!((36..40).contains(&coalesced), "{coalesced}");
}
