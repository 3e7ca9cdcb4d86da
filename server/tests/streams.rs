//! Streams, byte for byte as they are on the wire.

mod common;

use std::io::Write;

use common::{dechunk, exchange, read_until, send, server, server_with};
use weir_server::{Config, Recording, Server};
use weir_sse::{Decoder, Item, Stamp};

/// The body of a stream whose events do not depend on the clock.
fn body_of(target: &str, headers: &str) -> String {
    let server = server();
    let (head, wire) = exchange(server.addr(), &format!("GET {target}"), headers);
    assert!(head.starts_with("HTTP/1.1 200 OK\n"), "{head}");
    dechunk(&wire)
}

#[test]
fn the_head_of_a_stream_and_one_chunk_per_event() {
    let server = server();
    let (head, wire) = exchange(server.addr(), "GET /sse?events=3&rate=1000&size=0", "");
    assert_eq!(
        head,
        "HTTP/1.1 200 OK\n\
         access-control-allow-origin: *\n\
         content-type: text/event-stream\n\
         cache-control: no-cache\n\
         x-accel-buffering: no\n\
         connection: close\n\
         transfer-encoding: chunked"
    );
    assert_eq!(
        wire,
        "E\r\nid: 0\ndata: \n\n\r\n\
         E\r\nid: 1\ndata: \n\n\r\n\
         E\r\nid: 2\ndata: \n\n\r\n\
         0\r\n\r\n"
    );
}

#[test]
fn a_batch_is_one_chunk() {
    let server = server();
    let target = "GET /sse?events=3&rate=1000&size=0&ids=0&batch=2";
    let (_, wire) = exchange(server.addr(), target, "");
    assert_eq!(
        wire,
        "10\r\ndata: \n\ndata: \n\n\r\n8\r\ndata: \n\n\r\n0\r\n\r\n"
    );
}

#[test]
fn data_are_the_same_for_the_same_seed_whichever_server_sends_them() {
    let target = "/sse?events=2&rate=0&size=10";
    assert_eq!(
        body_of(target, ""),
        "id: 0\ndata: 8vI)p$6MU`\n\nid: 1\ndata: *p5U6?L}_\"\n\n"
    );
    assert_ne!(
        body_of(&format!("{target}&seed=1"), ""),
        body_of(target, "")
    );
}

#[test]
fn an_event_type_stands_in_each_event() {
    assert_eq!(
        body_of("/sse?events=2&rate=0&size=0&event=tick%20%E4%BD%A0", ""),
        "event: tick 你\nid: 0\ndata: \n\nevent: tick 你\nid: 1\ndata: \n\n"
    );
}

#[test]
fn retry_and_heartbeats_stand_around_the_events() {
    assert_eq!(
        body_of(
            "/sse?events=2&rate=40&ttfe=25&size=0&heartbeat=0.01&retry=1500",
            ""
        ),
        "retry: 1500\n\n:\n\n:\n\nid: 0\ndata: \n\n:\n\n:\n\n:\n\nid: 1\ndata: \n\n"
    );
}

