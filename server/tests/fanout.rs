//! What is published reaches all who listen: topics, rooms, notifications.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use common::{exchange, exchange_body, metric, publish, read_until, send, server, subscribe};
use weir_server::{Config, Fanout, Server};
use weir_sse::{Decoder, Item, Stamp};

fn post(addr: SocketAddr, target: &str, body: &str) -> (String, String) {
    exchange_body(addr, &format!("POST {target}"), "", body)
}

#[test]
fn every_subscriber_of_a_topic_gets_what_is_posted_and_nobody_else() {
    let server = server();
    let addr = server.addr();
    // More than there are cores, so that some are on each.
    let mut subscribers: Vec<TcpStream> =
        (0..12).map(|_| subscribe(addr, "/topic/a", "")).collect();
    let mut other = subscribe(addr, "/topic/b", "");
    assert_eq!(
        publish(addr, "/topic/a", "one\ntwo"),
        r#"{"success":true,"delivered":12,"id":"0"}"#
    );
    assert_eq!(
        publish(addr, "/topic/a?event=tick", ""),
        r#"{"success":true,"delivered":12,"id":"1"}"#
    );
    for subscriber in &mut subscribers {
        let seen = read_until(subscriber, "event: tick\nid: 1\ndata: \n\n\r\n");
        assert!(
            seen.starts_with("1B\r\nid: 0\ndata: one\ndata: two\n\n\r\n"),
            "{seen}"
        );
    }
    publish(addr, "/topic/b", "for b");
    read_until(&mut other, "id: 0\ndata: for b\n\n\r\n");
    drop(subscribers);
    assert_eq!(server.shutdown().events, 25);
}

#[test]
fn who_comes_back_gets_what_it_missed_and_then_what_is_new() {
    let server = server();
    let addr = server.addr();
    for text in ["a", "b", "c", "d"] {
        publish(addr, "/topic/t", text);
    }
    let mut back = subscribe(addr, "/topic/t", "last-event-id: 1\r\n");
    let mut new = subscribe(addr, "/topic/t", "");
    // From before a restart: nothing that is kept was there then.
    let mut foreign = subscribe(addr, "/topic/t", "last-event-id: 9\r\n");
    publish(addr, "/topic/t", "e");
    let events = |socket: &mut TcpStream| {
        let seen = read_until(socket, "data: e\n\n\r\n");
        let data = seen.lines().filter_map(|line| line.strip_prefix("data: "));
        data.collect::<String>()
    };
    assert_eq!(events(&mut back), "cde");
    assert_eq!(events(&mut new), "e");
    assert_eq!(events(&mut foreign), "abcde");
}

#[test]
fn what_was_missed_is_due_when_its_subscriber_comes_back() {
    let server = server();
    let addr = server.addr();
    for text in ["a", "b"] {
        publish(addr, "/topic/t", text);
    }
    std::thread::sleep(Duration::from_millis(50));
    let before_ns = weir_time::Clock::new().now_ns();
    let mut back = subscribe(addr, "/topic/t?stamp=1", "last-event-id: 0\r\n");
    publish(addr, "/topic/t", "c");
    let seen = stamps(&read_until(&mut back, "data: c\n\n\r\n"));
    assert!(seen[0].seq == 1 && seen[1].seq == 2, "{seen:?}");
    assert!(
        before_ns <= seen[0].due_ns && seen[0].due_ns < seen[1].due_ns,
        "{seen:?}"
    );
    let lag_s = metric(addr, "weir_server_lag_seconds_sum");
    let late_ns = seen.iter().map(|stamp| stamp.sent_ns - stamp.due_ns);
    assert!(
        (lag_s - late_ns.sum::<u64>() as f64 / 1e9).abs() < 1e-6,
        "{lag_s} s, {seen:?}"
    );
}

#[test]
fn only_the_last_of_a_topic_is_kept() {
    let server = Server::start(&Config {
        fanout: Fanout {
            history: 2,
            ..Fanout::default()
        },
        ..Config::default()
    })
    .unwrap();
    for text in ["a", "b", "c", "d"] {
        publish(server.addr(), "/topic/t", text);
    }
    let mut back = subscribe(server.addr(), "/topic/t", "last-event-id: 0\r\n");
    let seen = read_until(&mut back, "data: d\n\n\r\n");
    assert!(
        seen.contains("data: c") && !seen.contains("data: b"),
        "{seen}"
    );
}

