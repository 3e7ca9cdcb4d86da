//! How long a stream is waited for.

use std::time::Duration;

use weir_time::nanoseconds;

use super::end::End;
use crate::measure::{ErrorKind, Failure};
use crate::plan::Timeouts;

/// What of the rest of a refused response is waited for, from its head on, to show how it begins.
const EXCERPT_WAIT: Duration = Duration::from_millis(500);

/// What a stream waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WaitsFor {
    Connection,
    /// That the other end takes the request.
    Request,
    FirstEvent,
    NextByte,
    Excerpt,
}

/// Until when a stream is waited for. It moves with every byte; who watches over it looks at it again when the instant has come that
/// it once was.
#[derive(Debug)]
pub(super) struct Deadline {
    /// Since when: it was dialled, connected, requested, read from last, or its response was seen to be refused.
    since_ns: u64,
    /// Until its request is written, how long it is meant to be open from then on; afterwards, when it has been; `u64::MAX` is for ever.
    enough_ns: u64,
    waits_for: WaitsFor,
}

impl Deadline {
    /// That of a stream that is dialled then, and is ended after so long, if that is said.
    pub(super) fn new(dialled_ns: u64, lifetime: Option<Duration>) -> Self {
        Self {
            since_ns: dialled_ns,
            enough_ns: lifetime.map_or(u64::MAX, nanoseconds),
            waits_for: WaitsFor::Connection,
        }
    }

    /// Notes that it was connected, and says when it was dialled.
    pub(super) fn connected(&mut self, at_ns: u64) -> u64 {
        let dialled_ns = self.since_ns;
        self.begin(at_ns, WaitsFor::Request);
        dialled_ns
    }

    /// Notes that the request was written.
    pub(super) fn requested(&mut self, at_ns: u64) {
        self.begin(at_ns, WaitsFor::FirstEvent);
        self.enough_ns = at_ns.saturating_add(self.enough_ns);
    }

    fn begin(&mut self, at_ns: u64, waits_for: WaitsFor) {
        self.since_ns = self.since_ns.max(at_ns);
        self.waits_for = waits_for;
    }

    /// Notes that bytes came at `at_ns`, and says whether the stream has to end: what is waited for had to come before, and bytes
    /// that are something else do not put it off.
    pub(super) fn read(
        &mut self,
        at_ns: u64,
        waits_for: WaitsFor,
        timeouts: &Timeouts,
    ) -> Result<Option<End>, Failure> {
        if waits_for == WaitsFor::NextByte || waits_for != self.waits_for {
            self.begin(at_ns, waits_for);
        }
        self.check(at_ns, timeouts)
    }

    /// Says whether the stream has to end at `now_ns`.
    pub(super) fn check(&self, now_ns: u64, timeouts: &Timeouts) -> Result<Option<End>, Failure> {
        if now_ns < self.at_ns(timeouts) {
            return Ok(None);
        }
        self.expired(now_ns, timeouts).map(Some)
    }

    /// When it is; `u64::MAX` is never.
    pub(super) fn at_ns(&self, timeouts: &Timeouts) -> u64 {
        let limit_ns = self.limit(timeouts).map_or(u64::MAX, nanoseconds);
        let expires_ns = self.since_ns.saturating_add(limit_ns);
        if self.is_requested() {
            expires_ns.min(self.enough_ns)
        } else {
            expires_ns
        }
    }

    fn is_requested(&self) -> bool {
        !matches!(self.waits_for, WaitsFor::Connection | WaitsFor::Request)
    }

    fn limit(&self, timeouts: &Timeouts) -> Option<Duration> {
        match self.waits_for {
            WaitsFor::Connection => timeouts.connect,
            WaitsFor::Request | WaitsFor::FirstEvent => timeouts.first_event,
            WaitsFor::NextByte => timeouts.idle,
            WaitsFor::Excerpt => Some(EXCERPT_WAIT),
        }
    }

