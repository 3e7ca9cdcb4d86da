//! How long a stream is waited for.

use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use weir_time::{Alarm, nanoseconds};

use crate::plan::Timeouts;
use crate::transport::Socket;

/// What of the rest of a refused response is waited for, to show how it begins.
const EXCERPT_WAIT: Duration = Duration::from_millis(500);

/// What a stream waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaitsFor {
    FirstEvent,
    NextByte,
    Excerpt,
}

/// Why a wait ended without anything to read.
#[derive(Debug)]
pub(crate) enum Expired {
    FirstEvent,
    Idle,
    Io(io::Error),
}

/// A stream's deadlines on one alarm, which is not moved with every event: when it goes off, what was heard in between
/// moves it on, and only a deadline that has come nearer moves it at once. A wait costs a compare, not a timer entry.
pub(crate) struct Watchdog<'a> {
    timeouts: &'a Timeouts,
    requested_ns: u64,
    heard_ns: u64,
    alarm: &'a mut Alarm,
    /// When it goes off: never after the deadline. `u64::MAX` is never.
    alarm_ns: u64,
}

impl<'a> Watchdog<'a> {
    pub(crate) fn new(timeouts: &'a Timeouts, alarm: &'a mut Alarm, requested_ns: u64) -> Self {
        Self {
            timeouts,
            requested_ns,
            heard_ns: requested_ns,
            alarm,
            alarm_ns: u64::MAX,
        }
    }

    /// Notes that bytes came at `at_ns`.
    pub(crate) fn heard(&mut self, at_ns: u64) {
        self.heard_ns = self.heard_ns.max(at_ns);
    }

    /// Waits until the socket can be read or a deadline passes.
    pub(crate) async fn readable(
        &mut self,
        socket: &Socket,
        waits_for: WaitsFor,
    ) -> Result<(), Expired> {
        std::future::poll_fn(|cx| match socket.poll_readable(cx) {
            Poll::Ready(ready) => Poll::Ready(ready.map_err(Expired::Io)),
            Poll::Pending => self.poll_expired(waits_for, cx).map(Err),
        })
        .await
    }

    fn poll_expired(&mut self, waits_for: WaitsFor, cx: &mut Context<'_>) -> Poll<Expired> {
        let Some((deadline_ns, expired)) = self.deadline(waits_for) else {
            return Poll::Pending;
        };
        self.alarm_ns = self.alarm_ns.min(deadline_ns);
        while let Poll::Ready(now_ns) = self.alarm.poll_at(self.alarm_ns, cx) {
            if now_ns >= deadline_ns {
                return Poll::Ready(expired);
            }
            self.alarm_ns = deadline_ns;
        }
        Poll::Pending
    }

    fn deadline(&self, waits_for: WaitsFor) -> Option<(u64, Expired)> {
        let (from_ns, limit, expired) = match waits_for {
            WaitsFor::FirstEvent => (
                self.requested_ns,
                self.timeouts.first_event,
                Expired::FirstEvent,
            ),
            WaitsFor::NextByte => (self.heard_ns, self.timeouts.idle, Expired::Idle),
            WaitsFor::Excerpt => (self.heard_ns, Some(EXCERPT_WAIT), Expired::Idle),
        };
        limit.map(|limit| (from_ns.saturating_add(nanoseconds(limit)), expired))
    }
}
