//! Streams over TLS.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use common::h2::run;
use common::tls::Identity;
use common::{h2, send};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use weir_server::{Config, Limits, Server, Tls};

fn server(tls: Tls) -> Server {
    Server::start(&Config {
        tls: Some(tls),
        limits: Limits {
            request_time: Duration::from_millis(200),
            ..Limits::default()
        },
        ..Config::default()
    })
    .unwrap()
}

/// A socket whose client looks at what comes in before it is decrypted.
struct Tapped {
    socket: TcpStream,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl AsyncRead for Tapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.socket).poll_read(cx, buf);
        let mut seen = self.seen.lock().unwrap();
        seen.extend_from_slice(&buf.filled()[before..]);
        read
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

async fn connect(
    addr: SocketAddr,
    identity: &Identity,
    alpn: &[&str],
) -> (TlsStream<Tapped>, Arc<Mutex<Vec<u8>>>) {
    let socket = TcpStream::connect(addr).await.unwrap();
    let seen = Arc::default();
    let tapped = Tapped {
        socket,
        seen: Arc::clone(&seen),
    };
    let name = "localhost".try_into().unwrap();
    let connected = identity.connector(alpn).connect(name, tapped).await;
    (connected.unwrap(), seen)
}

/// The sizes of the TLS records in `wire` (RFC 8446, section 5.1).
fn records(mut wire: &[u8]) -> Vec<usize> {
    let mut sizes = Vec::new();
    while let [_, _, _, high, low, rest @ ..] = wire {
        let size = usize::from(u16::from_be_bytes([*high, *low]));
        sizes.push(size);
        wire = &rest[size..];
    }
    sizes
}

#[test]
fn each_event_is_a_record_of_its_own() {
    let identity = Identity::new();
    let server = server(identity.tls());
    for size in [10, 1_000, 12_000] {
        let seen = run(async {
            let (mut client, seen) = connect(server.addr(), &identity, &["http/1.1"]).await;
            let get = format!(
                "GET /sse?rate=0&events=50&ids=0&size={size} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n"
            );
            client.write_all(get.as_bytes()).await.unwrap();
            client.read_to_end(&mut Vec::new()).await.unwrap();
            seen
        });
        // A chunk with its size and line ends, the type of the content in a byte, and 16 that seal it.
        let event = "data: \n\n".len() + size;
        let record = format!("{event:X}\r\n\r\n").len() + event + 17;
        let records = records(&seen.lock().unwrap());
        let of_events = records.iter().filter(|size| **size == record).count();
        // The first one is in a record with the head, and the last one with the end.
        assert!(of_events >= 48, "{records:?}");
    }
}

