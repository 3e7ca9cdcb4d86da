//! From the request that hyper has read to the answer that it writes, whichever version of HTTP it is.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::body::Incoming;

use super::body::Reply;
use super::gate::Gate;
use crate::core::thread::Core;
use crate::request::call::{Answer, Call};
use crate::router;

/// The request is dropped before the stream begins, since its head lies in hyper's read buffer and would keep those 8
/// KiB.
pub(crate) fn respond(
    core: &Rc<Core>,
    peer: IpAddr,
    gate: &Rc<Gate>,
    request: hyper::Request<Incoming>,
) -> impl Future<Output = Result<Reply, Infallible>> + use<> {
    let start_ns = core.timers.clock().now_ns();
    let (head, body) = request.into_parts();
    let answer = router::answer(Call {
        core: Rc::clone(core),
        gate: Rc::clone(gate),
        peer,
        start_ns,
        head,
        body,
        name: String::new(),
        faults: Vec::new(),
    });
    Answered(answer)
}

/// hyper has it that a service may fail. This one answers.
struct Answered(Answer);

impl Future for Answered {
    type Output = Result<Reply, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(Ok)
    }
}
