//! What goes wrong because it is asked for, byte for byte as it is on the wire.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::Read;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use common::{
    dechunk, event, events, exchange, exchange_body, read_until, send, send_body, server,
};
use weir_server::{Config, Limits, Server};
use weir_sse::{Decoder, Item, Stamp};

/// The stream of four such events, as fast as they are read.
fn target(fault: &str) -> String {
    format!("GET /sse?events=4&rate=0&size=0&fault={fault}")
}

fn body_of(fault: &str) -> String {
    let (head, wire) = exchange(server().addr(), &target(fault), "");
    assert!(head.starts_with("HTTP/1.1 200 OK\n"), "{head}");
    dechunk(&wire)
}

/// The chunks of a body, each as it is on the wire.
fn chunks(mut wire: &[u8]) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    loop {
        let at = wire.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&wire[..at]).unwrap(), 16).unwrap();
        let (chunk, rest) = wire[at + 2..].split_at(size);
        wire = rest.strip_prefix(b"\r\n").unwrap();
        if size == 0 {
            return chunks;
        }
        chunks.push(chunk.to_vec());
    }
}

/// The chunks of the response to `target`, which need not be text each.
fn chunks_of(addr: SocketAddr, target: &str) -> Vec<Vec<u8>> {
    let mut socket = send(addr, target, "connection: close\r\n");
    let mut response = Vec::new();
    socket.read_to_end(&mut response).unwrap();
    let end = response.windows(4).position(|four| four == b"\r\n\r\n");
    chunks(&response[end.unwrap() + 4..])
}

/// Id and data of each event, and the stamps.
fn decoded(pieces: &[Vec<u8>]) -> (Vec<(String, String)>, Vec<Stamp>) {
    let mut decoder = Decoder::new();
    let (mut events, mut stamps) = (Vec::new(), Vec::new());
    for piece in pieces {
        let mut input = piece.as_slice();
        while let Some(item) = decoder.next(&mut input).unwrap() {
            match item {
                Item::Comment(comment) => stamps.push(Stamp::parse(comment).unwrap()),
                Item::Event(event) => {
                    events.push((event.id_str().into_owned(), event.data_str().into_owned()));
                }
            }
        }
    }
    (events, stamps)
}

#[test]
fn a_refused_stream_is_an_error_that_may_say_when_to_come_back() {
    let server = server();
    let (head, body) = exchange(server.addr(), &target("refuse:503:7"), "");
    assert_eq!(
        head,
        "HTTP/1.1 503 Service Unavailable\n\
         access-control-allow-origin: *\n\
         content-type: application/json\n\
         retry-after: 7\n\
         connection: close\n\
         content-length: 91"
    );
    assert_eq!(
        body,
        r#"{"error":{"code":"refused","message":"refused with 503, as a fault asks for","param":null}}"#
    );
    let (head, _) = exchange(server.addr(), &target("refuse:404"), "");
    assert!(head.starts_with("HTTP/1.1 404 Not Found\n") && !head.contains("retry-after"));
    let (head, body) = exchange(server.addr(), &target("refuse:529"), "");
    assert!(head.starts_with("HTTP/1.1 529 "), "{head}");
    assert!(body.contains("\"refused with 529, as"), "{body}");
    assert_eq!(server.shutdown().streams, 0);
}

#[test]
fn a_delayed_head_comes_no_sooner() {
    let server = server();
    let start = Instant::now();
    let (head, wire) = exchange(server.addr(), &target("head-delay:80"), "");
    assert!(start.elapsed() >= Duration::from_millis(80));
    assert!(head.starts_with("HTTP/1.1 200 OK\n"));
    assert_eq!(dechunk(&wire), events(&[0, 1, 2, 3]));
}

/// All that comes of `target`, once its head or, when that is delayed, its request is there and the server ends.
fn drained(target: &str) -> String {
    let server = common::server_with(1, Duration::from_secs(60));
    let mut socket = send(server.addr(), target, "");
    if target.contains("head-delay") {
        // The server has to have read it before it drains.
        std::thread::sleep(Duration::from_millis(50));
    } else {
        read_until(&mut socket, "\r\n\r\n");
    }
    let reader = std::thread::spawn(move || {
        let mut rest = String::new();
        socket.read_to_string(&mut rest).unwrap();
        rest
    });
    server.shutdown();
    reader.join().unwrap()
}

