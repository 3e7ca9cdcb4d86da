//! Which replies are handed over: taken from hyper before it writes any of them, connection and all.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use http::header::{CONNECTION, EXPECT, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, Method, Request, Version};
use hyper::body::{Body, Incoming};
use hyper::service::Service;

use super::head;
use crate::connection::body::Reply;
use crate::connection::gate::Gate;
use crate::connection::handler::Handler;
use crate::connection::request_body::RequestBody;

/// A stream that is to be written without hyper.
pub(super) struct HandedOver {
    pub(super) reply: Reply,
    /// Whether the connection ends with it.
    pub(super) closes: bool,
}

/// Where a stream that is handed over waits for who takes the connection.
pub(super) type Slot = Rc<Cell<Option<HandedOver>>>;

/// What hyper asks for replies.
pub(super) struct Asked<H> {
    pub(super) handler: Rc<H>,
    pub(super) peer: IpAddr,
    pub(super) gate: Rc<Gate>,
    pub(super) slot: Slot,
}

impl<H: Handler> Service<Request<Incoming>> for Asked<H> {
    type Response = Reply;
    type Error = Infallible;
    type Future = Answer<H>;

    fn call(&self, request: Request<Incoming>) -> Answer<H> {
        let is_read = Rc::new(Cell::new(false));
        let is_plain = is_plain(&request);
        let closes = is_last(request.headers());
        let request = request.map(|body| RequestBody::watched(body, Rc::clone(&is_read)));
        Answer {
            reply: self.handler.answer(self.peer, &self.gate, request),
            is_over: false,
            is_plain,
            is_read,
            closes,
            handler: Rc::clone(&self.handler),
            peer: self.peer,
            gate: Rc::clone(&self.gate),
            slot: Rc::clone(&self.slot),
        }
    }
}

/// Whether a stream is all that there is to answer `request` with.
fn is_plain(request: &Request<Incoming>) -> bool {
    let headers = request.headers();
    request.version() == Version::HTTP_11
        && matches!(*request.method(), Method::GET | Method::POST)
        && ![EXPECT, UPGRADE]
            .iter()
            .any(|name| headers.contains_key(name))
}

/// Whether the client asks for nothing more on its connection (RFC 9112, section 9.6), or cannot be trusted to (section 6.1):
/// as hyper has it.
fn is_last(headers: &HeaderMap) -> bool {
    let is_close = |value: &http::HeaderValue| {
        let options = value.to_str().unwrap_or_default().split(',');
        options
            .map(str::trim)
            .any(|option| option.eq_ignore_ascii_case("close"))
    };
    headers.get_all(CONNECTION).iter().any(is_close)
        || headers.contains_key(TRANSFER_ENCODING)
            && headers.contains_key(http::header::CONTENT_LENGTH)
}

/// The reply to a request, be it after some time. Never comes where it is handed over.
pub(super) struct Answer<H: Handler> {
    reply: H::Answer,
    is_over: bool,
    is_plain: bool,
    is_read: Rc<Cell<bool>>,
    closes: bool,
    handler: Rc<H>,
    peer: IpAddr,
    gate: Rc<Gate>,
    slot: Slot,
}

impl<H: Handler> Answer<H> {
    /// A stream without an end that is known, to a request of which nothing is left.
    fn is_handed_over(&self, reply: &Reply) -> bool {
        let body = reply.body();
        self.is_plain
            && self.is_read.get()
            && head::is_plain(reply)
            && !body.is_over()
            && body.size_hint().exact().is_none()
    }
}

impl<H: Handler> Future for Answer<H> {
    type Output = Result<Reply, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.is_over {
            return Poll::Pending;
        }
        let reply = ready!(Pin::new(&mut self.reply).poll(cx));
        self.is_over = true;
        let (peer, status) = (self.peer, reply.status().as_u16());
        if !self.is_handed_over(&reply) {
            tracing::debug!(%peer, status, way = "hyper", "reply");
            return Poll::Ready(Ok(reply));
        }
        tracing::debug!(%peer, status, way = "handed over", "reply");
        let closes = self.closes || self.handler.core().is_draining();
        self.slot.set(Some(HandedOver { reply, closes }));
        // hyper opens it when it has written all that it had to before.
        self.gate.close();
        Poll::Pending
    }
}
