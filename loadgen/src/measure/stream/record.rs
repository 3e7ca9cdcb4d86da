//! What is measured of one stream.

use std::time::Duration;

use weir_sse::Stamp;

use super::periodic_due::PeriodicDue;
use super::sequence::{Numbering, Order};
use super::stamped_due::{Missing, StampedDue};
use crate::measure::recorder::CarriedKey;
use crate::measure::{
    Cohort, DueSource, EventMoments, Failure, Metric, Outcome, Recorder, SentTimes,
};

/// What all streams of a run have in common, as far as it is measured.
#[derive(Debug, Clone)]
pub(crate) struct StreamSetup {
    /// Events after which a stream is ended from here.
    pub(crate) events_max: u64,
    /// The period of a server that does not say when its events are due.
    pub(crate) expect_interval: Option<Duration>,
    /// Whether a stream goes on where another one ended, so that its first number may be any.
    pub(crate) is_resumed: bool,
    /// Whether what the stamps say is recorded beside what is measured.
    pub(crate) truth: bool,
}

/// A stream's part of the measurement: what is known of it, until it ends.
///
/// What happens once in its beginning is booked when it happens; a stream that began in the warm-up belongs to the window if it lives
/// to see it. What is known only at the end (its longest silence, its lifetime) is booked then.
#[derive(Debug)]
pub(crate) struct StreamRecord {
    cohort: Cohort,
    is_established: bool,
    has_event: bool,
    carried: CarriedKey,
    intended_ns: u64,
    requested_ns: Moment,
    /// Before the first, of the request.
    last_event_ns: u64,
    silence_ns: u64,
    last_sent_ns: Moment,
    numbering: Numbering,
    stamped: StampedDue,
    /// What is expected of a stream without stamps.
    periodic: Option<Box<PeriodicDue>>,
    /// Of a calibration.
    sent: Option<Box<SentTimes>>,
}

/// An instant in Unix nanoseconds, or none yet, in half the memory of an `Option`: every stream has two.
#[derive(Debug, Clone, Copy)]
struct Moment(u64);

impl Moment {
    const NEVER: Self = Self(0);

    fn get(self) -> Option<u64> {
        (self.0 != Self::NEVER.0).then_some(self.0)
    }
}

impl StreamRecord {
    /// Of a stream that was meant to start at `intended_ns` and does now.
    pub(crate) fn begin(
        cohort: Cohort,
        intended_ns: u64,
        started_ns: u64,
        setup: &StreamSetup,
        recorder: &mut Recorder,
    ) -> Self {
        let mut record = Self {
            cohort,
            is_established: false,
            has_event: false,
            carried: CarriedKey::NONE,
            intended_ns,
            requested_ns: Moment::NEVER,
            last_event_ns: 0,
            silence_ns: 0,
            last_sent_ns: Moment::NEVER,
            numbering: Numbering::Unknown {
                stamps_from: (!setup.is_resumed).then_some(0),
            },
            stamped: StampedDue::default(),
            periodic: setup
                .expect_interval
                .map(|period| Box::new(PeriodicDue::every(period))),
            sent: setup.truth.then(Box::default),
        };
        recorder.started(cohort, started_ns);
        record.begun(Metric::StartLag, intended_ns, started_ns, recorder);
        record
    }

    /// Which population it belongs to.
    pub(crate) fn cohort(&self) -> Cohort {
        self.cohort
    }

    /// Its request has been written.
    pub(crate) fn requested(&mut self, at_ns: u64) {
        self.requested_ns = Moment(at_ns);
        self.last_event_ns = at_ns;
    }

    /// The head of an event stream was read.
    pub(crate) fn established(&mut self, rx_ns: u64, recorder: &mut Recorder) {
        self.is_established = true;
        recorder.established(self.cohort, rx_ns);
        if let Some(requested_ns) = self.requested_ns.get() {
            self.begun(Metric::Headers, requested_ns, rx_ns, recorder);
        }
    }

    /// Whether it has been.
    pub(crate) fn is_established(&self) -> bool {
        self.is_established
    }

    /// An event was read.
    pub(crate) fn event(
        &mut self,
        rx_ns: u64,
        stamp: Option<Stamp>,
        id: Option<&[u8]>,
        recorder: &mut Recorder,
    ) {
        let previous_rx_ns = self.has_event.then_some(self.last_event_ns);
        if previous_rx_ns.is_none() {
            self.first_event(rx_ns, stamp, recorder);
        }
        self.end_silence(rx_ns);
        if let Some(stamp) = stamp {
            self.stamped.take(stamp);
        }
        let order = self.numbering.take(stamp.map(|stamp| stamp.seq), id);
        match order {
            Order::Next => {}
            Order::Ahead { missing } => recorder.lost(self.cohort, missing),
            Order::Late => recorder.reordered(self.cohort),
            Order::Repeated => recorder.duplicated(self.cohort),
        }
        let due_ns = match stamp {
            Some(stamp) => Some(stamp.due_ns),
            None => self
                .periodic
                .as_mut()
                .and_then(|periodic| periodic.arrive(self.numbering.place(id), rx_ns)),
        };
        let sent_ns = stamp.map(|stamp| stamp.sent_ns);
        recorder.event(
            self.cohort,
            EventMoments {
                rx_ns,
                previous_rx_ns,
                due_ns,
                sent_ns,
                previous_sent_ns: self.last_sent_ns.get(),
            },
        );
        self.last_sent_ns = sent_ns.map_or(Moment::NEVER, Moment);
        if let (Some(sent), Some(stamp)) = (&mut self.sent, stamp) {
            let lag_ns = stamp.sent_ns.saturating_sub(stamp.due_ns);
            recorder.true_event(rx_ns, sent.take(stamp.sent_ns), lag_ns);
        }
    }

