//! Faults of streams that come from elsewhere, are encoded, or go over TLS.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;

use common::tls::Identity;
use common::{dechunk, event, events, exchange_body, h2, read_until, send};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use weir_server::{Config, Server};

#[test]
fn a_relayed_event_may_be_lost() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream = listener.local_addr().unwrap();
    let served = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        read_until(&mut socket, "}");
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\ndata: 2\n\ndata: 3\n\n";
        socket.write_all(answer.as_bytes()).unwrap();
    });
    let server = Server::start(&Config {
        upstream: Some(format!("http://{upstream}/").parse().unwrap()),
        ..Config::default()
    })
    .unwrap();
    let target = "POST /v1/relay?fault=drop:1";
    let (_, wire) = exchange_body(server.addr(), target, "", "{\"model\":\"m\"}");
    let body = dechunk(&wire);
    assert!(body.starts_with("data: 1\n\ndata: 3\n\n"), "{body}");
    served.join().unwrap();
}

#[test]
fn what_is_encoded_has_its_faults_before() {
    let server = Server::start(&Config {
        compress: true,
        ..Config::default()
    })
    .unwrap();
    let mut socket = send(
        server.addr(),
        "GET /sse?events=4&rate=0&size=0&fault=drop:1,duplicate:2,split:byte",
        "accept-encoding: gzip\r\nconnection: close\r\n",
    );
    let head = read_until(&mut socket, "\r\n\r\n");
    assert!(head.contains("\r\ncontent-encoding: gzip\r\n"), "{head}");
    let mut decoder = flate2::write::GzDecoder::new(Vec::new());
    loop {
        let size = read_until(&mut socket, "\r\n");
        let size = usize::from_str_radix(size.trim_end(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        socket.read_exact(&mut chunk).unwrap();
        if size == 0 {
            break;
        }
        decoder.write_all(&chunk[..size]).unwrap();
    }
    let body = String::from_utf8(decoder.finish().unwrap()).unwrap();
    assert_eq!(body, events(&[0, 2, 2, 3]));
}

#[test]
fn under_tls_a_stream_is_cut_without_a_farewell() {
    let identity = Identity::new();
    let server = Server::start(&Config {
        tls: Some(identity.tls()),
        ..Config::default()
    })
    .unwrap();
    let seen = |fault: &str| {
        let target = format!("/sse?events=4&rate=0&size=0&fault={fault}");
        let get = format!("GET {target} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        h2::run(async {
            let socket = tokio::net::TcpStream::connect(server.addr()).await.unwrap();
            let name = "localhost".try_into().unwrap();
            let connected = identity.connector(&["http/1.1"]).connect(name, socket);
            let mut client = connected.await.unwrap();
            client.write_all(get.as_bytes()).await.unwrap();
            let mut seen = Vec::new();
            // What is cut may end without a close_notify, or be reset.
            let _ = client.read_to_end(&mut seen).await;
            String::from_utf8(seen).unwrap()
        })
    };
    let whole = seen("drop:1");
    let (_, wire) = whole.split_once("\r\n\r\n").unwrap();
    assert_eq!(dechunk(wire), events(&[0, 2, 3]));
    for how in ["fin", "half"] {
        let cut = seen(&format!("cut:1:{how}"));
        assert!(
            cut.contains(event(0)) && !cut.contains(event(1)),
            "{how}: {cut}"
        );
        assert!(!cut.ends_with("0\r\n\r\n"), "{how}: {cut}");
    }
    assert!(!seen("cut:1:rst").contains(event(1)));
}
