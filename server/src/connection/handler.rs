//! What a connection asks of whoever answers its requests, whichever version of HTTP it speaks.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::Request;

use super::body::Reply;
use super::gate::Gate;
use super::request_body::RequestBody;
use crate::core::thread::Core;

/// Answers the requests of one thread's connections.
pub(crate) trait Handler: 'static {
    /// The reply, be it after some time.
    type Answer: Future<Output = Reply> + Unpin + 'static;

    /// The thread that it answers on.
    fn core(&self) -> &Rc<Core>;

    /// Answers a request of `peer`; the response goes to the socket of `gate`. The request is dropped before a stream
    /// begins, since its head lies in hyper's read buffer and would keep those 8 KiB.
    fn answer(&self, peer: IpAddr, gate: &Rc<Gate>, request: Request<RequestBody>) -> Self::Answer;
}

/// hyper has it that a service may fail. This one answers.
pub(super) struct Answered<A>(pub(super) A);

impl<A: Future<Output = Reply> + Unpin> Future for Answered<A> {
    type Output = Result<Reply, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(Ok)
    }
}
