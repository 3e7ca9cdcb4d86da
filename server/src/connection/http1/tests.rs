use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::Waker;
use std::time::Duration;

use http::{Method, Request};
use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::task::{JoinHandle, spawn_local, yield_now};

use super::*;
use crate::connection::request_body::RequestBody;
use crate::core::thread::{Core, with_core};
use crate::request::call::FutureReply;
use crate::request::response;
use crate::router;

/// The client's end of a connection in memory.
#[derive(Default)]
struct Client {
    request: Vec<u8>,
    gone: bool,
    /// Takes nothing, as the socket of a reader that does not read.
    blocked: bool,
    /// Whether it was to take anything.
    is_answered: bool,
    /// Takes only so many bytes, and then nothing.
    room: Option<usize>,
    /// Taken by each write.
    writes: Vec<Vec<u8>>,
    server: Option<Waker>,
}

struct Wire(Rc<RefCell<Client>>);

impl Read for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut client = self.0.borrow_mut();
        if client.request.is_empty() && !client.gone {
            client.server = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let now = buf.remaining().min(client.request.len());
        buf.put_slice(&client.request.drain(..now).collect::<Vec<u8>>());
        Poll::Ready(Ok(()))
    }
}

impl Write for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut client = self.0.borrow_mut();
        client.is_answered = true;
        if client.blocked || client.room == Some(0) {
            client.server = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if client.writes.is_empty() {
            // Long enough for every event these tests pace to be late.
            std::thread::sleep(Duration::from_millis(2));
        }
        let mut taken: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
        taken.truncate(client.room.unwrap_or(usize::MAX));
        let size = taken.len();
        client.room = client.room.map(|room| room - size);
        client.writes.push(taken);
        Poll::Ready(Ok(size))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Transport for Wire {
    fn reset_when_dropped(&self) {}
}

/// The only request of its connection.
fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
}

fn connect(core: &Rc<Core>, request: &str, blocked: bool) -> (Rc<RefCell<Client>>, JoinHandle<()>) {
    let client = Rc::new(RefCell::new(Client {
        request: request.into(),
        blocked,
        ..Client::default()
    }));
    let peer = std::net::Ipv4Addr::LOCALHOST.into();
    let served = spawn_local(serve(
        router::by_default(core),
        peer,
        Wire(Rc::clone(&client)),
        mpsc::channel(1).0,
    ));
    (client, served)
}

fn wake(client: &RefCell<Client>) {
    let server = client.borrow_mut().server.take();
    server.expect("the server waits").wake();
}

/// How many events each write carries that answers a request for `target`.
fn events_by_write(target: &str) -> Vec<usize> {
    with_core(async |core| {
        let (client, served) = connect(&core, &get(target), false);
        served.await.unwrap();
        let client = client.borrow();
        client.writes.iter().map(|write| events_in(write)).collect()
    })
}

fn events_in(write: &[u8]) -> usize {
    let field = b"data: ";
    write.windows(field.len()).filter(|at| at == field).count()
}

/// Long enough for a connection to do all it can without its client.
async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

/// All that was written, but for the values of dates.
fn dateless(writes: &[Vec<u8>]) -> Vec<String> {
    let text = |write: &Vec<u8>| {
        let mut text = String::from_utf8_lossy(write).into_owned();
        for (at, name) in text.clone().rmatch_indices("\r\ndate: ") {
            let value = at + name.len();
            text.replace_range(value..value + "Sun, 06 Nov 1994 08:49:37 GMT".len(), "now");
        }
        text
    };
    writes.iter().map(text).collect()
}

/// What is written to answer `requests`, write by write, when the connection has ended, if need be with a drain.
fn writes(requests: &str) -> Vec<String> {
    with_core(async |core| {
        let (client, served) = connect(&core, requests, false);
        for _ in 0..10 {
            settle().await;
        }
        core.drain();
        served.await.unwrap();
        let client = client.borrow();
        dateless(&client.writes)
    })
}

/// A client that has sent `request`, and does not read.
fn blocked(request: &str) -> Rc<RefCell<Client>> {
    Rc::new(RefCell::new(Client {
        request: request.into(),
        blocked: true,
        ..Client::default()
    }))
}

/// The server's end, for who polls it.
fn connection<H: Handler>(handler: Rc<H>, client: &Rc<RefCell<Client>>) -> Connection<H, Wire> {
    let peer = std::net::Ipv4Addr::LOCALHOST.into();
    let wire = Wire(Rc::clone(client));
    Connection::new(handler, peer, wire, mpsc::channel(1).0)
}

