//! The stream of one subscriber.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use weir_sse::Stamp;
use weir_time::Alarm;

use super::seat::{Seat, Subscription};
use super::topic::Message;
use crate::connection::body::{Cut, Polled};
use crate::connection::gate::Gate;
use crate::core::thread::Core;
use crate::stream::counted::Source;
use crate::stream::eventless::{self, HEARTBEAT};

/// What is published from now on and, for one that comes back, what it has missed. Each frame is one event or one
/// heartbeat.
pub(crate) struct Subscriber {
    seat: Seat,
    /// When what it has missed is due: it was not there before.
    opened_ns: u64,
    /// Number of the message from which its stamps count: a stream's events count from 0, those of one that comes back
    /// go on from where it was.
    first: u64,
    /// To be told first.
    retry_ms: Option<u64>,
    alarm: Alarm,
    heartbeat_ns: u64,
    heartbeat_every_ns: u64,
    stamped: bool,
}

impl Subscriber {
    /// For whoever has taken `seat`.
    pub(crate) fn new(core: &Core, seat: Seat, asked: &Subscription) -> Self {
        let timers = &core.timers;
        let heartbeat_every_ns = asked.heartbeat_ns.unwrap_or(u64::MAX);
        let now_ns = timers.clock().now_ns();
        Self {
            first: if asked.last.is_some() { 0 } else { seat.next() },
            seat,
            opened_ns: now_ns,
            retry_ms: asked.retry_ms,
            alarm: timers.alarm(),
            heartbeat_ns: now_ns.saturating_add(heartbeat_every_ns),
            heartbeat_every_ns,
            stamped: asked.stamped,
        }
    }

    fn poll_bytes(&mut self, core: &Core, gate: &Gate, cx: &mut Context<'_>) -> Poll<Bytes> {
        if let Some(retry_ms) = self.retry_ms.take() {
            return Poll::Ready(eventless::retry(retry_ms));
        }
        ready!(gate.poll_open());
        if let Some(message) = self.seat.pop_missed() {
            return Poll::Ready(self.take(core, &message, self.opened_ns));
        }
        if let Poll::Ready(message) = self.seat.poll_pop(cx) {
            return Poll::Ready(self.take(core, &message, message.due_ns));
        }
        ready!(self.alarm.poll_at(self.heartbeat_ns, cx));
        self.heartbeat_ns = self.heartbeat_ns.saturating_add(self.heartbeat_every_ns);
        Poll::Ready(Bytes::from_static(HEARTBEAT))
    }

    fn take(&self, core: &Core, message: &Message, due_ns: u64) -> Bytes {
        let sent_ns = core.timers.clock().now_ns();
        core.stats().events.add(1);
        core.stats().lag.record(sent_ns.saturating_sub(due_ns), 1);
        if !self.stamped {
            return message.bytes.clone();
        }
        let stamp = Stamp {
            seq: message.number - self.first,
            due_ns,
            sent_ns,
        };
        let mut line = [0; Stamp::LEN];
        stamp.write(&mut line);
        [&line, &message.bytes[..]].concat().into()
    }
}

impl Source for Subscriber {
    fn poll_next(&mut self, core: &Core, gate: &Gate, cx: &mut Context<'_>) -> Polled {
        if self.seat.is_overrun() {
            return Poll::Ready(Some(Err(Cut)));
        }
        self.poll_bytes(core, gate, cx).map(|bytes| Some(Ok(bytes)))
    }
}
