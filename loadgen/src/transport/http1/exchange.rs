//! A response as it comes, taken apart in one pass: the head once, then framing and content over the bytes as they lie.

use std::io;
use std::task::{Context, Poll};

use super::super::tcp::OpenSocket;
use super::super::{Progress, ReadBuffer, Sink, failure};
use super::{Body, Head, PartialHead};
use crate::measure::{ErrorKind, Failure};

/// A request that was sent, and its response.
pub(crate) struct Exchange {
    socket: OpenSocket,
    stage: Stage,
}

enum Stage {
    Head(PartialHead),
    Body(Body),
}

impl Exchange {
    /// One whose request has been written.
    pub(super) fn new(socket: OpenSocket) -> Self {
        Self {
            socket,
            stage: Stage::Head(PartialHead::default()),
        }
    }

    pub(in crate::transport) fn poll_readable(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        let ready = self.socket.poll_readable(cx);
        ready.map_err(|error| self.broken(&error))
    }

    pub(in crate::transport) fn read(
        &mut self,
        buffer: &mut ReadBuffer,
        sink: &mut impl Sink,
    ) -> Result<Option<Progress>, Failure> {
        let read = self.socket.receive(buffer);
        let Some(received) = read.map_err(|error| self.broken(&error))? else {
            return Ok(None);
        };
        let is_complete = if received.bytes == 0 {
            self.stage.ended().map(|()| true)
        } else {
            sink.received(received);
            self.stage.take(buffer.bytes(received), sink)
        };
        Ok(Some(Progress {
            received,
            is_all: received.bytes < buffer.capacity(),
            is_complete,
        }))
    }

    fn broken(&self, error: &io::Error) -> Failure {
        match self.stage {
            Stage::Head(_) => failure::before_response(error),
            Stage::Body(_) => failure::in_response(error),
        }
    }
}

impl Stage {
    /// Takes the bytes of one read, and says whether the response is complete, or the sink has had enough.
    fn take(&mut self, bytes: &[u8], sink: &mut impl Sink) -> Result<bool, Failure> {
        match self {
            Self::Body(body) => take_body(body, bytes, sink),
            Self::Head(part) => match part.take(bytes)? {
                None => Ok(false),
                Some((head, rest)) => self.begin(head, &rest, sink),
            },
        }
    }

    fn begin(&mut self, head: Head, rest: &[u8], sink: &mut impl Sink) -> Result<bool, Failure> {
        let mut body = Body::new(head.framing);
        if sink.head(head.into()).is_break() {
            return Ok(true);
        }
        let is_complete = take_body(&mut body, rest, sink);
        *self = Self::Body(body);
        is_complete
    }

    /// The connection's end: the response's, if the framing allows it.
    fn ended(&mut self) -> Result<(), Failure> {
        let detail = match self {
            Self::Body(body) if body.may_end() => return Ok(()),
            Self::Body(_) => "the connection ended in the middle of the response",
            Self::Head(part) => {
                part.end()?;
                "the connection ended before the response head"
            }
        };
        Err(Failure::new(ErrorKind::Truncated, detail))
    }
}

fn take_body(body: &mut Body, mut bytes: &[u8], sink: &mut impl Sink) -> Result<bool, Failure> {
    while let Some(run) = body.next(&mut bytes)? {
        if sink.content(run).is_break() {
            return Ok(true);
        }
    }
    Ok(body.is_complete())
}

impl From<Head> for super::super::Head {
    fn from(head: Head) -> Self {
        let Head {
            status,
            reason,
            content_type,
            location,
            framing: _,
        } = head;
        Self {
            status,
            reason,
            content_type,
            location,
        }
    }
}
