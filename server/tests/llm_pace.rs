//! When what a language model says is due.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use common::{dechunk, response, send_body, server, server_with};
use weir_sse::{Decoder, Item, Stamp};

const QUESTION: &str =
    r#"{"messages":[{"role":"user","content":"how deep"}],"prompt":"how deep","stream":true}"#;

/// Asks for a stamped stream.
fn ask(addr: SocketAddr, target: &str) -> TcpStream {
    let headers = "connection: close\r\nweir-stamp: 1\r\n";
    send_body(addr, &format!("POST {target}"), headers, QUESTION)
}

/// The instants at which the events of a stamped stream were due.
fn due_ns(socket: TcpStream) -> Vec<u64> {
    let (head, wire) = response(socket);
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}\n{wire}");
    let body = dechunk(&wire);
    let (mut decoder, mut input, mut due_ns) = (Decoder::new(), body.as_bytes(), Vec::new());
    while let Some(item) = decoder.next(&mut input).unwrap() {
        if let Item::Comment(comment) = item {
            let stamp = Stamp::parse(comment).unwrap();
            assert!(stamp.sent_ns >= stamp.due_ns);
            due_ns.push(stamp.due_ns);
        }
    }
    due_ns
}

#[test]
fn what_carries_no_token_costs_no_time() {
    let server = server();
    let gaps_ms = |path: &str, options: &str| {
        let target = format!("/v1/{path}?ttft=1&itl=2&tokens=3&{options}");
        let due_ns = due_ns(ask(server.addr(), &target));
        let gaps = due_ns
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) / 1_000_000);
        gaps.collect::<Vec<u64>>()
    };
    assert_eq!(gaps_ms("chat/completions", ""), [0, 2, 2, 0, 0]);
    assert_eq!(gaps_ms("messages", "stall=1:5"), [0, 0, 0, 7, 7, 0, 0, 0]);
    assert_eq!(gaps_ms("completions", "fail_at=2"), [2, 2]);
}

#[test]
fn a_batch_advances_together_and_more_of_it_more_slowly() {
    let server = server_with(1, Duration::from_secs(5));
    let target = "/v1/completions?ttft=50&itl=5&tokens=60&max_batch=1";
    let streams: Vec<TcpStream> = (0..4).map(|_| ask(server.addr(), target)).collect();
    let due_ns: Vec<Vec<u64>> = streams.into_iter().map(due_ns).collect();
    let gaps_ns = |due_ns: &[u64]| -> Vec<u64> {
        due_ns[..60]
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .collect()
    };
    for stream in &due_ns {
        // In all but a few steps all of the four are there.
        let (gaps_ns, last_ns) = (gaps_ns(stream), stream[59]);
        assert!(gaps_ns.contains(&20_000_000), "{gaps_ns:?}");
        assert!(
            gaps_ns
                .iter()
                .all(|gap_ns| gap_ns % 5_000_000 == 0 && *gap_ns <= 20_000_000)
        );
        assert!(stream[60..].iter().all(|due_ns| *due_ns == last_ns));
    }
    let of_first: std::collections::HashSet<u64> = due_ns[0].iter().copied().collect();
    for other in &due_ns[1..] {
        assert!(
            other[..60]
                .iter()
                .filter(|due_ns| of_first.contains(due_ns))
                .count()
                > 1
        );
    }
}
