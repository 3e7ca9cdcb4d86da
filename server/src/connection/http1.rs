//! One connection with HTTP/1.1, from its first request to its end.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use tokio::sync::mpsc;

use super::close_reason;
use super::gate::{Gate, Gated, Transport};
use super::handler::{Answered, Handler};
use crate::core::limits::Limits;

/// Where hyper starts to write rather than take another frame: a tape block of 64 KiB, and room for a response's
/// head. A batch no larger than a block, stamps and all, spans two blocks at most, so its first frame always leaves
/// room for its second, and both go out in one write. More than this and one frame is never held for a reader that
/// does not read.
const WRITE_BUFFER_BYTES: usize = (64 + 4) * 1024;

/// Polls of hyper in a row, of two frames each, before other streams have their turn: what belongs to a connection is in
/// the caches then. With 1,000 streams as fast as they are read, in ones, weir-server spends 1.0 us of user time on an event,
/// and 1.6 us with one poll a turn (`ceiling`, medians of 3).
const POLLS_IN_A_TURN: usize = 2;

/// Serves requests until the client leaves, or the core drains and the stream that was open has ended. `_open` is held
/// until then.
pub(crate) async fn serve<H: Handler, I: Transport>(
    handler: Rc<H>,
    peer: IpAddr,
    io: I,
    _open: mpsc::Sender<Infallible>,
) {
    let gate = Rc::new(Gate::default());
    let io = Gated::new(io, Rc::clone(&gate));
    let service = service_fn(|request| Answered(handler.answer(peer, &gate, request)));
    let mut connection = pin!(http1(&handler.core().shared.limits).serve_connection(io, service));
    tokio::select! {
        biased;
        ended = poll_fn(|cx| poll_turn(connection.as_mut(), &gate, cx)) => {
            return close_reason::of_http1(handler.core().stats(), &ended);
        }
        () = handler.core().drain_begins() => connection.as_mut().graceful_shutdown(),
    }
    let ended = poll_fn(|cx| poll_turn(connection.as_mut(), &gate, cx)).await;
    close_reason::of_http1(handler.core().stats(), &ended);
}

/// Ready when the connection has ended.
fn poll_turn<T>(
    mut connection: Pin<&mut impl Future<Output = T>>,
    gate: &Gate,
    cx: &mut Context<'_>,
) -> Poll<T> {
    for _ in 0..POLLS_IN_A_TURN {
        if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
            return Poll::Ready(ended);
        }
        if !gate.ends_wait() {
            return Poll::Pending;
        }
    }
    // There is more to write, once the other streams have had their turn.
    cx.waker().wake_by_ref();
    Poll::Pending
}

fn http1(limits: &Limits) -> http1::Builder {
    let mut http1 = http1::Builder::new();
    http1
        // A client that goes away is noticed at once, not at the next write.
        .half_close(false)
        .timer(TokioTimer::new())
        .header_read_timeout(limits.request_time())
        .max_header_size(limits.head_bytes)
        .max_buf_size(WRITE_BUFFER_BYTES);
    http1
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::{self, IoSlice};
    use std::task::Waker;
    use std::time::Duration;

    use hyper::rt::{Read, ReadBufCursor, Write};
    use tokio::task::{JoinHandle, spawn_local, yield_now};

    use super::*;
    use crate::core::thread::{Core, with_core};
    use crate::router;

    /// The client's end of a connection in memory.
    #[derive(Default)]
    struct Client {
        request: Vec<u8>,
        gone: bool,
        /// Takes nothing, as the socket of a reader that does not read.
        blocked: bool,
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
            buf.put_slice(&std::mem::take(&mut client.request));
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
            if client.blocked {
                client.server = Some(cx.waker().clone());
                return Poll::Pending;
            }
            if client.writes.is_empty() {
                // Long enough for every event these tests pace to be late.
                std::thread::sleep(Duration::from_millis(2));
            }
            let taken: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
            let size = taken.len();
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

    fn connect(
        core: &Rc<Core>,
        request: &str,
        blocked: bool,
    ) -> (Rc<RefCell<Client>>, JoinHandle<()>) {
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
}
