//! The relay, and what becomes of its upstream's faults.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use common::{dechunk, exchange_body, read_until, send_body, server};
use weir_server::{Config, Server};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\r\n";

fn relay_to(upstream: SocketAddr) -> Server {
    Server::start(&Config {
        upstream: Some(format!("http://{upstream}/v1/chat").parse().unwrap()),
        ..Config::default()
    })
    .unwrap()
}

/// An upstream for one request, which it gives, once `answer` has had its socket.
fn upstream(answer: impl FnOnce(TcpStream) + Send + 'static) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let served = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let request = read_until(&mut socket, "}");
        answer(socket);
        request
    });
    (addr, served)
}

const BODY: &str = r#"{"model":"m","stream":false}"#;

/// What the relay makes of an upstream.
fn relayed(upstream: SocketAddr, headers: &str) -> String {
    let server = relay_to(upstream);
    let (head, wire) = exchange_body(server.addr(), "POST /v1/relay", headers, BODY);
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}\n{wire}");
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    dechunk(&wire)
}

#[test]
fn events_come_out_as_they_went_in_whatever_pieces_they_came_in() {
    let wire = "\u{feff}event: a\r\ndata: 你\r\n\r\n:w1 1 2 3\ndata: x\ndata: y\n\n: hb\n\ndata: [DONE]\n\ndata: cut";
    let (addr, served) = upstream(move |mut socket| {
        socket.set_nodelay(true).unwrap();
        socket.write_all(HEAD.as_bytes()).unwrap();
        for byte in wire.as_bytes() {
            socket.write_all(&[*byte]).unwrap();
        }
    });
    let headers = "authorization: Bearer key\r\nweir-stamp: 1\r\ncookie: secret\r\n";
    let body = relayed(addr, headers);
    assert_eq!(
        body,
        "event: a\ndata: 你\n\n:w1 1 2 3\ndata: x\ndata: y\n\n: hb\ndata: [DONE]\n\n"
    );
    let request = served.join().unwrap();
    assert!(
        request.starts_with("POST /v1/chat HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("authorization: Bearer key\r\n"),
        "{request}"
    );
    assert!(request.contains("weir-stamp: 1\r\n"), "{request}");
    assert!(!request.contains("cookie"), "{request}");
    assert!(
        request.ends_with(r#"{"model":"m","stream":true}"#),
        "{request}"
    );
}

#[test]
fn a_refusal_becomes_an_error_event() {
    let (addr, served) = upstream(|mut socket| {
        let answer = "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 4\r\n\r\nslow";
        socket.write_all(answer.as_bytes()).unwrap();
    });
    let body = relayed(addr, "");
    served.join().unwrap();
    let expected = "event: error\ndata: {\"error\":{\"code\":\"upstream_refused\",\"message\":\"the upstream answered \
                    429 Too Many Requests: slow\",\"type\":\"upstream_error\"}}\n\n";
    assert_eq!(body, expected);
}

#[test]
fn what_goes_wrong_later_becomes_an_error_event_after_what_came() {
    let (addr, served) = upstream(|mut socket| {
        let begun = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 100\r\n\r\ndata: a\n\n";
        socket.write_all(begun.as_bytes()).unwrap();
    });
    let body = relayed(addr, "");
    served.join().unwrap();
    let rest = body.strip_prefix("data: a\n\n").unwrap();
    assert!(
        rest.starts_with("event: error\n") && rest.contains("upstream_broken"),
        "{rest}"
    );
}

#[test]
fn an_answer_that_ends_too_soon_becomes_an_error_event() {
    let (addr, served) = upstream(|mut socket| {
        socket.write_all(HEAD.as_bytes()).unwrap();
        socket.write_all(b"data: a\n\ndata: half").unwrap();
    });
    let body = relayed(addr, "");
    served.join().unwrap();
    assert!(body.starts_with("data: a\n\nevent: error\n"), "{body}");
    assert!(body.contains("upstream_incomplete"), "{body}");
}

#[test]
fn what_is_no_stream_and_nobody_there_become_error_events() {
    let (addr, served) = upstream(|mut socket| {
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi";
        socket.write_all(answer.as_bytes()).unwrap();
    });
    let body = relayed(addr, "");
    served.join().unwrap();
    assert!(
        body.contains("with text/html instead of text/event-stream"),
        "{body}"
    );
    // Its listener is gone.
    let body = relayed(addr, "");
    assert!(body.contains("upstream_unreachable"), "{body}");
}

#[test]
fn a_client_that_leaves_takes_the_upstreams_request_with_it() {
    let (addr, served) = upstream(|mut socket| {
        socket.write_all(HEAD.as_bytes()).unwrap();
        socket.write_all(b"data: a\n\n").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        // The end of the relay's connection, which is not to come before the client's.
        assert!(!matches!(socket.read(&mut [0]), Ok(1..)));
    });
    let server = relay_to(addr);
    let mut client = send_body(server.addr(), "POST /v1/relay", "", BODY);
    read_until(&mut client, "data: a\n\n\r\n");
    assert!(!served.is_finished());
    drop(client);
    served.join().unwrap();
}

#[test]
fn a_relay_needs_an_upstream_and_a_body() {
    let server = server();
    let (head, body) = exchange_body(server.addr(), "POST /v1/relay", "", "{}");
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    assert!(body.contains("--upstream http://HOST"), "{body}");
    let server = relay_to(server.addr());
    let (head, body) = exchange_body(server.addr(), "POST /v1/relay", "", "[]");
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    assert!(body.contains("the body must be a JSON object"), "{body}");
}

#[test]
fn another_weir_server_is_an_upstream() {
    let upstream = server();
    let body = r#"{"messages":[{"role":"user","content":"hi"}],"stream":true,"weir":{"ttft":5,"itl":1,"tokens":20}}"#;
    let target = "POST /v1/chat/completions";
    let (_, direct) = exchange_body(upstream.addr(), target, "", body);
    let relay = Server::start(&Config {
        upstream: Some(format!("http://{}", upstream.addr()).parse().unwrap()),
        ..Config::default()
    })
    .unwrap();
    let (_, relayed) = exchange_body(relay.addr(), "POST /v1/relay", "", body);
    let relayed = dechunk(&relayed);
    assert_eq!(relayed, dechunk(&direct));
    assert!(relayed.ends_with("data: [DONE]\n\n"), "{relayed}");

    let fails = r#"{"messages":[{"role":"user","content":"hi"}],"weir":{"ttft":5,"itl":1,"tokens":20,"fail_at":3}}"#;
    let (_, wire) = exchange_body(relay.addr(), "POST /v1/relay", "", fails);
    let relayed = dechunk(&wire);
    assert!(
        relayed.contains("server_error") && !relayed.contains("[DONE]"),
        "{relayed}"
    );

    let refused = r#"{"n":2}"#;
    let (_, wire) = exchange_body(relay.addr(), "POST /v1/relay", "", refused);
    let relayed = dechunk(&wire);
    assert!(
        relayed.contains("upstream_refused") && relayed.contains("400"),
        "{relayed}"
    );
}