#[test]
fn a_drain_does_not_wait_for_delays_and_tells_when_to_come_back() {
    for fault in [
        "head-delay:3600000",
        "first-delay:3600000",
        "stall:1:3600000",
        "stall:0:3600000,stall:0:3600000",
        "hold:3600000",
        "drop:100",
        "swap:100",
        "end:100",
        "cut:100:rst",
        "split:utf8",
    ] {
        let rest = drained(&format!("GET /sse?size=0&fault={fault}"));
        let farewell = "retry: 1000\n\n\r\n0\r\n\r\n";
        assert!(rest.ends_with(farewell), "{fault}: {rest}");
    }
    let rest = drained("GET /sse?size=0&fault=split:byte");
    assert!(rest.ends_with("1\r\n\n\r\n1\r\n\n\r\n0\r\n\r\n"), "{rest}");
}

#[test]
fn every_stream_with_faults_tells_when_to_come_back() {
    for target in [
        "GET /topic/a?rate=100&fault=drop:100000",
        "GET /api/monitor?interval=100&fault=drop:100000",
        "GET /api/stream?interval=1000&fault=hold:3600000",
    ] {
        let rest = drained(target);
        assert!(rest.contains("retry: 1000\n\n"), "{target}: {rest}");
        assert!(rest.ends_with("\r\n0\r\n\r\n"), "{target}: {rest}");
    }
}

#[test]
fn a_drain_lets_out_a_full_hold() {
    let server = common::server_with(1, Duration::from_secs(60));
    let target = "GET /sse?rate=0&size=1000&fault=hold:3600000";
    let mut socket = send(server.addr(), target, "");
    read_until(&mut socket, "\r\n\r\n");
    // For it to fill; before that the drain finds less of it, and lets that out.
    std::thread::sleep(Duration::from_millis(200));
    let reader = std::thread::spawn(move || {
        let mut rest = String::new();
        socket.read_to_string(&mut rest).unwrap();
        rest
    });
    server.shutdown();
    let body = dechunk(&reader.join().unwrap());
    assert!(
        body.starts_with("id: 0\n") && body.len() > 1_000_000,
        "{}",
        body.len()
    );
    assert!(body.ends_with("\n\nretry: 1000\n\n"));
}

