//! How long a stream is waited for.

use std::task::{Context, Poll};
use std::time::Duration;

use weir_time::{Alarm, nanoseconds};

use crate::measure::{ErrorKind, Failure};
use crate::plan::Timeouts;
use crate::transport::Exchange;

/// What of the rest of a refused response is waited for, from its head on, to show how it begins.
const EXCERPT_WAIT: Duration = Duration::from_millis(500);

/// What a stream waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WaitsFor {
    FirstEvent,
    NextByte,
    Excerpt,
}

/// A stream's deadlines on one alarm, which is not moved with every event: when it goes off, what was read in between
/// moves it on, and only a deadline that has come nearer moves it at once. A wait costs a compare, not a timer entry.
pub(super) struct Deadline<'a> {
    timeouts: &'a Timeouts,
    requested_ns: u64,
    last_byte_ns: u64,
    /// When the response was seen to be refused.
    refused_ns: u64,
    alarm: &'a mut Alarm,
    /// When it goes off: never after the deadline. `u64::MAX` is never.
    alarm_ns: u64,
}

impl<'a> Deadline<'a> {
    pub(super) fn new(timeouts: &'a Timeouts, alarm: &'a mut Alarm, requested_ns: u64) -> Self {
        Self {
            timeouts,
            requested_ns,
            last_byte_ns: requested_ns,
            refused_ns: u64::MAX,
            alarm,
            alarm_ns: u64::MAX,
        }
    }

    /// Notes that bytes came at `at_ns`, and fails if what is waited for had to come before: bytes that are something else do
    /// not put it off.
    pub(super) fn read(&mut self, at_ns: u64, waits_for: WaitsFor) -> Result<(), Failure> {
        self.last_byte_ns = self.last_byte_ns.max(at_ns);
        if waits_for == WaitsFor::Excerpt {
            self.refused_ns = self.refused_ns.min(at_ns);
        }
        match self.deadline_ns(waits_for) {
            Some(deadline_ns) if deadline_ns <= at_ns => Err(self.expired(waits_for)),
            _ => Ok(()),
        }
    }

    /// Waits until there may be something to read, or the deadline passes.
    pub(super) async fn readable(
        &mut self,
        exchange: &Exchange,
        waits_for: WaitsFor,
    ) -> Result<(), Failure> {
        std::future::poll_fn(|cx| match exchange.poll_readable(cx) {
            Poll::Ready(ready) => Poll::Ready(ready),
            Poll::Pending => self.poll_expired(waits_for, cx).map(Err),
        })
        .await
    }

    fn poll_expired(&mut self, waits_for: WaitsFor, cx: &mut Context<'_>) -> Poll<Failure> {
        let Some(deadline_ns) = self.deadline_ns(waits_for) else {
            return Poll::Pending;
        };
        self.alarm_ns = self.alarm_ns.min(deadline_ns);
        while let Poll::Ready(now_ns) = self.alarm.poll_at(self.alarm_ns, cx) {
            if now_ns >= deadline_ns {
                return Poll::Ready(self.expired(waits_for));
            }
            self.alarm_ns = deadline_ns;
        }
        Poll::Pending
    }

    fn deadline_ns(&self, waits_for: WaitsFor) -> Option<u64> {
        let (from_ns, limit) = match waits_for {
            WaitsFor::FirstEvent => (self.requested_ns, self.timeouts.first_event),
            WaitsFor::NextByte => (self.last_byte_ns, self.timeouts.idle),
            WaitsFor::Excerpt => (self.refused_ns, Some(EXCERPT_WAIT)),
        };
        limit.map(|limit| from_ns.saturating_add(nanoseconds(limit)))
    }

    fn expired(&self, waits_for: WaitsFor) -> Failure {
        let limit = |limit: Option<_>| limit.unwrap_or_default();
        match waits_for {
            WaitsFor::FirstEvent => {
                let detail = format!("no event within {:?}", limit(self.timeouts.first_event));
                Failure::new(ErrorKind::FirstEventTimeout, detail)
            }
            // A refused response says itself what it failed of.
            WaitsFor::NextByte | WaitsFor::Excerpt => {
                let detail = format!("no byte for {:?}", limit(self.timeouts.idle));
                Failure::new(ErrorKind::IdleTimeout, detail)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use weir_time::{Clock, Timers};

    use super::*;

    const REQUESTED_NS: u64 = 1_000_000_000;
    const TIMEOUTS: Timeouts = Timeouts {
        connect: None,
        first_event: Some(Duration::from_millis(300)),
        idle: Some(Duration::from_millis(300)),
    };

    /// What becomes of a stream that reads something each 100 ms, a second long, without a dry moment.
    async fn failure(waits_for: impl Fn(u64) -> WaitsFor) -> Option<(u64, ErrorKind)> {
        let timers = Timers::new(Clock::new()).unwrap();
        let mut alarm = timers.alarm();
        let mut deadline = Deadline::new(&TIMEOUTS, &mut alarm, REQUESTED_NS);
        (1..=10).find_map(|read| {
            let at_ns = REQUESTED_NS + read * 100_000_000;
            let failed = deadline.read(at_ns, waits_for(read)).err();
            failed.map(|failure| (read, failure.kind))
        })
    }

    #[tokio::test]
    async fn bytes_that_are_not_what_is_waited_for_put_no_deadline_off() {
        let of_first_event = failure(|_| WaitsFor::FirstEvent).await;
        assert_eq!(of_first_event, Some((3, ErrorKind::FirstEventTimeout)));
        // Refused at the second read, it is waited for until half a second after that.
        let of_refusal = failure(|read| match read {
            1 => WaitsFor::NextByte,
            _ => WaitsFor::Excerpt,
        });
        assert_eq!(of_refusal.await, Some((7, ErrorKind::IdleTimeout)));
        assert_eq!(failure(|_| WaitsFor::NextByte).await, None);
    }
}