#[test]
fn retry_does_not_wait_for_the_first_event() {
    let server = server();
    let mut socket = send(server.addr(), "GET /sse?ttfe=3600000&retry=7", "");
    let seen = read_until(&mut socket, "retry: 7\n\n\r\n");
    assert!(seen.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn the_header_or_the_query_asks_for_stamps() {
    let plain = body_of("/sse?events=4&rate=1000", "");
    for (target, headers) in [
        ("/sse?events=4&rate=1000", "weir-stamp: 1\r\n"),
        ("/sse?events=4&rate=1000&stamp=1", ""),
    ] {
        let body = body_of(target, headers);
        let (lines, events): (Vec<&str>, Vec<&str>) = body
            .split_inclusive('\n')
            .partition(|line| line.starts_with(":w1 "));
        assert_eq!(events.concat(), plain);
        assert_eq!(lines.len(), 4);
    }
    assert_eq!(
        body_of("/sse?events=4&rate=1000&stamp=0", "weir-stamp: 1\r\n"),
        plain
    );
}

#[test]
fn stamps_follow_the_schedule_and_go_on_after_a_resume() {
    let body = body_of("/sse?events=6&rate=1000&stamp=1", "Last-Event-ID: 2\r\n");
    let (mut decoder, mut input, mut stamps) = (Decoder::new(), body.as_bytes(), Vec::new());
    while let Some(item) = decoder.next(&mut input).unwrap() {
        match item {
            Item::Comment(comment) => stamps.push(Stamp::parse(comment).unwrap()),
            Item::Event(event) => assert_eq!(
                event.id_str(),
                stamps.last().expect("a stamp comes first").seq.to_string()
            ),
        }
    }
    let told: Vec<(u64, u64)> = stamps
        .iter()
        .map(|stamp| (stamp.seq, stamp.due_ns - stamps[0].due_ns))
        .collect();
    assert_eq!(told, [(3, 0), (4, 1_000_000), (5, 2_000_000)]);
    assert!(stamps.iter().all(|stamp| stamp.sent_ns >= stamp.due_ns));
}

#[test]
fn a_resumed_stream_is_the_rest_of_the_whole_one() {
    let whole = body_of("/sse?events=5&rate=0", "");
    let rest = body_of("/sse?events=5&rate=0", "Last-Event-ID: 2\r\n");
    let at = whole.find("id: 3\n").unwrap();
    assert_eq!(rest, whole[at..]);
}

#[test]
fn a_finished_stream_does_not_come_back() {
    let server = server();
    for target in ["GET /sse?events=5", "GET /api/stream?text=abc"] {
        let (head, wire) = exchange(server.addr(), target, "Last-Event-ID: 4\r\n");
        assert_eq!(
            head,
            "HTTP/1.1 204 No Content\naccess-control-allow-origin: *\nconnection: close"
        );
        assert_eq!(wire, "");
    }
}

#[test]
fn a_typewriter_types_any_character_and_resumes() {
    let target = "/api/stream?interval=0&text=%E4%BD%A0%F0%9F%91%8D%F0%9F%8F%BD%22";
    let whole = "id: 0\ndata: {\"type\":\"start\"}\n\n\
         id: 1\ndata: {\"type\":\"chunk\",\"char\":\"你\",\"index\":0,\"total\":4}\n\n\
         id: 2\ndata: {\"type\":\"chunk\",\"char\":\"👍\",\"index\":1,\"total\":4}\n\n\
         id: 3\ndata: {\"type\":\"chunk\",\"char\":\"🏽\",\"index\":2,\"total\":4}\n\n\
         id: 4\ndata: {\"type\":\"chunk\",\"char\":\"\\\"\",\"index\":3,\"total\":4}\n\n\
         id: 5\ndata: {\"type\":\"end\"}\n\n";
    assert_eq!(body_of(target, ""), whole);
    let paced = target.replace("interval=0", "interval=0.5");
    assert_eq!(body_of(&paced, ""), whole);
    assert_eq!(
        body_of(target, "Last-Event-ID: 4\r\n"),
        "id: 5\ndata: {\"type\":\"end\"}\n\n"
    );
}

#[test]
fn a_typewriter_that_fails_goes_on_where_it_failed() {
    let target = "/api/stream?interval=0&text=abcd&fail_at=2";
    let failed = body_of(target, "");
    let last = "data: {\"type\":\"error\",\"message\":\"failed, as fail_at asks for; come back for the rest\"}\n\n";
    let begun = failed.strip_suffix(last).unwrap();
    let mut decoder = Decoder::new();
    let mut input = failed.as_bytes();
    while decoder.next(&mut input).unwrap().is_some() {}
    let last_event_id = std::str::from_utf8(decoder.last_event_id()).unwrap();
    let rest = body_of(target, &format!("Last-Event-ID: {last_event_id}\r\n"));
    let whole = body_of("/api/stream?interval=0&text=abcd", "");
    assert_eq!(begun.to_owned() + &rest, whole);
}

#[test]
fn a_connection_serves_one_stream_after_the_other() {
    let server = server();
    let mut socket = send(server.addr(), "GET /sse?events=1&size=0", "");
    read_until(&mut socket, "E\r\nid: 0\ndata: \n\n\r\n0\r\n\r\n");
    socket
        .write_all(b"GET /sse?events=2&size=0&rate=0 HTTP/1.1\r\nhost: test\r\n\r\n")
        .unwrap();
    read_until(&mut socket, "E\r\nid: 1\ndata: \n\n\r\n0\r\n\r\n");
    assert_eq!(server.shutdown().streams, 2);
}

#[test]
fn an_http_1_0_client_gets_the_events_without_chunks() {
    use std::io::Read;

    let server = server();
    let mut socket = std::net::TcpStream::connect(server.addr()).unwrap();
    socket
        .write_all(b"GET /sse?events=2&rate=0&size=0 HTTP/1.0\r\n\r\n")
        .unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).unwrap();
    assert!(
        response.ends_with("\r\n\r\nid: 0\ndata: \n\nid: 1\ndata: \n\n"),
        "{response}"
    );
}

#[test]
fn who_does_not_read_holds_back_nobody_else() {
    let server = server_with(1, std::time::Duration::from_millis(50));
    let idle = send(server.addr(), "GET /sse?rate=0&size=60000", "");
    let (_, wire) = exchange(
        server.addr(),
        "GET /sse?events=5000&rate=0&size=1000&ids=0",
        "",
    );
    assert_eq!(dechunk(&wire).len(), 5_000 * 1_008);
    let counters = server.shutdown();
    drop(idle);
    assert_eq!(counters.streams, 2);
    // What the kernel takes for a reader that does not read: its send and receive buffers grow to 4 and 6 MiB by
    // default.
    assert!(counters.bytes < 32 * 1024 * 1024, "{counters:?}");
}

#[test]
fn channels_share_a_stream_and_are_resumed_together() {
    let body = body_of(
        "/api/channels/a,b?events=5&rate=0&size=0",
        "Last-Event-ID: 2\r\n",
    );
    assert_eq!(
        body,
        "event: b\nid: 3\ndata: {\"channel\":\"b\",\"index\":1,\"text\":\"\"}\n\n\
         event: a\nid: 4\ndata: {\"channel\":\"a\",\"index\":2,\"text\":\"\"}\n\n"
    );
    let server = server();
    let (head, body) = exchange(server.addr(), "GET /api/channels/a,a", "");
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    assert!(body.contains("1 to 100 different ones"), "{body}");
}

#[test]
fn a_recorded_stream_is_sent_again() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"event: tick\ndata: 1\n\ndata: 2\n\ndata: 3\n\n")
        .unwrap();
    let server = Server::start(&Config {
        scenario: Some(Recording::read(file.path()).unwrap()),
        ..Config::default()
    })
    .unwrap();
    let (_, wire) = exchange(server.addr(), "GET /scenario?rate=1000", "");
    assert_eq!(
        dechunk(&wire),
        "event: tick\nid: 0\ndata: 1\n\nid: 1\ndata: 2\n\nid: 2\ndata: 3\n\n"
    );
    let headers = "Last-Event-ID: 1\r\n";
    let (_, wire) = exchange(server.addr(), "GET /scenario?rate=1000", headers);
    assert_eq!(dechunk(&wire), "id: 2\ndata: 3\n\n");

    let without = common::server();
    let (head, body) = exchange(without.addr(), "GET /scenario", "");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    assert!(body.contains("--scenario FILE"), "{body}");
}