#[test]
fn only_the_body_waits_for_a_first_delay() {
    let server = server();
    let mut socket = send(
        server.addr(),
        "GET /sse?retry=7&fault=first-delay:3600000",
        "",
    );
    assert!(read_until(&mut socket, "\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
    let start = Instant::now();
    let (_, wire) = exchange(server.addr(), &target("first-delay:80"), "");
    assert!(start.elapsed() >= Duration::from_millis(80));
    assert_eq!(dechunk(&wire), events(&[0, 1, 2, 3]));
}

#[test]
fn a_stall_holds_back_its_event_and_what_follows_but_nothing_before_it() {
    let server = server();
    let endless = format!("{}{}", target("stall:2:3600000"), "&retry=7");
    let mut socket = send(server.addr(), &endless, "");
    read_until(&mut socket, "E\r\nid: 1\ndata: \n\n\r\n");

    let start = Instant::now();
    let stamped = format!("{}&stamp=1", target("stall:2:80"));
    let (events, stamps) = decoded(&chunks_of(server.addr(), &stamped));
    assert!(start.elapsed() >= Duration::from_millis(80));
    assert_eq!(events.len(), 4);
    // The event that stalls had been sent by then, those behind it had not.
    assert!(stamps[3].sent_ns >= stamps[2].sent_ns + 80_000_000);
}

#[test]
fn a_stream_ends_before_its_time() {
    assert_eq!(body_of("end:2"), events(&[0, 1]));
    assert_eq!(body_of("end:0"), "");
    assert_eq!(body_of("end:4"), events(&[0, 1, 2, 3]));
}

#[test]
fn a_response_says_that_it_is_something_else() {
    let server = server();
    for (fault, content_type) in [
        ("content-type", "text/plain"),
        (
            "content-type:text/html;%20charset=x",
            "text/html; charset=x",
        ),
    ] {
        let (head, wire) = exchange(server.addr(), &target(fault), "");
        assert!(
            head.contains(&format!("\ncontent-type: {content_type}\n")),
            "{head}"
        );
        assert_eq!(dechunk(&wire), events(&[0, 1, 2, 3]));
    }
}

#[test]
fn a_head_is_that_of_the_stream() {
    let server = server_with_streams(1);
    let head_of = |fault: &str| {
        let target = target(fault).replace("GET", "HEAD");
        let (head, body) = exchange(server.addr(), &target, "");
        assert_eq!(body, "");
        head
    };
    let head = head_of("refuse:503:7");
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert!(head.contains("\nretry-after: 7\n"), "{head}");
    let head = head_of("content-type");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.contains("\ncontent-type: text/plain\n"), "{head}");

    let mut open = send(server.addr(), "GET /sse", "");
    read_until(&mut open, "\r\n\r\n");
    let head = head_of("none");
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert_eq!(server.shutdown().streams, 1);
}

/// A server that has room for so many.
fn server_with_streams(streams: usize) -> Server {
    Server::start(&Config {
        limits: Limits {
            streams,
            ..Limits::default()
        },
        ..Config::default()
    })
    .unwrap()
}

#[test]
fn events_come_twice_or_not_or_swapped() {
    assert_eq!(body_of("drop:1"), events(&[0, 2, 3]));
    assert_eq!(body_of("duplicate:0,drop:3"), events(&[0, 0, 1, 2]));
    assert_eq!(body_of("swap:1"), events(&[0, 2, 1, 3]));
    assert_eq!(body_of("swap:3"), events(&[0, 1, 2, 3]));
    let server = server();
    let batch = "GET /sse?events=4&rate=0&size=0&batch=4&fault=swap:0,drop:3";
    let chunks = chunks_of(server.addr(), batch);
    assert_eq!(chunks, [events(&[1, 0, 2]).into_bytes()], "one write");
}

#[test]
fn a_malformed_event_stands_in_the_place_of_another() {
    let server = server();
    let chunks = chunks_of(server.addr(), &target("malformed:1"));
    let (events, _) = decoded(&chunks);
    let ids: Vec<&str> = events.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["0", "0", "2", "3"], "the id with NUL is ignored");
    assert_eq!(
        chunks[1],
        b"unknown: field\ncolonless\nid: \0\nretry: x\nevent: \xff\ndata: \xc3(\xf0\x9f\n\n"
    );
}

#[test]
fn writes_are_split_and_events_stay_the_same() {
    let server = server();
    let target = |fault: &str| {
        format!("GET /api/stream?interval=0&text=%E4%BD%A0%F0%9F%91%8D%C3%A4&fault={fault}")
    };
    let whole = chunks_of(server.addr(), &target("none"));
    let (events, _) = decoded(&whole);
    assert_eq!(events.len(), 5);
    for fault in [
        "split:byte",
        "split:crlf",
        "split:utf8",
        "split:utf8,split:crlf",
    ] {
        assert_eq!(
            decoded(&chunks_of(server.addr(), &target(fault))).0,
            events,
            "{fault}"
        );
    }
    let bytes = chunks_of(server.addr(), &target("split:byte"));
    assert!(bytes.iter().all(|chunk| chunk.len() == 1));
    assert_eq!(bytes.concat(), whole.concat());

    let crlf = chunks_of(server.addr(), &target("split:crlf"));
    let text = String::from_utf8(crlf.concat()).unwrap();
    assert_eq!(
        text,
        String::from_utf8(whole.concat())
            .unwrap()
            .replace('\n', "\r\n")
    );
    let line_ends = text.matches("\r\n").count();
    let inside = crlf
        .windows(2)
        .filter(|pair| pair[0].ends_with(b"\r") && pair[1].starts_with(b"\n"));
    assert_eq!(inside.count(), line_ends);

    let utf8 = chunks_of(server.addr(), &target("split:utf8"));
    assert_eq!(utf8.concat(), whole.concat());
    let broken = utf8
        .iter()
        .filter(|chunk| std::str::from_utf8(chunk).is_err());
    assert_eq!(broken.count(), 2 * 3, "both parts of each character");
}

