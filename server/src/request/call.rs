//! A request on its way to the resource that answers it.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

use super::faults;
use super::response;
use crate::connection::body::{Reply, StreamBody};
use crate::connection::gate::Gate;
use crate::connection::request_body::RequestBody;
use crate::core::thread::Core;
use crate::core::ticket::Ticket;
use crate::fault::body;
use crate::fault::kinds::{self, Fault};
use crate::stream::encoding;

/// A request whose head has been read.
pub(crate) struct Call {
    pub(crate) core: Rc<Core>,
    /// Of the socket that the response goes to.
    pub(crate) gate: Rc<Gate>,
    pub(crate) peer: IpAddr,
    /// When its head had been read.
    pub(crate) start_ns: u64,
    pub(crate) head: Parts,
    pub(crate) body: RequestBody,
    /// What stands in the place of the braces of its resource's path, percent-decoded; else empty.
    pub(crate) name: String,
    /// What is to go wrong with its stream.
    pub(crate) faults: Vec<Fault>,
    /// Whether its stream is encoded as its client would have it.
    pub(crate) compress: bool,
}

impl Call {
    /// Answers with the stream that `open` gives, if another one may be open. It is given the gate of the socket that it
    /// writes to.
    pub(crate) fn open(&self, open: impl FnOnce(Ticket, Rc<Gate>) -> StreamBody) -> Reply {
        if self.head.method == Method::HEAD {
            return self.only_head();
        }
        let ticket = match self.admit() {
            Ok(ticket) => ticket,
            Err(refusal) => return *refusal,
        };
        let stream = body::faulty(
            &self.core,
            &self.gate,
            &self.faults,
            self.head.version,
            |gate| open(ticket, gate),
        );
        self.streamed(Some(stream))
    }

    /// Leave to answer with a stream, or with what counts as one.
    ///
    /// # Errors
    /// When it is to be refused, or as many are open as may be: with the answer to that.
    pub(crate) fn admit(&self) -> Result<Ticket, Box<Reply>> {
        if let Some(refusal) = kinds::refusal(&self.faults) {
            return Err(Box::new(response::refused(refusal)));
        }
        Ticket::take(&self.core, self.peer)
            .map_err(|full| Box::new(response::too_many_streams(full)))
    }

    /// What a stream would be answered with, without opening one.
    fn only_head(&self) -> Reply {
        if let Some(refusal) = kinds::refusal(&self.faults) {
            return response::refused(refusal);
        }
        match self.core.shared.admission.would_admit(self.peer) {
            Ok(()) => self.streamed(None),
            Err(full) => response::too_many_streams(full),
        }
    }

    fn streamed(&self, stream: Option<StreamBody>) -> Reply {
        let reply = faults::labelled(&self.faults, response::stream(stream));
        self.encoded(reply)
    }

    fn encoded(&self, stream: Reply) -> Reply {
        if self.compress {
            encoding::negotiate(&self.head.headers, stream)
        } else {
            stream
        }
    }

    /// All of the request's body.
    ///
    /// # Errors
    /// When it is too long, does not come in time or breaks off: with the answer to that.
    pub(crate) async fn read_body(&mut self) -> Result<Bytes, Reply> {
        let limits = &self.core.shared.limits;
        let body = Limited::new(&mut self.body, limits.body_bytes).collect();
        match timeout(limits.request_time().unwrap_or(Duration::MAX), body).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                self.core.stats().reached.body_bytes.add(1);
                Err(response::body_too_long(limits.body_bytes))
            }
            Ok(Err(error)) => Err(response::body_broken(&*error)),
            Err(_) => {
                self.core.stats().reached.body_time.add(1);
                Err(response::body_too_slow(limits.request_time))
            }
        }
    }
}

/// The response to a request, be it after some time.
pub(crate) enum FutureReply {
    /// None once it has been taken.
    Now(Option<Reply>),
    Later(Pin<Box<dyn Future<Output = Reply>>>),
}

impl FutureReply {
    /// What `reply` comes to.
    pub(crate) fn later(reply: impl Future<Output = Reply> + 'static) -> Self {
        Self::Later(Box::pin(reply))
    }

    /// The same, but not before `due_ns`, unless `core` drains.
    pub(crate) fn not_before(self, due_ns: u64, core: Rc<Core>) -> Self {
        Self::later(async move {
            let mut alarm = core.timers.alarm();
            tokio::select! {
                _ = alarm.at(due_ns) => {}
                () = core.drain_begins() => {}
            }
            self.await
        })
    }
}

impl From<Reply> for FutureReply {
    fn from(reply: Reply) -> Self {
        Self::Now(Some(reply))
    }
}

impl Future for FutureReply {
    type Output = Reply;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reply> {
        match self.get_mut() {
            Self::Now(reply) => Poll::Ready(reply.take().expect("a reply is taken once")),
            Self::Later(reply) => reply.as_mut().poll(cx),
        }
    }
}
