//! Subscribers that read more slowly than is published.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::net::TcpStream;

use common::{metric, publish, subscribe};
use weir_server::{Config, Fanout, Server, SlowSubscriber};

/// Events that are published to [`Slow`].
const EVENTS: usize = 1_000;

/// Waiting for one of its subscribers.
const QUEUE: usize = 4;

/// A server with a subscriber that has not read a byte while more was published than there is room for.
struct Slow {
    server: Server,
    lazy: TcpStream,
    /// Another subscriber, who has read all of it.
    _quick: BufReader<TcpStream>,
}

impl Slow {
    fn new(slow: SlowSubscriber) -> Self {
        let server = Server::start(&Config {
            fanout: Fanout {
                queue: QUEUE,
                slow,
                ..Fanout::default()
            },
            ..Config::default()
        })
        .unwrap();
        // With heartbeats, waiting for what does not come would have no end.
        let target = "/topic/t?heartbeat=0";
        let lazy = subscribe(server.addr(), target, "");
        let mut quick = BufReader::new(subscribe(server.addr(), target, ""));
        let text = "x".repeat(20_000);
        for _ in 0..EVENTS {
            publish(server.addr(), "/topic/t", &text);
            // Whoever reads is not held up by who does not.
            let mut line = String::new();
            while !line.starts_with("data: ") {
                line.clear();
                quick.read_line(&mut line).unwrap();
            }
        }
        Self {
            server,
            lazy,
            _quick: quick,
        }
    }

    /// Events that were dropped, and subscribers that were disconnected.
    fn counts(&self) -> [usize; 2] {
        [
            "weir_events_dropped_total",
            "weir_subscribers_overrun_total",
        ]
        .map(|name| metric(self.server.addr(), name) as usize)
    }
}

#[test]
fn a_slow_subscriber_loses_the_oldest_events() {
    let slow = Slow::new(SlowSubscriber::DropOldest);
    let [dropped, overrun] = slow.counts();
    assert!(dropped > 0 && overrun == 0, "{dropped} {overrun}");
    let mut ids: Vec<usize> = Vec::new();
    let mut lines = BufReader::new(&slow.lazy).lines();
    while ids.last() != Some(&(EVENTS - 1)) {
        let line = lines.next().unwrap().unwrap();
        ids.extend(
            line.strip_prefix("id: ")
                .map(|id| id.parse::<usize>().unwrap()),
        );
    }
    assert!(ids.is_sorted() && ids[0] == 0, "what the sockets held");
    assert_eq!(ids.len(), EVENTS - dropped);
    let newest: Vec<usize> = (EVENTS - QUEUE..EVENTS).collect();
    assert!(ids.ends_with(&newest), "{ids:?}");
}

#[test]
fn or_a_slow_subscriber_is_disconnected() {
    let mut slow = Slow::new(SlowSubscriber::Disconnect);
    assert_eq!(slow.counts(), [0, 1]);
    let mut seen = Vec::new();
    if let Err(error) = slow.lazy.read_to_end(&mut seen) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    assert!(!seen.ends_with(b"0\r\n\r\n"), "cut off, not ended");
    let answer = publish(slow.server.addr(), "/topic/t", "");
    assert!(answer.contains("\"delivered\":1,"), "{answer}");
}