#[test]
fn what_is_held_comes_at_once() {
    let server = server();
    let paced = "GET /sse?events=20&rate=2000&size=0&heartbeat=0.005&retry=5";
    let held = chunks_of(server.addr(), &format!("{paced}&fault=hold:3600000"));
    let whole = chunks_of(server.addr(), paced);
    assert_eq!(held, [whole.concat()], "an end lets it out");

    let start = Instant::now();
    let paced = "GET /sse?events=40&rate=200&size=0&fault=hold:30";
    let held = chunks_of(server.addr(), paced);
    // One at the stream's end, which no period has to pass for.
    let periods = u32::try_from(held.len() - 1).unwrap();
    assert!(start.elapsed() >= periods * Duration::from_millis(30));
    assert!(held.len() < 40, "several in one");
    assert_eq!(decoded(&held).0.len(), 40);

    // What is as fast as it is read is not held without limit.
    let unpaced = "GET /sse?events=4000&rate=0&size=1000&fault=hold:30";
    let largest = chunks_of(server.addr(), unpaced).iter().map(Vec::len).max();
    assert!(
        largest.is_some_and(|bytes| bytes < 1_100_000),
        "{largest:?}"
    );
}

#[test]
fn every_stream_may_have_faults() {
    let server = server();
    for target in [
        "GET /api/stream?fault=refuse:418",
        "GET /api/chat/a?fault=refuse:418",
        "GET /api/notifications/a?fault=refuse:418",
        "GET /topic/a?fault=refuse:418",
        "GET /api/monitor?fault=refuse:418",
        "GET /api/channels/a,b?fault=refuse:418",
    ] {
        let (head, _) = exchange(server.addr(), target, "");
        assert!(head.starts_with("HTTP/1.1 418 "), "{target}: {head}");
    }
    let completion =
        "{\"stream\":true,\"model\":\"weir\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}";
    let post = format!(
        "content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{completion}",
        completion.len()
    );
    let target = "POST /v1/chat/completions?fault=cut:1:fin";
    let mut completion = send(server.addr(), target, &post);
    let mut seen = String::new();
    completion.read_to_string(&mut seen).unwrap();
    assert_eq!(seen.matches("data: ").count(), 1, "{seen}");
    let mut topic = send(
        server.addr(),
        "GET /topic/a?rate=100&size=0&fault=drop:0,end:2",
        "",
    );
    let seen = read_until(&mut topic, "0\r\n\r\n");
    assert_eq!(seen.matches("data: ").count(), 1, "{seen}");
}

#[test]
fn what_is_no_stream_has_no_faults() {
    let server = server();
    for target in [
        "POST /topic/a",
        "POST /api/chat/a/message",
        "POST /api/notifications/a",
        "POST /api/notifications",
        "GET /v1/models",
        "GET /metrics",
        "GET /healthz",
        "GET /",
    ] {
        let (head, body) = exchange(server.addr(), &format!("{target}?fault=drop:1"), "");
        assert!(head.starts_with("HTTP/1.1 400 "), "{target}: {head}");
        assert_eq!(
            body,
            r#"{"error":{"code":"unknown_parameter","message":"there is no parameter \"fault\" here, only streams have it","param":"fault"}}"#
        );
    }
}

const CHAT: &str = "POST /v1/chat/completions?itl=0&tokens=2";
const QUESTION: &str = r#"{"messages":[{"role":"user","content":"a"}]}"#;

