//! One stream's part of the measurement.

use std::rc::Rc;

use weir_sse::Stamp;

use super::periodic_due::Expected;
use super::sequence::{Arrival, Numbering};
use super::stamped_due::{Missing, Schedule};
use super::{DueSource, EventMoments, Failure, Metric, Recorder, SentTimes};
use crate::stream::Context;

/// When things happened to a stream, and how it ended. A stream dropped before its end was cut by the run's.
///
/// What happens once in a stream (its start, its longest silence) is recorded when the stream ends, and only if that is
/// inside the window or later: so a stream belongs to the window if it was still alive in it.
pub(crate) struct StreamRecord {
    context: Rc<Context>,
    intended_ns: u64,
    started_ns: u64,
    connected_ns: Moment,
    requested_ns: Moment,
    head_ns: Moment,
    first_event_ns: Moment,
    /// Of the last event; before the first, of the request.
    last_heard_ns: u64,
    silence_ns: u64,
    last_sent_ns: Moment,
    numbering: Numbering,
    schedule: Schedule,
    /// What is expected of a stream without stamps.
    expected: Option<Box<Expected>>,
    /// Of a calibration.
    sent: Option<Box<SentTimes>>,
    /// Of a stream that ended by itself: when the read that completed it was received, or why it failed.
    outcome: Option<Result<u64, Failure>>,
}

/// An instant in Unix nanoseconds, or none yet, in half the memory of an `Option`: every stream has five.
#[derive(Debug, Clone, Copy)]
struct Moment(u64);

impl Moment {
    const NEVER: Self = Self(0);

    fn get(self) -> Option<u64> {
        (self.0 != Self::NEVER.0).then_some(self.0)
    }
}

impl StreamRecord {
    /// Begins a stream now.
    pub(crate) fn begin(context: &Rc<Context>, intended_ns: u64) -> Self {
        let started_ns = context.clock.now_ns();
        context.recorder.borrow_mut().started(started_ns);
        let resumed = context.plan.request.has("last-event-id");
        Self {
            context: Rc::clone(context),
            intended_ns,
            started_ns,
            connected_ns: Moment::NEVER,
            requested_ns: Moment::NEVER,
            head_ns: Moment::NEVER,
            first_event_ns: Moment::NEVER,
            last_heard_ns: 0,
            silence_ns: 0,
            last_sent_ns: Moment::NEVER,
            numbering: Numbering::Unknown {
                stamps_from: (!resumed).then_some(0),
            },
            schedule: Schedule::default(),
            expected: context
                .plan
                .expect_interval
                .map(|period| Box::new(Expected::every(period))),
            sent: context.plan.truth.then(Box::default),
            outcome: None,
        }
    }

    /// After so many events the stream is ended from here.
    pub(crate) fn events_max(&self) -> u64 {
        self.context.plan.events_per_stream.unwrap_or(u64::MAX)
    }

    pub(crate) fn connected(&mut self, at_ns: u64) {
        self.connected_ns = Moment(at_ns);
    }

    pub(crate) fn requested(&mut self, at_ns: u64) {
        self.requested_ns = Moment(at_ns);
        self.last_heard_ns = at_ns;
    }

    /// The head of an event stream was read.
    pub(crate) fn established(&mut self, rx_ns: u64, recorder: &mut Recorder) {
        self.head_ns = Moment(rx_ns);
        recorder.established();
        self.context.gauge.opened();
    }

    /// An event was read.
    pub(crate) fn event(
        &mut self,
        rx_ns: u64,
        stamp: Option<Stamp>,
        id: Option<&[u8]>,
        recorder: &mut Recorder,
    ) {
        let previous_rx_ns = self.first_event_ns.get().map(|_| self.last_heard_ns);
        if previous_rx_ns.is_none() {
            self.first_event_ns = Moment(rx_ns);
        }
        self.hear(rx_ns);
        if let Some(stamp) = stamp {
            self.schedule.arrive(stamp);
        }
        match self.numbering.arrive(stamp.map(|stamp| stamp.seq), id) {
            Arrival::InOrder => {}
            Arrival::Ahead { missing } => {
                let lost = &mut recorder.counters.lost;
                *lost = lost.saturating_add(missing);
            }
            Arrival::Late => {
                recorder.counters.lost -= 1;
                recorder.counters.reordered += 1;
            }
            Arrival::Repeated => recorder.counters.duplicated += 1,
        }
        let due_ns = match stamp {
            Some(stamp) => Some(stamp.due_ns),
            None => self
                .expected
                .as_mut()
                .map(|expected| expected.arrive(rx_ns)),
        };
        let sent_ns = stamp.map(|stamp| stamp.sent_ns);
        recorder.event(EventMoments {
            rx_ns,
            previous_rx_ns,
            due_ns,
            sent_ns,
            previous_sent_ns: self.last_sent_ns.get(),
        });
        self.last_sent_ns = sent_ns.map_or(Moment::NEVER, Moment);
        if let (Some(sent), Some(stamp)) = (&mut self.sent, stamp) {
            let lag_ns = stamp.sent_ns.saturating_sub(stamp.due_ns);
            recorder.true_event(rx_ns, sent.arrive(stamp.sent_ns), lag_ns);
        }
    }

    /// Ends the stream with what came of it.
    pub(crate) fn end(mut self, outcome: Result<u64, Failure>) {
        self.outcome = Some(outcome);
    }

