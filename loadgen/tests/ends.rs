//! How runs end before their plan does, and what is still on its way then.

mod common;

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tokio::time::sleep;
use weir::load::Load;
use weir::measure::{ErrorKind, Metric};
use weir::plan::Settings;

use self::common::peer::{
    chunk, chunked_head, has_request, head, send, send_apart, serve, serve_each,
};
use self::common::{assert_conserved, count, events_of_intervals, plan, run_until, server, sse};

#[test]
fn an_interrupted_run_keeps_what_it_measured() {
    let server = server();
    let url = sse(&server, "rate=100");
    let endless = Settings {
        load: Load {
            streams: 5,
            ..Load::default()
        },
        duration: Some(Duration::from_secs(60)),
        ..plan(&url)
    };
    let report = run_until(endless, async { sleep(Duration::from_secs(1)).await });
    assert!(report.interrupted);
    assert!(report.throughput.window_s < 30.0);
    assert_eq!(report.counters.streams_cut, 5);
    assert!(report.throughput.events > 0);
    assert_eq!(events_of_intervals(&report), report.throughput.events);
    assert_eq!(
        count(&report, Metric::Delivery),
        report.throughput.events + report.counters.censored
    );
    assert_eq!(
        count(&report, Metric::Lifetime),
        0,
        "a stream that was cut has none"
    );
    assert_conserved(&report);
}

#[test]
fn what_comes_after_the_end_is_counted_but_lengthens_no_interval() {
    let url = serve(1, |peer| {
        let events = (0..50).map(|number| chunk(&format!("id: {number}\ndata: x\n\n")));
        let pieces: Vec<String> = std::iter::once(chunked_head()).chain(events).collect();
        send_apart(peer, pieces, Duration::from_millis(50));
    });
    let endless = Settings {
        duration: Some(Duration::from_secs(60)),
        ..plan(&url)
    };
    // The drain goes on past the first second of the window.
    let report = run_until(endless, async { sleep(Duration::from_millis(500)).await });
    assert_eq!(report.counters.streams_cut, 1);
    assert!(report.errors.is_empty(), "{:?}", report.error_samples);
    assert!(report.counters.events > report.throughput.events);
    assert_eq!(events_of_intervals(&report), report.throughput.events);
    let ends = report.intervals.last().map(|interval| interval.t_s);
    assert_eq!(ends, Some(report.throughput.window_s));
}

#[test]
fn a_server_that_goes_away_in_mid_run_is_refused_connections() {
    let server = server();
    let plan = Settings {
        load: Load {
            streams: 2,
            ..Load::default()
        },
        ..plan(&sse(&server, "rate=100"))
    };
    let mut served = None;
    let a_while_after_it_went_away = async {
        sleep(Duration::from_millis(400)).await;
        served = tokio::task::spawn_blocking(|| server.shutdown()).await.ok();
        sleep(Duration::from_millis(400)).await;
    };
    let report = run_until(plan, a_while_after_it_went_away);
    assert_eq!(
        Some(report.counters.events),
        served.map(|served| served.events)
    );
    assert!(
        report.counters.streams_completed >= 2,
        "a server that drains ends its streams properly"
    );
    assert!(report.errors[&ErrorKind::ConnectRefused] >= 2);
    assert!(
        report.counters.streams_failed < 100,
        "refused in a hot loop"
    );
    assert_conserved(&report);
}

/// Told that no more is asked, each of these takes a while longer over its last event; all of them take 2 s.
#[test]
fn streams_that_still_end_are_waited_for() {
    const STREAMS: u64 = 5;
    let ended = Arc::new(AtomicU64::new(0));
    let url = serve_each(move |peer| {
        if !has_request(peer) {
            return;
        }
        send(peer, head("") + "data: first\n\n");
        // The end of the requests.
        let _end = peer.read(&mut [0]);
        let turn = ended.fetch_add(1, Ordering::Relaxed) + 1;
        thread::sleep(Duration::from_millis(400) * turn as u32);
        send(peer, "data: last\n\n");
    });
    let settings = Settings {
        load: Load::closed(STREAMS as u32, Duration::ZERO),
        ..plan(&url)
    };
    let report = run_until(settings, async {
        sleep(Duration::from_millis(500)).await;
    });
    assert_eq!(report.counters.events, 2 * STREAMS);
    assert_eq!(report.counters.streams_cut, STREAMS);
    assert_conserved(&report);
}
