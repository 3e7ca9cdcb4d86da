//! A server that writes what it is told to, be it HTTP or not.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::SockRef;
use weir_sse::Stamp;

/// The end of a chunked body (RFC 9112, 7.1).
pub(crate) const END: &str = "0\r\n\r\n";

/// More requests than any test makes.
pub(crate) const FOR_EVER: usize = usize::MAX;

/// Has `requests` requests answered, one after the other, each by what `answer` does with its connection, which is
/// closed after that; then nobody listens any more. Gives the URL.
pub(crate) fn serve(
    requests: usize,
    mut answer: impl FnMut(&mut TcpStream) + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for _ in 1..requests {
            answer(&mut next_request(&listener));
        }
        let mut last = next_request(&listener);
        // Before the answer, so that the next stream is refused and does not come to an end in the backlog.
        drop(listener);
        answer(&mut last);
    });
    url
}

/// Answers each connection on a thread of its own.
pub(crate) fn serve_each(answer: impl Fn(&mut TcpStream) + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        while let Ok((mut peer, _)) = listener.accept() {
            let answer = answer.clone();
            thread::spawn(move || answer(&mut peer));
        }
    });
    url
}

/// Reads the request, if there is one, and it comes at once.
pub(crate) fn has_request(peer: &mut TcpStream) -> bool {
    let mut request = [0; 4_096];
    peer.read(&mut request).is_ok_and(|bytes| bytes > 0)
}

/// Has one request answered with `bytes`.
pub(crate) fn serve_once(bytes: impl Into<Vec<u8>>) -> String {
    let bytes = bytes.into();
    serve(1, move |peer| send(peer, &bytes))
}

/// The head of an event stream, with further fields, each with its line end.
pub(crate) fn head(fields: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{fields}\r\n")
}

/// The head of a chunked event stream.
pub(crate) fn chunked_head() -> String {
    head("transfer-encoding: chunked\r\n")
}

pub(crate) fn chunk(content: &str) -> String {
    format!("{:x}\r\n{content}\r\n", content.len())
}

/// A whole response with these events, each in a chunk of its own.
pub(crate) fn response(events: impl IntoIterator<Item = String>) -> String {
    let chunks: String = events.into_iter().map(|event| chunk(&event)).collect();
    chunked_head() + &chunks + END
}

/// An event that says it is the one with this number.
pub(crate) fn stamped(seq: u64) -> String {
    let mut line = [0; Stamp::LEN];
    let stamp = Stamp {
        seq,
        due_ns: 1,
        sent_ns: 2,
    };
    stamp.write(&mut line);
    format!("{}data: x\n\n", std::str::from_utf8(&line).unwrap())
}

/// A peer that has gone away meanwhile is none of a server's business.
pub(crate) fn send(peer: &mut TcpStream, bytes: impl AsRef<[u8]>) {
    let _gone = peer.write_all(bytes.as_ref());
}

/// Sends each piece in a segment of its own.
pub(crate) fn send_apart<P: AsRef<[u8]>>(
    peer: &mut TcpStream,
    pieces: impl IntoIterator<Item = P>,
    pause: Duration,
) {
    peer.set_nodelay(true).unwrap();
    for piece in pieces {
        send(peer, piece);
        thread::sleep(pause);
    }
}

/// Keeps the connection open, without a word, until the other end closes it.
pub(crate) fn hold(peer: &mut TcpStream) {
    let _reset = peer.read_to_end(&mut Vec::new());
}

/// Has the connection reset when it is closed.
pub(crate) fn reset(peer: &TcpStream) {
    SockRef::from(peer)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
}

/// The next connection that asks for something; one that is closed again before that was opened only to see whether
/// anybody listens.
fn next_request(listener: &TcpListener) -> TcpStream {
    loop {
        let (mut peer, _) = listener.accept().unwrap();
        if has_asked(&mut peer) {
            return peer;
        }
    }
}

/// Whether a whole request came; one without a body.
fn has_asked(peer: &mut TcpStream) -> bool {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") {
        match peer.read(&mut byte) {
            Ok(1) => request.push(byte[0]),
            _ => return false,
        }
    }
    true
}