    fn expired(&self, at_ns: u64, timeouts: &Timeouts) -> Result<End, Failure> {
        if self.is_requested() && self.enough_ns <= at_ns {
            return Ok(End::Enough { ended_ns: at_ns });
        }
        let limit = self.limit(timeouts).unwrap_or_default();
        let (kind, detail) = match self.waits_for {
            WaitsFor::Connection => (
                ErrorKind::ConnectTimeout,
                format!("not connected after {limit:?}"),
            ),
            WaitsFor::Request => (
                ErrorKind::FirstEventTimeout,
                format!("request not taken within {limit:?}"),
            ),
            WaitsFor::FirstEvent => (
                ErrorKind::FirstEventTimeout,
                format!("no event within {limit:?}"),
            ),
            // A refused response says itself what it failed of.
            WaitsFor::NextByte | WaitsFor::Excerpt => {
                (ErrorKind::IdleTimeout, format!("no byte for {limit:?}"))
            }
        };
        Err(Failure::new(kind, detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUESTED_NS: u64 = 1_000_000_000;
    const TIMEOUTS: Timeouts = Timeouts {
        connect: Some(Duration::from_millis(100)),
        first_event: Some(Duration::from_millis(300)),
        idle: Some(Duration::from_millis(300)),
    };

    fn requested(lifetime: Option<Duration>) -> Deadline {
        let mut deadline = Deadline::new(REQUESTED_NS, lifetime);
        deadline.requested(REQUESTED_NS);
        deadline
    }

    /// What becomes of a stream that reads something each 100 ms, a second long, without a dry moment.
    fn failure(waits_for: impl Fn(u64) -> WaitsFor) -> Option<(u64, ErrorKind)> {
        let mut deadline = requested(None);
        (1..=10).find_map(|read| {
            let at_ns = REQUESTED_NS + read * 100_000_000;
            let failed = deadline.read(at_ns, waits_for(read), &TIMEOUTS).err();
            failed.map(|failure| (read, failure.kind))
        })
    }

    #[test]
    fn each_wait_has_its_limit_and_says_what_did_not_come() {
        let mut deadline = Deadline::new(0, None);
        let mut expires = |waits_for, since_ns| {
            deadline.begin(since_ns, waits_for);
            let at_ns = deadline.at_ns(&TIMEOUTS);
            assert_eq!(deadline.check(at_ns - 1, &TIMEOUTS), Ok(None));
            let failure = deadline.check(at_ns, &TIMEOUTS).unwrap_err();
            (at_ns / 1_000_000, failure.kind, failure.detail)
        };
        for (waits_for, expected_ms, kind, detail) in [
            (
                WaitsFor::Connection,
                100,
                ErrorKind::ConnectTimeout,
                "not connected after 100ms",
            ),
            (
                WaitsFor::Request,
                301,
                ErrorKind::FirstEventTimeout,
                "request not taken within 300ms",
            ),
            (
                WaitsFor::FirstEvent,
                302,
                ErrorKind::FirstEventTimeout,
                "no event within 300ms",
            ),
            (
                WaitsFor::NextByte,
                303,
                ErrorKind::IdleTimeout,
                "no byte for 300ms",
            ),
        ] {
            let since_ns = expected_ms % 100 * 1_000_000;
            let expired = expires(waits_for, since_ns);
            assert_eq!(expired, (expected_ms, kind, detail.to_owned()));
        }
    }

    #[test]
    fn a_lifetime_ends_a_stream_that_goes_on_and_one_that_is_silent() {
        let mut deadline = requested(Some(Duration::from_millis(150)));
        let ended_ns = REQUESTED_NS + 150_000_000;
        assert_eq!(deadline.at_ns(&TIMEOUTS), ended_ns);
        let reads = [100, 149, 150].map(|ms| {
            let at_ns = REQUESTED_NS + ms * 1_000_000;
            deadline.read(at_ns, WaitsFor::NextByte, &TIMEOUTS).unwrap()
        });
        let end = Some(End::Enough { ended_ns });
        assert_eq!(reads, [None, None, end]);
        assert_eq!(deadline.check(ended_ns, &TIMEOUTS), Ok(end));
    }

    #[test]
    fn bytes_that_are_not_what_is_waited_for_put_no_deadline_off() {
        let of_first_event = failure(|_| WaitsFor::FirstEvent);
        assert_eq!(of_first_event, Some((3, ErrorKind::FirstEventTimeout)));
        // Refused at the second read, it is waited for until half a second after that.
        let of_refusal = failure(|read| match read {
            1 => WaitsFor::NextByte,
            _ => WaitsFor::Excerpt,
        });
        assert_eq!(of_refusal, Some((7, ErrorKind::IdleTimeout)));
        assert_eq!(failure(|_| WaitsFor::NextByte), None);
    }
}