/// Whether what answers `request` first is a stream that was handed over.
fn is_handed_over(request: &str) -> bool {
    with_core(async |core| {
        let client = blocked(request);
        let mut connection = connection(router::by_default(&core), &client);
        poll_fn(|cx| {
            let _ = connection.poll(false, cx);
            if !client.borrow().is_answered {
                return Poll::Pending;
            }
            Poll::Ready(matches!(connection.phase, Phase::Streaming(_)))
        })
        .await
    })
}

/// A request that is answered with a stream of three events, all at once, or not before the first one is asked for.
const THREE: &str = "GET /sse?rate=0&events=3&size=0 HTTP/1.1\r\nhost: test\r\n\r\n";

/// The chunks of its events, and the last chunk.
const THREE_CHUNKS: &str =
    "E\r\nid: 0\ndata: \n\n\r\nE\r\nid: 1\ndata: \n\n\r\nE\r\nid: 2\ndata: \n\n\r\n0\r\n\r\n";

#[test]
fn late_events_go_out_one_write_each() {
    let target = "/sse?rate=1000000&events=100";
    assert_eq!(events_by_write(target), [1; 100]);
}

#[test]
fn events_as_fast_as_they_are_read_go_out_one_write_each() {
    assert_eq!(events_by_write("/sse?rate=0&events=100"), [1; 100]);
}

#[test]
fn late_batches_go_out_one_write_each() {
    let target = "/sse?rate=1000000&events=20&batch=7";
    assert_eq!(events_by_write(target), [7, 7, 6]);
    let target = "/sse?rate=0&events=20&batch=7&stamp=1";
    assert_eq!(events_by_write(target), [7, 7, 6]);
}

#[test]
fn a_batch_in_two_blocks_goes_out_in_one_write() {
    let target = "/sse?rate=1000000&events=6&batch=3&size=30000";
    assert_eq!(events_by_write(target), [3, 3]);
}

#[test]
fn one_event_is_held_for_a_reader_that_does_not_read() {
    with_core(async |core| {
        let (client, served) = connect(&core, &get("/sse?rate=0&events=10"), true);
        settle().await;
        assert_eq!(core.stats().counters().events, 1);
        client.borrow_mut().blocked = false;
        wake(&client);
        served.await.unwrap();
        assert_eq!(core.stats().counters().events, 10);
    });
}

#[test]
fn a_client_that_leaves_takes_its_stream_with_it() {
    with_core(async |core| {
        let (client, served) = connect(&core, &get("/sse?ttfe=3600000"), false);
        settle().await;
        assert_eq!(core.stats().counters().streams, 1);
        client.borrow_mut().gone = true;
        wake(&client);
        served.await.unwrap();
        assert_eq!(core.stats().streams_closed.get(), 1);
    });
}

#[test]
fn a_drain_ends_a_stream_that_waits_for_a_far_event() {
    with_core(async |core| {
        let (client, served) = connect(&core, &get("/sse?ttfe=3600000"), false);
        settle().await;
        core.drain();
        served.await.unwrap();
        let end = b"D\r\nretry: 1000\n\n\r\n0\r\n\r\n";
        assert!(client.borrow().writes.concat().ends_with(end));
    });
}

#[test]
fn a_drain_closes_a_connection_without_a_request() {
    for request in ["", "GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n"] {
        with_core(async |core| {
            let (_, served) = connect(&core, request, false);
            settle().await;
            core.drain();
            served.await.unwrap();
        });
    }
}

#[test]
fn streams_are_handed_over_and_all_else_is_left_to_hyper() {
    let chat = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}"#;
    let post = |headers: &str, body: &str| {
        format!("POST /v1/chat/completions HTTP/1.1\r\nhost: test\r\n{headers}\r\n{body}")
    };
    let length = format!("content-length: {}\r\n", chat.len());
    let chunked = format!("{:x}\r\n{chat}\r\n0\r\n\r\n", chat.len());
    let with = |headers: &str| format!("GET /sse HTTP/1.1\r\nhost: test\r\n{headers}\r\n");
    for (request, expected) in [
        (with(""), true),
        (with("connection: close\r\n"), true),
        (with("content-length: 0\r\n"), true),
        (with("accept-encoding: gzip\r\n"), true),
        (get("/sse?fault=split:byte"), true),
        (get("/sse?fault=head-delay:1"), true),
        (get("/topic/a?rate=100"), true),
        (get("/api/monitor"), true),
        (post(&length, chat), true),
        (post("transfer-encoding: chunked\r\n", &chunked), true),
        (with("expect: 100-continue\r\n"), false),
        (with("upgrade: h2c\r\nconnection: upgrade\r\n"), false),
        // Its body is not read.
        (with("content-length: 2\r\n") + "{}", false),
        (
            post(&format!("expect: 100-continue\r\n{length}"), chat),
            false,
        ),
        ("GET /sse HTTP/1.0\r\n\r\n".to_owned(), false),
        (
            "GET /sse HTTP/1.0\r\nconnection: keep-alive\r\n\r\n".to_owned(),
            false,
        ),
        ("HEAD /sse HTTP/1.1\r\nhost: test\r\n\r\n".to_owned(), false),
        (get("/sse?rate=x"), false),
        (get("/sse?fault=refuse:503"), false),
        (get("/healthz"), false),
        (get("/metrics"), false),
    ] {
        assert_eq!(is_handed_over(&request), expected, "{request}");
    }
}