#[test]
fn an_answer_that_is_not_streamed_has_the_faults_of_heads() {
    let server = server();
    let asked = |fault: &str| {
        let target = format!("{CHAT}&ttft=0&fault={fault}");
        exchange_body(server.addr(), &target, "", QUESTION)
    };
    let (head, _) = asked("refuse:503:7");
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert!(head.contains("\nretry-after: 7\n"), "{head}");
    let (head, body) = asked("content-type:text/html");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.contains("\ncontent-type: text/html\n"), "{head}");
    assert!(body.starts_with("{\"id\":"), "{body}");
    for fault in [
        "drop:0",
        "content-type,cut:0:rst@0",
        "hold:1",
        "first-delay:1",
    ] {
        let (head, body) = asked(fault);
        assert!(head.starts_with("HTTP/1.1 400 "), "{fault}: {head}");
        assert!(body.contains("need a stream"), "{body}");
    }
    let everywhere = Server::start(&Config {
        faults: "drop:0".parse().unwrap(),
        ..Config::default()
    })
    .unwrap();
    let (head, _) = exchange_body(everywhere.addr(), &format!("{CHAT}&ttft=0"), "", QUESTION);
    assert!(head.starts_with("HTTP/1.1 200 "), "it did not ask: {head}");
}

#[test]
fn an_answer_that_is_waited_for_takes_the_room_of_a_stream() {
    let server = server_with_streams(1);
    let waiting = format!("{CHAT}&ttft=3600000");
    let mut first = send_body(
        server.addr(),
        &waiting,
        "expect: 100-continue\r\n",
        QUESTION,
    );
    read_until(&mut first, "HTTP/1.1 100 Continue\r\n\r\n");
    // It is being read, and has its room at once after that.
    let deadline = Instant::now() + Duration::from_secs(10);
    while !exchange(server.addr(), "HEAD /sse", "")
        .0
        .starts_with("HTTP/1.1 503 ")
    {
        assert!(Instant::now() < deadline);
    }
    let (head, _) = exchange_body(server.addr(), &waiting, "", QUESTION);
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    drop(first);
    while !exchange(server.addr(), "HEAD /sse", "")
        .0
        .starts_with("HTTP/1.1 200 ")
    {
        assert!(Instant::now() < deadline);
    }
}

#[test]
fn a_bad_fault_is_named_and_told_what_it_may_be() {
    let server = server();
    let (head, body) = exchange(server.addr(), &target("end:1,cut:2:off"), "");
    assert!(head.starts_with("HTTP/1.1 400 Bad Request\n"));
    assert_eq!(
        body,
        r#"{"error":{"code":"invalid_parameter","message":"the fault \"cut:2:off\" must be cut:<k>:fin|rst|half with an event from 0 to 1000000000000","param":"fault"}}"#
    );
    let (head, body) = exchange(server.addr(), "GET /sse?rate=x&fault=refuse:503", "");
    assert!(
        head.starts_with("HTTP/1.1 400 "),
        "a bad request is not hidden: {body}"
    );
}

/// Which of so many streams one after the other end before their time.
fn ended_early(faults: &str, fault_seed: u64, query: &str) -> Vec<bool> {
    let server = Server::start(&Config {
        threads: 2,
        faults: faults.parse().unwrap(),
        fault_seed,
        ..Config::default()
    })
    .unwrap();
    let target = format!("GET /sse?events=2&rate=0&size=0&{query}");
    let stream = |_| dechunk(&exchange(server.addr(), &target, "").1) == event(0);
    (0..24).map(stream).collect()
}

#[test]
fn a_fresh_server_repeats_what_was_left_to_chance() {
    let half = ended_early("end:1@0.5", 3, "");
    assert!(half.contains(&true) && half.contains(&false));
    assert_eq!(ended_early("end:1@0.5", 3, ""), half);
    assert_ne!(ended_early("end:1@0.5", 4, ""), half);
    assert_eq!(ended_early("none", 4, "fault=end:1@0.5&seed=3"), half);
    assert_eq!(ended_early("end:1", 0, "fault=none"), [false; 24]);
    assert_eq!(ended_early("end:1", 0, ""), [true; 24]);
}
