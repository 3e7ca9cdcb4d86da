//! How long a stream is waited for.

use std::task::{Context, Poll};
use std::time::Duration;

use weir_time::{Alarm, nanoseconds};

use super::End;
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
    waits_for: WaitsFor,
    /// Since when: the request, the last byte, or when the response was seen to be refused.
    since_ns: u64,
    /// When the stream has been open for as long as it was meant to be; `u64::MAX` is never.
    enough_ns: u64,
    alarm: &'a mut Alarm,
    /// When it goes off: never after the deadline. `u64::MAX` is never.
    alarm_ns: u64,
}

impl<'a> Deadline<'a> {
    pub(super) fn new(timeouts: &'a Timeouts, alarm: &'a mut Alarm, requested_ns: u64) -> Self {
        Self {
            timeouts,
            waits_for: WaitsFor::FirstEvent,
            since_ns: requested_ns,
            enough_ns: u64::MAX,
            alarm,
            alarm_ns: u64::MAX,
        }
    }

    /// Has the stream end after so long, from its request on; to be said before anything is read.
    pub(super) fn end_after(&mut self, lifetime: Option<Duration>) {
        if let Some(lifetime) = lifetime {
            self.enough_ns = self.since_ns.saturating_add(nanoseconds(lifetime));
        }
    }

    /// Notes that bytes came at `at_ns`, and says whether the stream has to end: what is waited for had to come before, and bytes
    /// that are something else do not put it off.
    pub(super) fn read(&mut self, at_ns: u64, waits_for: WaitsFor) -> Result<Option<End>, Failure> {
        if waits_for == WaitsFor::NextByte || waits_for != self.waits_for {
            self.since_ns = self.since_ns.max(at_ns);
        }
        self.waits_for = waits_for;
        if at_ns < self.deadline_ns() {
            return Ok(None);
        }
        self.expired(at_ns).map(Some)
    }

    /// Waits until there may be something to read, or the stream has to end.
    pub(super) async fn readable(&mut self, exchange: &Exchange) -> Result<Option<End>, Failure> {
        std::future::poll_fn(|cx| match exchange.poll_readable(cx) {
            Poll::Ready(ready) => Poll::Ready(ready.map(|()| None)),
            Poll::Pending => self.poll_expired(cx).map(|expired| expired.map(Some)),
        })
        .await
    }

    fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<Result<End, Failure>> {
        let deadline_ns = self.deadline_ns();
        if deadline_ns == u64::MAX {
            return Poll::Pending;
        }
        self.alarm_ns = self.alarm_ns.min(deadline_ns);
        while let Poll::Ready(now_ns) = self.alarm.poll_at(self.alarm_ns, cx) {
            if now_ns >= deadline_ns {
                return Poll::Ready(self.expired(now_ns));
            }
            self.alarm_ns = deadline_ns;
        }
        Poll::Pending
    }

    /// `u64::MAX` is never.
    fn deadline_ns(&self) -> u64 {
        let limit = match self.waits_for {
            WaitsFor::FirstEvent => self.timeouts.first_event,
            WaitsFor::NextByte => self.timeouts.idle,
            WaitsFor::Excerpt => Some(EXCERPT_WAIT),
        };
        let timeout_ns = limit.map_or(u64::MAX, nanoseconds);
        let expires_ns = self.since_ns.saturating_add(timeout_ns);
        expires_ns.min(self.enough_ns)
    }

    fn expired(&self, at_ns: u64) -> Result<End, Failure> {
        if self.enough_ns <= at_ns {
            return Ok(End::Enough { ended_ns: at_ns });
        }
        let limit = |limit: Option<_>| limit.unwrap_or_default();
        Err(match self.waits_for {
            WaitsFor::FirstEvent => {
                let detail = format!("no event within {:?}", limit(self.timeouts.first_event));
                Failure::new(ErrorKind::FirstEventTimeout, detail)
            }
            // A refused response says itself what it failed of.
            WaitsFor::NextByte | WaitsFor::Excerpt => {
                let detail = format!("no byte for {:?}", limit(self.timeouts.idle));
                Failure::new(ErrorKind::IdleTimeout, detail)
            }
        })
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
    async fn a_lifetime_ends_a_stream_that_goes_on_and_one_that_is_silent() {
        let timers = Timers::new(Clock::new()).unwrap();
        let mut alarm = timers.alarm();
        let mut deadline = Deadline::new(&TIMEOUTS, &mut alarm, REQUESTED_NS);
        deadline.end_after(Some(Duration::from_millis(150)));
        let reads = [100, 149, 150].map(|ms| {
            let at_ns = REQUESTED_NS + ms * 1_000_000;
            deadline.read(at_ns, WaitsFor::NextByte).unwrap()
        });
        let ended_ns = REQUESTED_NS + 150_000_000;
        assert_eq!(reads, [None, None, Some(End::Enough { ended_ns })]);
        // That instant is long past.
        let waited = std::future::poll_fn(|cx| deadline.poll_expired(cx));
        assert!(waited.await.is_ok());
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
