//! One connection with HTTP/2: many streams, each a task of its own beside the connection's.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::rc::Rc;

use hyper::Request;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use tokio::sync::mpsc;

use super::close_reason;
use super::gate::Gate;
use super::handler::{Answered, Handler};
use super::request_body::RequestBody;
use super::unsent::{Streams, Tasks, Tracked};
use crate::core::limits::Limits;

/// How many bytes of one stream h2 takes before it has written them: it asks for the next frame when less than this
/// is left. With one byte it is asked for when the last one has gone, as over HTTP/1.1, so that nothing that a stamp calls
/// sent waits here behind other events, and what is held for a reader that does not read is two frames. On one connection
/// 100 streams as fast as they are read come to 672,000 events/s so, and to 366,000 and 236,000 with 16 and 64 KiB, whose
/// many frames leave the caches; a single stream to 177,000, 453,000 and 651,000.
const SEND_BUFFER_BYTES: usize = 1;

/// Serves requests until the client leaves or asks for nothing in its time, or the core drains and the streams that were open
/// have ended. `_open` is held until then.
pub(crate) async fn serve<H: Handler, I: Read + Write + Unpin>(
    handler: Rc<H>,
    peer: IpAddr,
    io: I,
    _open: mpsc::Sender<Infallible>,
) {
    let core = handler.core();
    let (limits, stats) = (&core.shared.limits, core.stats());
    let streams = Rc::new(Streams::default());
    let service = service_fn(|request: Request<Incoming>| {
        let stream = streams.begin();
        let request = request.map(RequestBody::new);
        let answer = Answered(handler.answer(peer, &Rc::new(Gate::without_wait()), request));
        async {
            stream.runs_here();
            answer
                .await
                .map(|reply| reply.map(|body| Tracked::new(body, stream)))
        }
    });
    let mut connection = pin!(http2(limits, &streams).serve_connection(io, service));
    tokio::select! {
        biased;
        ended = connection.as_mut() => return close_reason::of_http2(stats, &ended),
        () = core.drain_begins() => {}
        () = streams.idle(limits, stats) => {
            if !streams.was_asked() {
                stats.reached.head_time.add(1);
            }
        }
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        biased;
        ended = connection => close_reason::of_http2(stats, &ended),
        // It has been told to go, and does not.
        () = streams.idle(limits, stats) => {}
    }
}

fn http2(limits: &Limits, streams: &Rc<Streams>) -> http2::Builder<Tasks> {
    let mut http2 = http2::Builder::new(Tasks(Rc::clone(streams)));
    http2
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_per_connection)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .max_send_buf_size(SEND_BUFFER_BYTES)
        // A peer that is gone is found within its time: half of it until a ping, half of it for the answer.
        .keep_alive_interval((!limits.peer_time.is_zero()).then_some(limits.peer_time / 2))
        .keep_alive_timeout(limits.peer_time / 2);
    http2
}