#[test]
fn a_ticker_publishes_the_same_events_to_all() {
    let server = server();
    let target = "/topic/ticks?rate=200&size=10&stamp=1";
    let mut sockets: Vec<TcpStream> = (0..4)
        .map(|_| subscribe(server.addr(), target, ""))
        .collect();
    let mut seen = Vec::new();
    for socket in &mut sockets {
        let wire = read_until(socket, "id: 60\n");
        let wire: String = wire.split_inclusive("\r\n").collect();
        seen.push(stamps(&wire));
    }
    assert!(
        seen.iter()
            .all(|stamps| (0..).zip(stamps).all(|(seq, stamp)| stamp.seq == seq))
    );
    let common_ns = seen.iter().map(|stamps| stamps[0].due_ns).max().unwrap();
    let dues: Vec<Vec<u64>> = seen
        .iter()
        .map(|stamps| {
            let due_ns = stamps.iter().map(|stamp| stamp.due_ns);
            due_ns.filter(|due_ns| *due_ns >= common_ns).collect()
        })
        .collect();
    assert!(dues.iter().all(|due| *due == dues[0]));
    assert!(dues[0].windows(2).all(|two| two[1] - two[0] == 5_000_000));
    assert!(
        seen.iter()
            .flatten()
            .all(|stamp| stamp.sent_ns >= stamp.due_ns)
    );

    for (asked, param) in [
        ("rate=100", "rate"),
        ("rate=200&size=11", "size"),
        ("rate=200", "size"),
    ] {
        let target = format!("GET /topic/ticks?{asked}");
        let (head, body) = exchange(server.addr(), &target, "");
        assert!(head.starts_with("HTTP/1.1 400"), "{head}");
        assert!(
            body.contains("ticks has 200 events/s of 10 bytes"),
            "{body}"
        );
        assert!(body.contains(&format!(r#""param":"{param}""#)), "{body}");
    }
}

#[test]
fn a_ticker_ends_with_its_last_subscriber_long_before_its_next_event() {
    let server = server();
    let slow = "/topic/t?rate=0.001";
    let first = subscribe(server.addr(), slow, "");
    let last = subscribe(server.addr(), slow, "");
    drop(first);
    drop(last);
    // The server has yet to see them leave.
    let deadline = Instant::now() + Duration::from_secs(10);
    let quick = "GET /topic/t?rate=200";
    let mut socket = loop {
        let mut socket = send(server.addr(), quick, "");
        if read_until(&mut socket, "\r\n\r\n").starts_with("HTTP/1.1 200") {
            break socket;
        }
        assert!(Instant::now() < deadline, "the topic keeps its rate");
        std::thread::sleep(Duration::from_millis(5));
    };
    read_until(&mut socket, "id: 1\n");
}

fn stamps(wire: &str) -> Vec<Stamp> {
    let body: String = wire
        .lines()
        .filter(|line| line.is_empty() || line.contains(':'))
        .flat_map(|line| [line, "\n"])
        .collect();
    let (mut decoder, mut input, mut stamps) = (Decoder::new(), body.as_bytes(), Vec::new());
    while let Some(item) = decoder.next(&mut input).unwrap() {
        if let Item::Comment(comment) = item {
            stamps.push(Stamp::parse(comment).unwrap());
        }
    }
    stamps
}

#[test]
fn a_room_hears_what_is_said_in_it() {
    let server = server();
    let mut here = subscribe(server.addr(), "/api/chat/a%20b", "");
    let mut elsewhere = subscribe(server.addr(), "/api/chat/c", "");
    let said = r#"{"user":"ann","message":"h\ni 你"}"#;
    assert_eq!(
        publish(server.addr(), "/api/chat/a%20b/message", said),
        r#"{"success":true,"delivered":1,"id":"0"}"#
    );
    let seen = read_until(&mut here, "\n\n\r\n");
    let data = seen.split_once("id: 0\ndata: ").unwrap().1;
    let heard: serde_json::Value = serde_json::from_str(data.trim_end()).unwrap();
    assert_eq!(heard["user"], "ann");
    assert_eq!(heard["message"], "h\ni 你");
    assert_eq!(heard["room"], "a b");
    assert!(heard["time_ms"].as_u64().unwrap() > 1_700_000_000_000);
    publish(server.addr(), "/api/chat/c/message", "{}");
    assert!(read_until(&mut elsewhere, "\n\n\r\n").contains("id: 0\n"));
}

#[test]
fn notifications_go_to_one_or_to_all() {
    let server = server();
    let addr = server.addr();
    let [mut ann, mut bob] =
        ["ann", "bob"].map(|user| subscribe(addr, &format!("/api/notifications/{user}"), ""));
    let to_ann = publish(addr, "/api/notifications/ann", r#"{"title":"for ann"}"#);
    assert_eq!(to_ann, r#"{"success":true,"delivered":1,"id":"0"}"#);
    let to_all = publish(addr, "/api/notifications", r#"{"title":"for all"}"#);
    assert_eq!(to_all, r#"{"success":true,"delivered":2}"#);
    let seen = read_until(&mut ann, "for all\"}\n\n\r\n");
    assert!(seen.contains("for ann"), "{seen}");
    let seen = read_until(&mut bob, "for all\"}\n\n\r\n");
    assert!(!seen.contains("for ann"), "{seen}");
    // Not here when it came, and back for it.
    publish(addr, "/api/notifications/cy", r#"{"title":"for cy"}"#);
    publish(addr, "/api/notifications/cy", r#"{"title":"again"}"#);
    let mut cy = subscribe(addr, "/api/notifications/cy", "last-event-id: 0\r\n");
    assert!(read_until(&mut cy, "\n\n\r\n").contains("again"));
}

#[test]
fn a_quiet_stream_has_heartbeats() {
    let server = server();
    let target = "/api/chat/quiet?heartbeat=0.01&retry=250";
    let mut socket = subscribe(server.addr(), target, "");
    let seen = read_until(&mut socket, ":\n\n\r\n");
    assert_eq!(seen, "C\r\nretry: 250\n\n\r\n3\r\n:\n\n\r\n");
}

#[test]
fn bad_publications_are_told_what_is_wrong() {
    let server = server();
    let addr = server.addr();
    for (target, body, expected) in [
        (
            "/api/chat/r/message",
            "hi",
            "the body must be a JSON object",
        ),
        (
            "/api/chat/r/message",
            "[1]",
            "the body must be a JSON object",
        ),
        ("/api/notifications/u", "", "the body must be a JSON object"),
        ("/topic/t?event=a%0Ab", "x", "event must be an event type"),
        ("/topic/t?rate=3", "x", "there is no parameter"),
    ] {
        let (head, answer) = post(addr, target, body);
        assert!(head.starts_with("HTTP/1.1 400"), "{target}: {head}");
        assert!(answer.contains(expected), "{target}: {answer}");
    }
    for target in ["/topic/t?size=3", "/topic/t?size=3&rate=0"] {
        let (head, answer) = exchange(addr, &format!("GET {target}"), "");
        assert!(head.starts_with("HTTP/1.1 400"), "{head}");
        assert!(
            answer.contains("size must be absent without a rate"),
            "{answer}"
        );
    }
    let long = "n".repeat(101);
    for name in [&long, "a%0Ab", "%1B[31m", "%7F", "%C2%85"] {
        let (head, answer) = exchange(addr, &format!("GET /api/chat/{name}"), "");
        assert!(head.starts_with("HTTP/1.1 400"), "{head}");
        assert!(answer.contains("a text of 1 to 100 characters"), "{answer}");
    }
    let (head, _) = post(addr, "/api/notifications/a%0D", "{}");
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    let (head, _) = exchange(addr, "DELETE /topic/t", "");
    assert!(head.starts_with("HTTP/1.1 405"), "{head}");
    assert!(head.contains("allow: GET, HEAD, POST, OPTIONS"), "{head}");
}
