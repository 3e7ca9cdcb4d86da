//! A worker reads all that its streams bring, however it is told of it.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use tokio::time::sleep;
use weir::load::Load;
use weir::plan::Settings;

use self::common::peer::{has_request, head, send, serve_each};
use self::common::{assert_conserved, errors, plan, run, run_until};

/// The end of these responses is that of their connection, which comes together with their events: whoever waits for
/// another word from the socket waits for ever.
#[test]
fn an_end_that_comes_with_the_last_events_is_seen() {
    const STREAMS: u64 = 300;
    let url = serve_each(|peer| {
        if has_request(peer) {
            send(peer, head("") + "data: a\n\ndata: b\n\n");
        }
    });
    let report = run(Settings {
        load: Load {
            total_streams: Some(STREAMS),
            ..Load::closed(50, Duration::ZERO)
        },
        ..plan(&url)
    });
    let counters = &report.counters;
    assert_eq!(counters.streams_completed, STREAMS, "{:?}", report.errors);
    assert_eq!(counters.events, 2 * STREAMS);
    assert_conserved(&report);
}

/// A response may be on its way before all of the request is, and its end with it.
#[test]
fn an_answer_that_is_there_before_the_request_was_asked_for_is_read() {
    let url = serve_each(|peer| {
        send(peer, head("content-length: 9\r\n") + "data: a\n\n");
        let _all = peer.read_to_end(&mut Vec::new());
    });
    let report = run(Settings {
        load: Load {
            total_streams: Some(100),
            ..Load::closed(20, Duration::ZERO)
        },
        ..plan(&url)
    });
    assert_eq!(report.counters.events, 100);
    assert_eq!(report.counters.streams_completed, 100);
    assert_conserved(&report);
}

/// One stream always has more to read; the others have an event now and then, and one thread reads them all.
#[test]
fn a_flood_leaves_the_others_their_turn() {
    const PACED: u32 = 20;
    const EVENTS: u64 = 50;
    let paced = |peer: &mut TcpStream| {
        for _ in 0..EVENTS {
            send(peer, "data: x\n\n");
            thread::sleep(Duration::from_millis(10));
        }
        // An end would have another stream begin.
        let _closed = peer.read(&mut [0]);
    };
    let flood = |peer: &mut TcpStream| {
        let events = ": f\n".repeat(10_000);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) && peer.write_all(events.as_bytes()).is_ok()
        {
        }
    };
    let is_first = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let url = serve_each(move |peer| {
        peer.set_nodelay(true).unwrap();
        if !has_request(peer) {
            return;
        }
        send(peer, head(""));
        if is_first.swap(false, std::sync::atomic::Ordering::Relaxed) {
            flood(peer);
        } else {
            paced(peer);
        }
    });
    let settings = Settings {
        load: Load::closed(PACED + 1, Duration::ZERO),
        ..plan(&url)
    };
    let report = run_until(settings, async {
        sleep(Duration::from_millis(1_500)).await;
    });
    assert_eq!(report.counters.events, u64::from(PACED) * EVENTS);
    assert!(report.counters.comments > 100_000);
    assert_conserved(&report);
}

/// Places of streams that ended are taken again at once, while others of the same moment are still being told of.
#[test]
fn what_is_told_of_a_stream_is_never_taken_for_the_next_one() {
    const STREAMS: u64 = 4_000;
    let url = serve_each(|peer| {
        if has_request(peer) {
            // Every other one is broken off.
            send(peer, head("content-length: 18\r\n") + "data: a\n\n");
            if peer.peer_addr().is_ok_and(|addr| addr.port() / 2 % 2 == 0) {
                send(peer, "data: b\n\n");
            }
        }
    });
    let report = run(Settings {
        load: Load {
            total_streams: Some(STREAMS),
            ..Load::closed(100, Duration::ZERO)
        },
        ..plan(&url)
    });
    let counters = &report.counters;
    assert_eq!(counters.streams_started, STREAMS);
    assert_eq!(
        counters.events,
        2 * counters.streams_completed + counters.streams_failed
    );
    assert_eq!(
        report.errors,
        errors(&[("truncated", counters.streams_failed)])
    );
    assert_conserved(&report);
}
