//! One worker's record of a run, each thing in the interval in which it happened.

mod batch;
mod carried;
mod interval;
mod place;
mod shipping;
mod streams;
#[cfg(test)]
mod tests;
mod totals;

pub(crate) use self::carried::CarriedKey;
pub use self::interval::{CohortShard, IntervalShard};
pub use self::totals::Totals;

use self::batch::{Batch, Delivered};
use self::carried::Carried;
use self::place::{Here, Stage};
use super::{Cohort, DueSource, Metric, Received, Rx, SeenPeriods, SequenceSource, Truth, Window};

/// When an event was due, sent and received, as far as is known.
#[derive(Debug, Clone, Copy)]
pub struct EventMoments {
    /// Receive time of the read that completed it, Unix nanoseconds.
    pub rx_ns: u64,
    /// Receive time of the event before it on the stream.
    pub previous_rx_ns: Option<u64>,
    /// When it was due.
    pub due_ns: Option<u64>,
    /// When the server sent it.
    pub sent_ns: Option<u64>,
    /// When it sent the one before it on the stream.
    pub previous_sent_ns: Option<u64>,
}

/// One worker's counters and histograms, of the intervals that are not shipped yet. Its size does not depend on how many events or
/// streams it has seen, nor for how long; until the window begins it also has what streams that are open bring into it.
///
/// What happens is booked to the interval of the instant at which it happened, a receive time where there is one, and not to that in
/// which the worker came to it. An interval is open until it is shipped; what comes later still is booked to the oldest that is.
#[derive(Debug)]
pub struct Recorder {
    window: Window,
    /// What sequences were told by.
    pub sequence: SequenceSource,
    /// What deliveries were counted from.
    pub due: DueSource,
    /// What periods streams without stamps were seen to have.
    pub seen_periods: SeenPeriods,
    /// Whether every read so far carried a kernel receive time.
    pub kernel_rx: bool,
    /// The furthest that an event was sent after it was received: by so much, at least, the server's clock is ahead.
    pub server_ahead_ns: u64,
    /// When the last stream was begun; 0 without one.
    pub last_start_ns: u64,
    /// What the stamps say of the same events and streams, in a calibration.
    pub truth: Option<Box<Truth>>,
    /// By index, without a hole, and never none.
    open: Vec<IntervalShard>,
    here: Here,
    batch: Batch,
    carried: Carried,
    /// By cohort, at the end of the last interval that was shipped.
    streams_open: Vec<i64>,
}

impl Recorder {
    /// An empty record of a run that begins at `begin_ns`, and of so many cohorts.
    #[must_use]
    pub fn new(begin_ns: u64, window: Window, cohorts: usize) -> Self {
        let first = window.interval_of(begin_ns.min(window.start_ns));
        Self {
            window,
            sequence: SequenceSource::None,
            due: DueSource::None,
            seen_periods: SeenPeriods::NONE,
            kernel_rx: true,
            server_ahead_ns: 0,
            last_start_ns: 0,
            truth: None,
            open: vec![IntervalShard::new(first, cohorts)],
            here: Here::NOWHERE,
            batch: Batch::default(),
            carried: Carried::default(),
            streams_open: vec![0; cohorts],
        }
    }

