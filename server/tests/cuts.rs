//! Connections that break because it is asked for.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::{ErrorKind, Read};
use std::net::SocketAddr;

use common::h2::{connect, get, next, rest, run};
use common::{dechunk, event, events, send, server};

/// What a client gets until the connection ends or breaks, and how it does.
fn until_the_end(addr: SocketAddr, target: &str) -> (String, Result<(), ErrorKind>) {
    let mut socket = send(addr, target, "");
    let mut seen = Vec::new();
    let outcome = socket.read_to_end(&mut seen);
    (
        String::from_utf8(seen).unwrap(),
        outcome.map(drop).map_err(|error| error.kind()),
    )
}

#[test]
fn a_connection_ends_without_the_last_chunk() {
    let server = server();
    let asap = "events=4&rate=0&size=0";
    let paced = "events=4&rate=2000&size=0";
    for (query, fault, sent) in [
        (asap, "cut:2:fin", 2),
        (asap, "cut:0:fin", 0),
        (asap, "cut:2:fin,split:byte", 2),
        // Whatever hyper is at when the event falls due.
        (paced, "cut:2:fin", 2),
        (paced, "cut:0:fin", 0),
    ] {
        for _ in 0..10 {
            let target = format!("GET /sse?{query}&fault={fault}");
            let (seen, outcome) = until_the_end(server.addr(), &target);
            let (head, wire) = seen.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
            let complete = dechunk(&format!("{wire}0\r\n\r\n"));
            let expected = events(&[0, 1, 2, 3][..sent]);
            assert_eq!((complete, outcome), (expected, Ok(())), "{target}");
        }
    }
}

#[test]
fn over_http_2_only_the_stream_is_cut() {
    let server = server();
    for how in ["fin", "rst", "half"] {
        run(async {
            let mut client = connect(server.addr()).await;
            let cut = format!("/sse?rate=20&ttfe=50&size=0&fault=cut:2:{how}");
            let (_, _, mut cut) = get(&mut client, &cut, &[]).await;
            let other = "/sse?events=4&rate=0&size=0&fault=drop:1,split:byte";
            let (_, _, mut other) = get(&mut client, other, &[]).await;
            for k in 0..2 {
                assert_eq!(next(&mut cut).await.unwrap(), event(k));
            }
            let error = cut.data().await.unwrap().unwrap_err();
            assert!(error.is_reset(), "{error}");
            assert_eq!(rest(&mut other).await, events(&[0, 2, 3]).into_bytes());
        });
    }
}

#[test]
fn over_http_2_all_before_the_cut_comes() {
    let server = server();
    run(async {
        let mut client = connect(server.addr()).await;
        for k in [0, 1, 3, 3].repeat(50) {
            let target = format!("/sse?rate=0&size=0&fault=cut:{k}:fin");
            let (_, _, mut body) = get(&mut client, &target, &[]).await;
            for number in 0..k {
                assert_eq!(next(&mut body).await.unwrap(), event(number));
            }
            assert!(body.data().await.unwrap().unwrap_err().is_reset());
        }
        // More than fits into the window at once.
        let target = "/sse?rate=0&size=100000&ids=0&fault=cut:2:fin";
        let (_, _, mut body) = get(&mut client, target, &[]).await;
        let mut received = 0;
        while let Ok(data) = body.data().await.unwrap() {
            body.flow_control().release_capacity(data.len()).unwrap();
            received += data.len();
        }
        assert_eq!(received, 2 * 100_008);
    });
}

/// Requests that come together: their streams begin in one go.
#[test]
fn over_http_2_each_cut_ends_its_own_stream_among_many() {
    let server = server();
    run(async {
        let mut client = connect(server.addr()).await;
        let responses: Vec<_> = (0..16)
            .map(|number| {
                let fault = if number % 3 == 0 { "cut:2:fin" } else { "none" };
                let uri = format!("http://test/sse?events=4&rate=50&size=0&fault={fault}");
                let request = http::Request::get(uri).body(()).unwrap();
                client.send_request(request, true).unwrap().0
            })
            .collect();
        for (number, response) in responses.into_iter().enumerate() {
            let mut body = response.await.unwrap().into_body();
            let is_cut = number % 3 == 0;
            for k in 0..if is_cut { 2 } else { 4 } {
                assert_eq!(next(&mut body).await.unwrap(), event(k), "{number}");
            }
            let end = body.data().await;
            assert_eq!(end.is_some(), is_cut, "{number}");
        }
    });
}

#[test]
fn a_connection_is_reset() {
    let server = server();
    for (fault, sent) in [("cut:2:rst", 2), ("cut:0:rst", 0)] {
        // Events far apart, so that what comes before the cut has been read when it comes.
        let target = format!("GET /sse?rate=20&ttfe=50&size=0&fault={fault}");
        let (seen, outcome) = until_the_end(server.addr(), &target);
        let (_, wire) = seen.split_once("\r\n\r\n").unwrap();
        assert_eq!(
            dechunk(&format!("{wire}0\r\n\r\n")),
            events(&[0, 1, 2, 3][..sent])
        );
        assert_eq!(outcome, Err(ErrorKind::ConnectionReset), "{fault}");
    }
}

#[test]
fn a_connection_ends_in_the_middle_of_a_chunk() {
    let server = server();
    for (fault, sent) in [("cut:2:half", 2), ("cut:0:half", 0)] {
        let target = format!("GET /sse?events=4&rate=0&size=0&fault={fault}");
        let (seen, outcome) = until_the_end(server.addr(), &target);
        let (_, wire) = seen.split_once("\r\n\r\n").unwrap();
        let whole: String = [0, 1, 2, 3][..sent]
            .iter()
            .map(|k| format!("E\r\n{}\r\n", event(*k)))
            .collect();
        let chunk = format!("E\r\n{}\r\n", event(sent as u64));
        assert_eq!(wire, whole + &chunk[..chunk.len() / 2], "{fault}");
        assert_eq!(outcome, Ok(()));
    }
    // Of a chunk that takes several writes, too.
    let target = "GET /sse?rate=0&size=1000000&fault=cut:0:half";
    let (seen, outcome) = until_the_end(server.addr(), target);
    let (_, wire) = seen.split_once("\r\n\r\n").unwrap();
    assert!((490_000..510_000).contains(&wire.len()), "{}", wire.len());
    assert_eq!(outcome, Ok(()));
}