#[test]
fn a_stream_is_written_as_hyper_writes_it() {
    for target in [
        "/sse?rate=0&events=3",
        "/sse?rate=0&events=1",
        "/sse?rate=0&events=20&batch=7&stamp=0",
        "/sse?rate=0&events=7&batch=3&size=30000",
        "/sse?rate=0&events=2&batch=2&size=70000",
        "/sse?rate=0&events=3&retry=5&ids=0",
        "/sse?rate=0&events=3&size=0&fault=split:byte",
        "/sse?rate=0&events=3&size=40&fault=split:utf8,duplicate:1",
        "/sse?rate=0&events=3&fault=content-type:text/plain",
        "/sse?rate=0&events=3&fault=end:2",
        "/sse?rate=0&events=3&fault=cut:2:fin",
        "/sse?rate=0&events=3&fault=cut:2:half",
        "/sse?rate=0&events=3&fault=cut:0:rst",
        "/api/stream?text=hi&interval=0",
    ] {
        for connection in ["connection: close", "Connection: TE, Close", "te: trailers"] {
            let ask = |header: &str| {
                format!("GET {target} HTTP/1.1\r\nhost: test\r\n{connection}\r\n{header}\r\n")
            };
            // hyper does what it does without that header.
            let by_hyper = ask("expect: nothing\r\n");
            let ways = [ask(""), by_hyper.clone()].map(|request| is_handed_over(&request));
            assert_eq!(ways, [true, false], "{target}");
            assert_eq!(writes(&ask("")), writes(&by_hyper), "{target} {connection}");
        }
    }
}

#[test]
fn what_is_taken_in_pieces_is_the_same() {
    for target in [
        "/sse?rate=0&events=3&size=5",
        "/sse?rate=0&events=6&batch=3&size=30000",
        "/sse?rate=0&events=3&fault=split:crlf",
    ] {
        let requests = format!(
            "GET {target} HTTP/1.1\r\nhost: test\r\n\r\n{}",
            get("/healthz")
        );
        let whole = writes(&requests).concat();
        for room in [1, 2, 17, 1_000] {
            // Byte by byte, what is large takes long.
            if whole.len() / room > 10_000 {
                continue;
            }
            let pieces = with_core(async |core| {
                let (client, served) = connect(&core, &requests, false);
                client.borrow_mut().room = Some(room);
                while !served.is_finished() {
                    yield_now().await;
                    let mut client = client.borrow_mut();
                    if client.room == Some(0) {
                        client.room = Some(room);
                        client.server.take().expect("the server waits").wake();
                    }
                }
                let writes = &client.borrow().writes;
                assert!(writes.iter().all(|write| write.len() <= room));
                dateless(&[writes.concat()]).concat()
            });
            assert_eq!(pieces, whole, "{target} in pieces of {room}");
        }
    }
}

#[test]
fn requests_behind_a_stream_are_answered_in_order() {
    for (many, last) in [
        (1, get("/healthz")),
        (40, get("/sse?rate=0&events=3&size=0")),
    ] {
        let all = writes(&(THREE.repeat(many) + &last)).concat();
        assert_eq!(
            all.matches(THREE_CHUNKS).count(),
            all.matches("chunked").count()
        );
        assert_eq!(all.matches("200 OK").count(), many + 1);
        assert_eq!(all.matches("connection: close").count(), 1);
        let last = all.rsplit("HTTP/1.1 200 OK").next().unwrap();
        assert!(last.contains("connection: close"), "{last}");
    }
}

/// Keeps the body of an OPTIONS request for a while, and answers without one of its own.
struct Late(Rc<router::Router>);

impl Handler for Late {
    type Answer = FutureReply;

    fn core(&self) -> &Rc<Core> {
        self.0.core()
    }

    fn answer(&self, peer: IpAddr, gate: &Rc<Gate>, request: Request<RequestBody>) -> FutureReply {
        if request.method() != Method::OPTIONS {
            return self.0.answer(peer, gate, request);
        }
        FutureReply::later(async {
            yield_now().await;
            drop(request);
            response::nothing_left()
        })
    }
}