#[test]
fn requests_behind_a_stream_are_answered() {
    let identity = Identity::new();
    let server = server(identity.tls());
    run(async {
        let (mut client, _) = connect(server.addr(), &identity, &["http/1.1"]).await;
        let stream = "GET /sse?rate=0&events=2&size=0 HTTP/1.1\r\nhost: test\r\n\r\n";
        let last = "GET /healthz HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
        let requests = stream.repeat(3) + last;
        client.write_all(requests.as_bytes()).await.unwrap();
        let mut answers = String::new();
        client.read_to_string(&mut answers).await.unwrap();
        let chunks = "E\r\nid: 0\ndata: \n\n\r\nE\r\nid: 1\ndata: \n\n\r\n0\r\n\r\n";
        assert_eq!(answers.matches(chunks).count(), 3);
        assert!(answers.ends_with(r#"{"status":"ok"}"#), "{answers}");
    });
}

#[test]
fn a_client_that_leaves_takes_its_stream_with_it() {
    let identity = Identity::new();
    let server = server(identity.tls());
    let open = || {
        let stats = run(async {
            let (mut client, _) = connect(server.addr(), &identity, &[]).await;
            let get = "GET /metrics HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
            client.write_all(get.as_bytes()).await.unwrap();
            let mut metrics = String::new();
            client.read_to_string(&mut metrics).await.unwrap();
            metrics
        });
        let line = stats
            .lines()
            .find(|line| line.starts_with("weir_streams_open "));
        line.unwrap().ends_with(" 1")
    };
    run(async {
        let (mut client, _) = connect(server.addr(), &identity, &["http/1.1"]).await;
        let get = "GET /sse?ttfe=3600000 HTTP/1.1\r\nhost: test\r\n\r\n";
        client.write_all(get.as_bytes()).await.unwrap();
        client.read_u8().await.unwrap();
    });
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while open() {
        assert!(std::time::Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn alpn_chooses_the_version() {
    let identity = Identity::new();
    let server = server(identity.tls());
    run(async {
        for alpn in [&["h2", "http/1.1"][..], &["http/1.1", "h2"]] {
            let (io, _) = connect(server.addr(), &identity, alpn).await;
            assert_eq!(io.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
            let mut client = h2::handshake(io).await;
            let (_, _, mut body) =
                h2::get(&mut client, "/sse?rate=0&events=2&size=0&ids=0", &[]).await;
            assert_eq!(h2::rest(&mut body).await, b"data: \n\ndata: \n\n");
        }
        let (mut io, _) = connect(server.addr(), &identity, &[]).await;
        let get = "GET /healthz HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
        io.write_all(get.as_bytes()).await.unwrap();
        let mut response = String::new();
        io.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"));
    });
}

#[test]
fn a_drain_ends_streams_and_the_session() {
    let identity = Identity::new();
    let server = server(identity.tls());
    run(async {
        let (mut client, _) = connect(server.addr(), &identity, &[]).await;
        let get = "GET /sse?rate=0.001 HTTP/1.1\r\nhost: test\r\n\r\n";
        client.write_all(get.as_bytes()).await.unwrap();
        client.read_u8().await.unwrap();
        let drained = tokio::task::spawn_blocking(|| server.shutdown());
        let mut rest = Vec::new();
        // Without a close_notify this would be an error.
        client.read_to_end(&mut rest).await.unwrap();
        assert!(rest.ends_with(b"\r\n0\r\n\r\n"));
        drained.await.unwrap();
    });
}

#[test]
fn who_does_not_speak_tls_or_nothing_at_all_is_left() {
    let server = server(Tls::SelfSigned);
    let mut plain = send(server.addr(), "GET /healthz", "");
    let mut answer = Vec::new();
    if let Err(error) = plain.read_to_end(&mut answer) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    assert!(!answer.starts_with(b"HTTP"));
    for said in [&b""[..], &[22, 3, 1]] {
        let mut silent = std::net::TcpStream::connect(server.addr()).unwrap();
        silent
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        silent.write_all(said).unwrap();
        match silent.read(&mut [0]) {
            Ok(size) => assert_eq!(size, 0),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }
}

#[test]
fn a_file_that_will_not_do_is_named() {
    let identity = Identity::new();
    let other = Identity::new();
    fs::write(identity.file("empty.pem"), "").unwrap();
    for (cert, key, named) in [
        ("none.pem", "key.pem", "none.pem: No such file"),
        ("empty.pem", "key.pem", "empty.pem: there is no certificate"),
        ("cert.pem", "empty.pem", "empty.pem: there is no key"),
        ("cert.pem", "cert.pem", "cert.pem: there is no key"),
    ] {
        let tls = Tls::Files {
            cert: identity.file(cert),
            key: identity.file(key),
        };
        assert!(refused(tls).contains(named));
    }
    let foreign = Tls::Files {
        cert: identity.file("cert.pem"),
        key: other.file("key.pem"),
    };
    assert!(refused(foreign).contains("key.pem: "));
}

fn refused(tls: Tls) -> String {
    let config = Config {
        tls: Some(tls),
        ..Config::default()
    };
    Server::start(&config).err().unwrap().to_string()
}
