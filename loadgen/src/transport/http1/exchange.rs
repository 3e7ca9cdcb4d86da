//! A request and its response: a connection, the request's bytes, and the response taken apart in one pass, the head once, then
//! framing and content over the bytes as they lie.

use std::io;

use super::super::tcp::Socket;
use super::super::{ExchangeSetup, Progress, ReadBuffer, Ready, Sink, failure};
use super::{Body, Head, PartialHead};
use crate::measure::{ErrorKind, Failure};

/// A request on a connection of its own, and its response.
pub(crate) struct Exchange {
    socket: Socket,
    stage: Stage,
}

const UNREAD: &str = "a response is read behind the request";

enum Stage {
    Connecting,
    /// So much of the request has been written.
    Asking {
        written: usize,
    },
    Head(Box<PartialHead>),
    Body(Body),
}

impl Exchange {
    /// One whose socket is connecting.
    pub(in crate::transport) fn new(socket: Socket) -> Self {
        Self {
            socket,
            stage: Stage::Connecting,
        }
    }

    pub(in crate::transport) fn go_on(
        &mut self,
        ready: Ready,
        setup: &ExchangeSetup,
        buffer: &mut ReadBuffer,
        sink: &mut impl Sink,
    ) -> Result<Option<Progress>, Failure> {
        if !matches!(self.stage, Stage::Head(_) | Stage::Body(_)) {
            self.ask(setup, sink)?;
            if !ready.is_readable || !matches!(self.stage, Stage::Head(_)) {
                return Ok(None);
            }
        }
        self.read(setup, buffer, sink)
    }

    pub(in crate::transport) fn end_requests(&self) {
        // A socket that is connecting would not any more.
        if !matches!(self.stage, Stage::Connecting) {
            self.socket.end_requests();
        }
    }

    /// Connects, and writes the request, as far as that goes.
    fn ask(&mut self, setup: &ExchangeSetup, sink: &mut impl Sink) -> Result<(), Failure> {
        if matches!(self.stage, Stage::Connecting) {
            let connected = self.socket.connected();
            connected.map_err(|error| failure::connecting(&error))?;
            sink.connected(setup.clock.now_ns());
            self.stage = Stage::Asking { written: 0 };
        }
        if let Stage::Asking { written } = &mut self.stage {
            let asked = self.socket.write(&setup.request, written, setup.clock);
            let asked = asked.map_err(|error| failure::before_response(&error))?;
            if let Some(requested_ns) = asked {
                sink.requested(requested_ns);
                self.stage = Stage::Head(Box::default());
            }
        }
        Ok(())
    }

    fn read(
        &mut self,
        setup: &ExchangeSetup,
        buffer: &mut ReadBuffer,
        sink: &mut impl Sink,
    ) -> Result<Option<Progress>, Failure> {
        let read = self.socket.receive(buffer, setup.clock);
        let Some(received) = read.map_err(|error| self.stage.broken(&error))? else {
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
            Self::Connecting | Self::Asking { .. } => unreachable!("{UNREAD}"),
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
            Self::Connecting | Self::Asking { .. } => unreachable!("{UNREAD}"),
        };
        Err(Failure::new(ErrorKind::Truncated, detail))
    }

    fn broken(&self, error: &io::Error) -> Failure {
        match self {
            Self::Body(_) => failure::in_response(error),
            _ => failure::before_response(error),
        }
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