/// An answer without a body is no obstacle for hyper to read on, though it has not been written.
#[test]
fn a_stream_waits_for_what_hyper_has_to_write_before() {
    let preflight = "OPTIONS /sse HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n";
    with_core(async |core| {
        let client = blocked(preflight);
        let mut connection = connection(Rc::new(Late(router::by_default(&core))), &client);
        let mut poll =
            async || poll_fn(|cx| Poll::Ready(connection.poll(false, cx).is_ready())).await;
        for _ in 0..2 {
            poll().await;
        }
        // What hyper reads to the end, though nobody wants it, since it is there.
        let rest = "{}".to_owned() + &get("/sse?rate=0&events=3&size=0");
        client
            .borrow_mut()
            .request
            .extend_from_slice(rest.as_bytes());
        for _ in 0..3 {
            poll().await;
        }
        assert_eq!(core.stats().open_streams(), 1);
        client.borrow_mut().blocked = false;
        while !poll().await {}
        let all = String::from_utf8(client.borrow().writes.concat()).unwrap();
        assert!(all.starts_with("HTTP/1.1 204 No Content\r\n"), "{all}");
        assert!(all.ends_with(THREE_CHUNKS), "{all}");
    });
}

#[test]
fn a_request_that_comes_in_parts_behind_a_stream_is_answered_after_it() {
    let behind = get("/healthz?") + &" ".repeat(100);
    let (first, second) = behind.split_at(9);
    with_core(async |core| {
        let (client, served) = connect(&core, THREE, true);
        settle().await;
        for part in [first, second] {
            client
                .borrow_mut()
                .request
                .extend_from_slice(part.as_bytes());
            wake(&client);
            settle().await;
            assert!(!served.is_finished() && core.stats().streams_closed.get() == 0);
        }
        client.borrow_mut().blocked = false;
        wake(&client);
        served.await.unwrap();
        let all = client.borrow().writes.concat();
        let all = String::from_utf8(all).unwrap();
        let (_, answer) = all.split_once(THREE_CHUNKS).unwrap();
        assert!(answer.ends_with(r#"{"status":"ok"}"#), "{answer}");
    });
}

#[test]
fn what_comes_behind_a_request_is_no_end_of_its_stream() {
    with_core(async |core| {
        let idle = "GET /sse?ttfe=3600000 HTTP/1.1\r\nhost: test\r\n\r\n";
        let (client, served) = connect(&core, idle, false);
        settle().await;
        client.borrow_mut().request.push(b'G');
        wake(&client);
        settle().await;
        assert!(!served.is_finished() && core.stats().streams_closed.get() == 0);
        core.drain();
        served.await.unwrap();
    });
}

#[test]
fn a_client_that_leaves_while_it_does_not_read_takes_its_stream_with_it() {
    with_core(async |core| {
        let (client, served) = connect(&core, THREE, true);
        settle().await;
        assert_eq!(core.stats().open_streams(), 1);
        client.borrow_mut().gone = true;
        wake(&client);
        served.await.unwrap();
        assert_eq!(core.stats().open_streams(), 0);
        assert!(client.borrow().writes.is_empty());
    });
}

#[test]
fn a_drain_answers_nothing_behind_the_stream_that_is_open() {
    with_core(async |core| {
        let idle = "GET /sse?ttfe=3600000 HTTP/1.1\r\nhost: test\r\n\r\n";
        let (client, served) = connect(&core, &(idle.to_owned() + THREE), false);
        settle().await;
        core.drain();
        served.await.unwrap();
        let all = client.borrow().writes.concat();
        assert!(all.ends_with(b"D\r\nretry: 1000\n\n\r\n0\r\n\r\n"));
        assert_eq!(core.stats().counters().streams, 1);
    });
}

#[test]
fn a_stream_that_begins_in_a_drain_says_that_its_connection_ends() {
    with_core(async |core| {
        let delayed = "GET /sse?fault=head-delay:3600000 HTTP/1.1\r\nhost: test\r\n\r\n";
        let (client, served) = connect(&core, delayed, false);
        settle().await;
        core.drain();
        served.await.unwrap();
        let all = String::from_utf8(client.borrow().writes.concat()).unwrap();
        assert!(all.contains("\r\nconnection: close\r\n"), "{all}");
        assert!(all.ends_with("D\r\nretry: 1000\n\n\r\n0\r\n\r\n"), "{all}");
    });
}

/// hyper, with its state of a kibibyte, has its room only while it is needed.
#[test]
fn a_connection_has_room_for_a_stream_and_not_for_hyper() {
    with_core(async |core| {
        let peer = std::net::Ipv4Addr::LOCALHOST.into();
        let client = Rc::default();
        let served = serve(
            router::by_default(&core),
            peer,
            Wire(client),
            mpsc::channel(1).0,
        );
        let size = size_of_val(&served);
        assert!(size <= 320, "{size} bytes");
    });
}
