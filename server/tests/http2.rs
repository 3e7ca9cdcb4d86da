//! HTTP/2 on the port of HTTP/1.1.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use common::h2::{connect, get, next, rest, run};
use common::{dechunk, exchange, server, server_with};
use http::StatusCode;
use weir_server::{Config, Limits, Server};

#[test]
fn the_same_stream_comes_over_either_version() {
    let server = server();
    let path = "/sse?rate=1000&events=20&batch=3&retry=5";
    let (_, wire) = exchange(server.addr(), &format!("GET {path}"), "");
    let (status, headers, body) = run(async {
        let mut client = connect(server.addr()).await;
        let (status, headers, mut body) = get(&mut client, path, &[]).await;
        (status, headers, rest(&mut body).await)
    });
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "text/event-stream");
    assert_eq!(String::from_utf8(body).unwrap(), dechunk(&wire));
    assert_eq!(server.shutdown().events, 40);
}

#[test]
fn events_come_one_a_frame_when_they_are_due_and_as_fast_as_they_are_read() {
    let server = server();
    for rate in ["1000", "0"] {
        run(async {
            let mut client = connect(server.addr()).await;
            let path = format!("/sse?rate={rate}&events=50&size=10");
            let (_, _, mut body) = get(&mut client, &path, &[]).await;
            for number in 0..50 {
                let event = next(&mut body).await.unwrap();
                assert!(event.starts_with(format!("id: {number}\n").as_bytes()));
            }
            assert_eq!(next(&mut body).await, None);
        });
    }
}

#[test]
fn short_answers_and_errors_have_their_lengths() {
    let server = server();
    run(async {
        let mut client = connect(server.addr()).await;
        let (status, headers, mut body) = get(&mut client, "/healthz", &[]).await;
        assert_eq!(
            (status, &headers["content-length"]),
            (StatusCode::OK, &"15".parse().unwrap())
        );
        assert_eq!(rest(&mut body).await, br#"{"status":"ok"}"#);
        let (status, ..) = get(&mut client, "/sse?rate=x", &[]).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let (status, ..) = get(&mut client, "/nowhere", &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_preface_is_found_however_slowly_it_comes() {
    let server = server();
    let mut socket = TcpStream::connect(server.addr()).unwrap();
    socket.set_nodelay(true).unwrap();
    for byte in b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" {
        socket.write_all(&[*byte]).unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
    // An empty SETTINGS frame, to which the server's own is the answer.
    socket.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).unwrap();
    let mut frame = [0; 9];
    socket.read_exact(&mut frame).unwrap();
    assert_eq!(frame[3], 4);
}

#[test]
fn who_says_too_little_to_tell_is_left() {
    let server = Server::start(&Config {
        limits: Limits {
            request_time: Duration::from_millis(50),
            ..Limits::default()
        },
        ..Config::default()
    });
    let server = server.unwrap();
    for said in ["", "PR"] {
        let mut socket = TcpStream::connect(server.addr()).unwrap();
        socket.write_all(said.as_bytes()).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let ended = socket.read(&mut [0]);
        assert!(ended.map_or_else(
            |error| error.kind() == std::io::ErrorKind::ConnectionReset,
            |size| size == 0
        ));
    }
}

#[test]
fn a_drain_ends_streams_cleanly_and_the_connection_after_them() {
    let server = server();
    run(async {
        let mut client = connect(server.addr()).await;
        let mut bodies = Vec::new();
        for _ in 0..100 {
            let (_, _, mut body) = get(&mut client, "/sse?rate=0.001&size=0", &[]).await;
            assert_eq!(next(&mut body).await.unwrap(), "id: 0\ndata: \n\n");
            bodies.push(body);
        }
        let started = std::time::Instant::now();
        let drained = tokio::task::spawn_blocking(|| server.shutdown());
        for body in &mut bodies {
            assert_eq!(rest(body).await, b"retry: 1000\n\n");
        }
        assert_eq!(drained.await.unwrap().streams, 100);
        // The whole of the drain would be five seconds.
        assert!(started.elapsed() < Duration::from_secs(4));
    });
}

#[test]
fn a_flooded_stream_leaves_others_of_its_core_their_turn() {
    let server = server_with(1, Duration::from_millis(100));
    run(async {
        let (mut flooded, mut paced) = (connect(server.addr()).await, connect(server.addr()).await);
        let (_, _, mut flood) = get(&mut flooded, "/sse?rate=0", &[]).await;
        let flood = tokio::spawn(async move { while next(&mut flood).await.is_some() {} });
        for client in [&mut paced, &mut flooded] {
            let (_, _, mut body) = get(client, "/sse?rate=200&events=40", &[]).await;
            let mut events = 0;
            while next(&mut body).await.is_some() {
                events += 1;
            }
            assert_eq!(events, 40);
        }
        assert!(!flood.is_finished());
        flood.abort();
    });
}

#[test]
fn what_is_held_for_a_reader_that_does_not_read_is_two_frames() {
    let server = server_with(1, Duration::from_millis(50));
    let counters = run(async {
        let mut client = connect(server.addr()).await;
        let (_, _, mut body) = get(&mut client, "/sse?rate=0&size=1000&ids=0", &[]).await;
        // As many as fit into a window that is never made larger, and not one more.
        let mut received = 0;
        while received < 65_535 {
            received += body.data().await.unwrap().unwrap().len();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        tokio::task::spawn_blocking(|| server.shutdown())
            .await
            .unwrap()
    });
    assert!(counters.bytes <= 65_535 + 2 * 1_008, "{counters:?}");
}

#[test]
fn a_client_that_resets_a_stream_ends_it_and_no_other() {
    let server = server_with(1, Duration::from_secs(5));
    run(async {
        let mut client = connect(server.addr()).await;
        let (_, _, left) = get(&mut client, "/sse?rate=1000", &[]).await;
        let (_, _, mut stays) = get(&mut client, "/sse?rate=100&events=20&size=0&ids=0", &[]).await;
        drop(left);
        assert_eq!(rest(&mut stays).await, b"data: \n\n".repeat(20));
    });
    assert!(server.shutdown().events < 1_000);
}