    /// Whether events that follow the last one in the same read, due and sent with it and next in number from `seq` on, may be
    /// counted as a run.
    pub(crate) fn may_run(&self, seq: u64, recorder: &Recorder) -> bool {
        self.sent.is_none() && recorder.is_batching() && self.numbering.expects(seq)
    }

    /// Counts such a run.
    pub(crate) fn run(&mut self, events: u32, recorder: &mut Recorder) {
        self.stamped.more(events);
        self.numbering.advance(events.into());
        recorder.run(events.into());
    }

    /// Books what its outcome says, and only then what is known of it at its end. A stream that was cut ended with the window.
    pub(crate) fn end(&mut self, outcome: Outcome, setup: &StreamSetup, recorder: &mut Recorder) {
        recorder.sequence = recorder.sequence.max(self.numbering.source());
        recorder.due = recorder.due.max(self.due_source());
        if let Some(periodic) = &self.periodic {
            recorder.seen_periods.merge(periodic.seen());
        }
        let ended_ns = match outcome {
            Outcome::Completed { ended_ns } | Outcome::Cancelled { ended_ns } => {
                recorder.completed(self.cohort, ended_ns);
                ended_ns
            }
            Outcome::Failed { failure, ended_ns } => {
                self.fail(failure, ended_ns, setup, recorder);
                ended_ns
            }
            Outcome::Cut => return self.cut(setup, recorder),
        };
        if self.is_established() {
            recorder.closed(self.cohort, ended_ns);
        }
        if let (Some(requested_ns), true) = (self.requested_ns.get(), self.is_established()) {
            let lifetime_ns = ended_ns.saturating_sub(requested_ns);
            recorder.record(self.cohort, ended_ns, Metric::Lifetime, lifetime_ns);
        }
        self.leave(ended_ns, recorder);
    }

    fn first_event(&mut self, rx_ns: u64, stamp: Option<Stamp>, recorder: &mut Recorder) {
        self.has_event = true;
        self.begun(Metric::Ttfe, self.intended_ns, rx_ns, recorder);
        let Some(requested_ns) = self.requested_ns.get() else {
            return;
        };
        self.begun(Metric::TtfeSent, requested_ns, rx_ns, recorder);
        if let (Some(truth), Some(stamp)) = (&mut recorder.truth, stamp) {
            truth.first_event(stamp.sent_ns.saturating_sub(requested_ns));
        }
    }

    fn begun(&mut self, metric: Metric, from_ns: u64, to_ns: u64, recorder: &mut Recorder) {
        let life = (self.cohort, &mut self.carried);
        recorder.record_beginning(life, to_ns, metric, to_ns.saturating_sub(from_ns));
    }

    fn end_silence(&mut self, at_ns: u64) {
        let silent_ns = at_ns.saturating_sub(self.last_event_ns);
        self.silence_ns = self.silence_ns.max(silent_ns);
        self.last_event_ns = at_ns;
    }

    fn fail(&self, failure: Failure, ended_ns: u64, setup: &StreamSetup, recorder: &mut Recorder) {
        let is_timeout = failure.kind.is_timeout();
        recorder.failed(self.cohort, ended_ns, failure);
        self.settle_owed(ended_ns, setup, recorder);
        if is_timeout {
            self.settle_unanswered(ended_ns, recorder);
        }
    }

    fn cut(&mut self, setup: &StreamSetup, recorder: &mut Recorder) {
        recorder.cut(self.cohort);
        let end_ns = recorder.window().end_ns;
        self.settle_owed(end_ns, setup, recorder);
        self.settle_unanswered(end_ns, recorder);
        self.leave(end_ns, recorder);
    }

    /// A stream that ended without an event had waited for it until then.
    fn settle_unanswered(&self, ended_ns: u64, recorder: &mut Recorder) {
        if !self.has_event && recorder.window().start_ns <= ended_ns {
            let waited_ns = ended_ns.saturating_sub(self.intended_ns);
            recorder.unanswered(self.cohort, ended_ns, waited_ns);
        }
    }

    /// Of a stream that ended before its time, what was due until then and inside the window is censored.
    fn settle_owed(&self, ended_ns: u64, setup: &StreamSetup, recorder: &mut Recorder) {
        let window = recorder.window();
        let end_ns = ended_ns.min(window.end_ns);
        let mut owed = setup.events_max.saturating_sub(self.events());
        let by_period = || self.periodic.as_ref()?.missing(end_ns);
        let missing = self.stamped.missing(end_ns).or_else(by_period);
        for (events, due_ns) in missing.into_iter().flat_map(Missing::groups) {
            let events = events.min(owed);
            if events == 0 {
                break;
            }
            owed -= events;
            if window.contains(due_ns) {
                recorder.censored(self.cohort, end_ns, events, end_ns - due_ns);
            }
        }
    }

    /// Events that it had, as far as it is known when they were due.
    fn events(&self) -> u64 {
        let periodic = self.periodic.as_deref();
        self.stamped.events() + periodic.map_or(0, PeriodicDue::events)
    }

    fn due_source(&self) -> DueSource {
        let is_periodic = |periodic: &PeriodicDue| periodic.events() > 0;
        if self.stamped.events() > 0 {
            DueSource::Stamps
        } else if self.periodic.as_deref().is_some_and(is_periodic) {
            DueSource::ExpectInterval
        } else {
            DueSource::None
        }
    }

    fn leave(&mut self, ended_ns: u64, recorder: &mut Recorder) {
        if self.is_established() {
            self.end_silence(ended_ns);
            recorder.record(self.cohort, ended_ns, Metric::Silence, self.silence_ns);
        }
        recorder.end_beginning(self.carried, ended_ns);
    }
}