    fn hear(&mut self, at_ns: u64) {
        self.silence_ns = self
            .silence_ns
            .max(at_ns.saturating_sub(self.last_heard_ns));
        self.last_heard_ns = at_ns;
    }

    fn settle(&mut self) {
        let context = Rc::clone(&self.context);
        let mut recorder = context.recorder.borrow_mut();
        if self.head_ns.get().is_some() {
            context.gauge.closed();
        }
        recorder.sequence = recorder.sequence.max(self.numbering.source());
        recorder.due = recorder.due.max(self.due_source());
        let ended_ns = match self.outcome.take() {
            None => self.settle_cut(&mut recorder),
            Some(outcome) => self.settle_ended(outcome, &mut recorder),
        };
        self.settle_durations(ended_ns, &mut recorder);
    }

    fn settle_ended(&self, outcome: Result<u64, Failure>, recorder: &mut Recorder) -> u64 {
        if self.head_ns.get().is_some() {
            recorder.closed();
        }
        let ended_ns = match outcome {
            Ok(ended_ns) => {
                recorder.completed(ended_ns);
                ended_ns
            }
            Err(Failure { kind, detail }) => {
                let ended_ns = self.context.clock.now_ns();
                recorder.failed(kind, detail, ended_ns);
                self.settle_owed(ended_ns, recorder);
                if kind.is_timeout() {
                    self.settle_unanswered(ended_ns, recorder);
                }
                ended_ns
            }
        };
        self.settle_lifetime(ended_ns, recorder);
        ended_ns
    }

    /// A cut stream ended with the window.
    fn settle_cut(&self, recorder: &mut Recorder) -> u64 {
        recorder.counters.streams_cut += 1;
        let end_ns = recorder.window.end_ns;
        self.settle_owed(end_ns, recorder);
        self.settle_unanswered(end_ns, recorder);
        end_ns
    }

    /// A stream that ended without an event had waited for it until then.
    fn settle_unanswered(&self, ended_ns: u64, recorder: &mut Recorder) {
        if self.first_event_ns.get().is_none() && recorder.window.start_ns <= ended_ns {
            recorder.unanswered(ended_ns.saturating_sub(self.intended_ns));
        }
    }

    /// Of a stream that ended before its time, what was due until then and inside the window is censored.
    fn settle_owed(&self, ended_ns: u64, recorder: &mut Recorder) {
        let window = recorder.window;
        let end_ns = ended_ns.min(window.end_ns);
        let mut owed = self.owed();
        let by_period = || self.expected.as_ref()?.missing(end_ns);
        let missing = self.schedule.missing(end_ns).or_else(by_period);
        for (events, due_ns) in missing.into_iter().flat_map(Missing::groups) {
            let events = events.min(owed);
            if events == 0 {
                break;
            }
            owed -= events;
            if window.contains(due_ns) {
                recorder.censored(events, end_ns - due_ns);
            }
        }
    }

    /// How many events the stream would have been read on for.
    fn owed(&self) -> u64 {
        let expected = self.expected.as_deref().map_or(0, Expected::events);
        self.events_max()
            .saturating_sub(self.schedule.events() + expected)
    }

    fn due_source(&self) -> DueSource {
        if self.schedule.events() > 0 {
            DueSource::Stamps
        } else if self
            .expected
            .as_ref()
            .is_some_and(|expected| expected.events() > 0)
        {
            DueSource::ExpectInterval
        } else {
            DueSource::None
        }
    }

    fn settle_lifetime(&self, ended_ns: u64, recorder: &mut Recorder) {
        if let (Some(requested_ns), Some(_)) = (self.requested_ns.get(), self.head_ns.get())
            && recorder.window.start_ns <= ended_ns
        {
            recorder.duration(Metric::Lifetime, ended_ns.saturating_sub(requested_ns));
        }
    }

    fn settle_durations(&mut self, ended_ns: u64, recorder: &mut Recorder) {
        if ended_ns < recorder.window.start_ns {
            return;
        }
        let requested_ns = self.requested_ns.get();
        let mut span = |metric, from_ns: Option<u64>, to_ns: Option<u64>| {
            if let (Some(from_ns), Some(to_ns)) = (from_ns, to_ns) {
                recorder.duration(metric, to_ns.saturating_sub(from_ns));
            }
        };
        span(
            Metric::StartLag,
            Some(self.intended_ns),
            Some(self.started_ns),
        );
        span(
            Metric::Connect,
            Some(self.started_ns),
            self.connected_ns.get(),
        );
        span(Metric::Headers, requested_ns, self.head_ns.get());
        let first_event_ns = self.first_event_ns.get();
        span(Metric::Ttfe, Some(self.intended_ns), first_event_ns);
        span(Metric::TtfeSent, requested_ns, first_event_ns);
        let first_sent_ns = self.sent.as_ref().and_then(|sent| sent.first_ns());
        if let (Some(truth), Some(requested_ns), Some(first_sent_ns)) =
            (&mut recorder.truth, requested_ns, first_sent_ns)
        {
            truth.first_event(first_sent_ns.saturating_sub(requested_ns));
        }
        if self.head_ns.get().is_some() {
            self.hear(ended_ns);
            recorder.duration(Metric::Silence, self.silence_ns);
        }
    }
}

impl Drop for StreamRecord {
    fn drop(&mut self) {
        self.settle();
    }
}
