//! What goes wrong because it is asked for, byte for byte as it is on the wire.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::Read;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use common::{dechunk, events, exchange, read_until, send, server};
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
