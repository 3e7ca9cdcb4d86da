//! Streams as the client would have them encoded.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;

use common::{dechunk, exchange, h2, read_until, send};
use weir_server::{Config, Server};

const CODINGS: [&str; 3] = ["gzip", "zstd", "br"];

fn server() -> Server {
    Server::start(&Config {
        compress: true,
        ..Config::default()
    })
    .unwrap()
}

/// Decodes what has come so far.
enum Decoder {
    Gzip(flate2::write::GzDecoder<Vec<u8>>),
    /// And all that has come of it.
    Zstd(zstd::stream::write::Decoder<'static, Vec<u8>>, Vec<u8>),
    Brotli(Box<brotli::DecompressorWriter<Vec<u8>>>),
}

impl Decoder {
    fn new(coding: &str) -> Self {
        let out = Vec::new();
        match coding {
            "gzip" => Self::Gzip(flate2::write::GzDecoder::new(out)),
            "zstd" => Self::Zstd(zstd::stream::write::Decoder::new(out).unwrap(), Vec::new()),
            _ => Self::Brotli(Box::new(brotli::DecompressorWriter::new(out, 4096))),
        }
    }

    /// All that `coded` comes to, now.
    fn decode(&mut self, coded: &[u8]) -> String {
        let writer: &mut dyn Write = match self {
            Self::Gzip(gzip) => gzip,
            Self::Zstd(zstd, seen) => {
                seen.extend_from_slice(coded);
                zstd
            }
            Self::Brotli(brotli) => brotli,
        };
        writer.write_all(coded).unwrap();
        writer.flush().unwrap();
        let out = match self {
            Self::Gzip(gzip) => gzip.get_mut(),
            Self::Zstd(zstd, _) => zstd.get_mut(),
            Self::Brotli(brotli) => brotli.get_mut(),
        };
        String::from_utf8(std::mem::take(out)).unwrap()
    }

    /// Whether all of it has come.
    fn ended_well(self) -> bool {
        match self {
            // The length and the check sum are right.
            Self::Gzip(gzip) => gzip.finish().is_ok(),
            Self::Zstd(_, seen) => zstd::decode_all(&seen[..]).is_ok(),
            Self::Brotli(mut brotli) => brotli.close().is_ok(),
        }
    }
}

/// The next chunk of a body.
fn chunk(socket: &mut TcpStream) -> Vec<u8> {
    let size = read_until(socket, "\r\n");
    let mut chunk = vec![0; usize::from_str_radix(size.trim_end(), 16).unwrap() + 2];
    socket.read_exact(&mut chunk).unwrap();
    chunk.truncate(chunk.len() - 2);
    chunk
}

#[test]
fn each_chunk_is_its_event_before_the_next_one_is_due() {
    let server = server();
    for coding in CODINGS {
        let asked = format!("accept-encoding: {coding}\r\n");
        let mut socket = send(server.addr(), "GET /sse?rate=50&events=20&retry=7", &asked);
        let head = read_until(&mut socket, "\r\n\r\n");
        assert!(
            head.contains(&format!("\r\ncontent-encoding: {coding}\r\n")),
            "{head}"
        );
        assert!(head.contains("\r\nvary: accept-encoding\r\n"));
        let mut decoder = Decoder::new(coding);
        assert_eq!(decoder.decode(&chunk(&mut socket)), "retry: 7\n\n");
        for event in 0..20 {
            let text = decoder.decode(&chunk(&mut socket));
            assert!(
                text.starts_with(&format!("id: {event}\n")) && text.ends_with("\n\n"),
                "{text}"
            );
        }
        let end = chunk(&mut socket);
        if !end.is_empty() {
            assert_eq!(decoder.decode(&end), "");
            assert_eq!(chunk(&mut socket), b"");
        }
        assert!(decoder.ended_well(), "{coding}");
    }
}

#[test]
fn a_drain_ends_what_is_encoded_properly() {
    let server = server();
    let mut sockets = CODINGS.map(|coding| {
        let asked = format!("accept-encoding: {coding}\r\n");
        let mut socket = send(server.addr(), "GET /sse?rate=0.001", &asked);
        read_until(&mut socket, "\r\n\r\n");
        let mut decoder = Decoder::new(coding);
        assert!(decoder.decode(&chunk(&mut socket)).ends_with("\n\n"));
        (socket, decoder)
    });
    server.shutdown();
    for (socket, decoder) in &mut sockets {
        loop {
            let rest = chunk(socket);
            if rest.is_empty() {
                break;
            }
            decoder.decode(&rest);
        }
    }
    for (_, decoder) in sockets {
        assert!(decoder.ended_well());
    }
}

#[test]
fn many_events_are_much_shorter_and_the_same() {
    let server = server();
    let path = "/sse?rate=0&events=500&batch=5";
    let (_, plain) = exchange(server.addr(), &format!("GET {path}"), "");
    let plain = dechunk(&plain);
    for coding in CODINGS {
        let coded = h2::run(async {
            let mut client = h2::connect(server.addr()).await;
            let asked = [("accept-encoding", coding)];
            let (_, headers, mut body) = h2::get(&mut client, path, &asked).await;
            assert_eq!(headers["content-encoding"], coding);
            h2::rest(&mut body).await
        });
        let mut decoder = Decoder::new(coding);
        assert_eq!(decoder.decode(&coded), plain);
        assert!(decoder.ended_well());
        assert!(
            coded.len() < plain.len(),
            "{coding}: {} of {}",
            coded.len(),
            plain.len()
        );
    }
}

#[test]
fn only_streams_are_encoded_and_only_where_it_is_asked_for_and_allowed() {
    let server = server();
    let asked = "accept-encoding: gzip\r\n";
    let (head, body) = exchange(server.addr(), "HEAD /sse", asked);
    assert!(head.contains("\ncontent-encoding: gzip\n") && body.is_empty());
    let (head, _) = exchange(server.addr(), "GET /sse?events=1", "");
    assert!(head.contains("\nvary: accept-encoding") && !head.contains("content-encoding"));
    let (head, _) = exchange(server.addr(), "GET /healthz", asked);
    assert!(!head.contains("content-encoding") && !head.contains("vary"));
    let plain = common::server();
    let (head, _) = exchange(plain.addr(), "HEAD /sse", asked);
    assert!(!head.contains("content-encoding") && !head.contains("vary"));
}