    /// What counts for latencies and throughput.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
    }

    /// Has the window end then.
    pub fn end_window(&mut self, end_ns: u64) {
        self.record_batch();
        self.window.end_ns = end_ns;
        self.here = Here::NOWHERE;
    }

    /// Counts a read.
    pub fn read(&mut self, cohort: Cohort, received: Received) {
        let bytes = received.bytes as u64;
        self.go_to(received.rx_ns);
        let is_inside = self.here.stage == Stage::Inside;
        let part = self.part(cohort);
        part.counters.reads += 1;
        part.counters.bytes += bytes;
        part.totals.bytes += if is_inside { bytes } else { 0 };
    }

    /// Counts an event of the present read. What it has in common with others of that is counted and recorded when the read is
    /// [`Recorder::decoded`].
    pub fn event(&mut self, cohort: Cohort, moments: EventMoments) {
        if self.batch.take(&moments) {
            return;
        }
        let EventMoments {
            rx_ns,
            previous_rx_ns,
            due_ns,
            sent_ns,
            previous_sent_ns: _,
        } = moments;
        self.go_to(rx_ns);
        if self.here.stage != Stage::Inside {
            return self.outside(cohort, rx_ns, due_ns);
        }
        self.batch.cohort = cohort;
        match previous_rx_ns.map(|previous_ns| rx_ns.saturating_sub(previous_ns)) {
            None => {}
            Some(0) => self.batch.gap_of_nothing(&moments),
            Some(gap_ns) => self.part(cohort).bank.record(Metric::Gap, gap_ns),
        }
        let Some(due_ns) = due_ns else {
            let part = self.part(cohort);
            part.counters.events += 1;
            part.totals.events += 1;
            return;
        };
        self.record_batch();
        let delivered = Delivered {
            rx_ns,
            due_ns,
            sent_ns,
        };
        self.batch = Batch::begin(cohort, delivered);
    }

    /// Whether the last event is counted with those of the present read that were due and sent with it.
    #[must_use]
    pub fn is_batching(&self) -> bool {
        self.batch.moments.is_some()
    }

    /// Counts so many more of those.
    pub fn run(&mut self, events: u64) {
        self.batch.run(events);
    }

    /// Counts events that are missing from their stream's sequence, for now.
    pub fn lost(&mut self, cohort: Cohort, events: u64) {
        let lost = &mut self.part(cohort).counters.lost;
        // Numbers that jump may make it as large as they are.
        *lost = lost.saturating_add(events);
    }

    /// Counts an event that had been counted as lost.
    pub fn reordered(&mut self, cohort: Cohort) {
        let part = self.part(cohort);
        part.counters.reordered += 1;
        match part.counters.lost.checked_sub(1) {
            Some(lost) => part.counters.lost = lost,
            None => part.found += 1,
        }
    }

    /// Counts an event that had come before.
    pub fn duplicated(&mut self, cohort: Cohort) {
        self.part(cohort).counters.duplicated += 1;
    }

    /// Counts a comment of the present read.
    pub fn comment(&mut self, cohort: Cohort) {
        self.part(cohort).counters.comments += 1;
    }

    /// Counts what the present read, which completed `events` events and was decoded at `seen_ns`, cost the generator.
    pub fn decoded(&mut self, cohort: Cohort, events: u64, received: Received, seen_ns: u64) {
        self.record_batch();
        let Received {
            bytes: _,
            rx_ns,
            rx,
        } = received;
        self.kernel_rx &= rx == Rx::Kernel;
        let is_inside = self.here.stage == Stage::Inside;
        let part = self.part(cohort);
        part.counters.coalesced_events += events.saturating_sub(1);
        if rx == Rx::Kernel && events > 0 && is_inside {
            let lag_ns = seen_ns.saturating_sub(rx_ns);
            part.bank.record_n(Metric::ClientLag, lag_ns, events);
        }
    }

    /// Counts what the stamps say of an event that was received at `rx_ns`: see [`Truth::event`].
    pub fn true_event(&mut self, rx_ns: u64, gap_ns: Option<u64>, lag_ns: u64) {
        if self.window.contains(rx_ns)
            && let Some(truth) = &mut self.truth
        {
            truth.event(gap_ns, lag_ns);
        }
    }

    /// Records what became known at `at_ns`.
    pub fn record(&mut self, cohort: Cohort, at_ns: u64, metric: Metric, value: u64) {
        self.go_to(at_ns);
        if self.here.stage != Stage::Late {
            self.part(cohort).bank.record(metric, value);
        }
    }

    /// Counts `events` events that were due but had not come by `at_ns`, `waited_ns` after they were due.
    pub fn censored(&mut self, cohort: Cohort, at_ns: u64, events: u64, waited_ns: u64) {
        self.go_to(at_ns);
        let part = self.part(cohort);
        part.counters.censored = part.counters.censored.saturating_add(events);
        part.bank.record_n(Metric::Delivery, waited_ns, events);
        part.censored.deliveries(events, waited_ns);
        if let Some(truth) = &mut self.truth {
            truth.censored(events, waited_ns);
        }
    }

    /// Of an event that was due in the window but came after it, the window knows that it had waited until its end.
    fn outside(&mut self, cohort: Cohort, rx_ns: u64, due_ns: Option<u64>) {
        self.part(cohort).counters.events += 1;
        let Window { start_ns, end_ns } = self.window;
        if let Some(due_ns) = due_ns
            && (start_ns..end_ns).contains(&due_ns)
            && end_ns <= rx_ns
        {
            self.censored(cohort, rx_ns, 1, end_ns - due_ns);
        }
    }

    /// Counts the events of a batch, and records what they have in common, once.
    fn record_batch(&mut self) {
        let Batch {
            cohort,
            moments,
            events,
            gaps,
            merged,
        } = std::mem::take(&mut self.batch);
        if gaps == 0 && moments.is_none() {
            return;
        }
        let CohortShard {
            counters,
            totals,
            bank,
            ..
        } = &mut self.open[self.here.slot].cohorts[cohort.index()];
        counters.events += events;
        totals.events += events;
        totals.merged_events += merged;
        if gaps > 0 {
            bank.record_n(Metric::Gap, 0, gaps);
        }
        let Some(Delivered {
            rx_ns,
            due_ns,
            sent_ns,
        }) = moments
        else {
            return;
        };
        bank.record_n(Metric::Delivery, rx_ns.saturating_sub(due_ns), events);
        if let Some(sent_ns) = sent_ns {
            let lag_ns = sent_ns.saturating_sub(due_ns);
            bank.record_n(Metric::ServerLag, lag_ns, events);
            let wire_ns = rx_ns.saturating_sub(sent_ns);
            bank.record_n(Metric::Wire, wire_ns, events);
            self.server_ahead_ns = self.server_ahead_ns.max(sent_ns.saturating_sub(rx_ns));
        }
    }
}
