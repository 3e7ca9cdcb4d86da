//! One worker's record of a run.

use super::batch::{Batch, Delivered};
use super::{
    Bank, Censored, Counters, DueSource, ErrorKind, Errors, Metric, Received, Rx, SequenceSource,
    Truth,
};

/// The measuring window in Unix nanoseconds: what was received in it counts for latencies and throughput.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first instant of it.
    pub start_ns: u64,
    /// The first instant after it; `u64::MAX` while that is not fixed.
    pub end_ns: u64,
}

impl Window {
    /// Whether an instant lies in it.
    #[must_use]
    pub fn contains(self, instant_ns: u64) -> bool {
        (self.start_ns..self.end_ns).contains(&instant_ns)
    }
}

/// What was counted inside the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WindowTotals {
    /// Events received.
    pub events: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Events that shared a read with the one before them, though the server had not sent them together as far as is known.
    pub merged_events: u64,
    /// Streams begun.
    pub streams_started: u64,
    /// Streams completed.
    pub streams_completed: u64,
}

impl WindowTotals {
    /// Adds every count.
    pub fn merge(&mut self, other: Self) {
        let Self {
            events,
            bytes,
            merged_events,
            streams_started,
            streams_completed,
        } = other;
        self.events += events;
        self.bytes += bytes;
        self.merged_events += merged_events;
        self.streams_started += streams_started;
        self.streams_completed += streams_completed;
    }
}

/// One worker's part of one interval of the window.
#[derive(Debug)]
pub struct IntervalShard {
    /// Which interval, from 0.
    pub index: u64,
    /// Whether it is the worker's last one.
    pub last: bool,
    /// The worker's streams open at its end; those that the end of the run cuts off are.
    pub streams_open: u64,
    /// Events received in it.
    pub events: u64,
    /// Bytes read in it.
    pub bytes: u64,
    /// Streams that failed in it.
    pub errors: u64,
    /// What was counted in it; with the first one what was counted before the window, with the last what was after.
    pub counters: Counters,
    /// The latencies recorded in it, likewise.
    pub bank: Bank,
}

impl IntervalShard {
    fn new(index: u64, streams_open: u64) -> Self {
        Self {
            index,
            last: false,
            streams_open,
            events: 0,
            bytes: 0,
            errors: 0,
            counters: Counters::default(),
            bank: Bank::new(),
        }
    }

    /// Adds another worker's part of the same interval.
    pub fn merge(&mut self, other: &Self) {
        let Self {
            index: _,
            last,
            streams_open,
            events,
            bytes,
            errors,
            counters,
            bank,
        } = other;
        self.last &= last;
        self.streams_open += streams_open;
        self.events += events;
        self.bytes += bytes;
        self.errors += errors;
        self.counters.merge(counters);
        self.bank.merge(bank);
    }
}

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

/// One worker's counters, and the histograms of the present interval. Its size does not depend on how many events or streams it has seen.
#[derive(Debug)]
pub struct Recorder {
    /// What counts for latencies and throughput.
    pub window: Window,
    /// Counts over the whole run.
    pub counters: Counters,
    /// Failures over the whole run.
    pub errors: Errors,
    /// What sequences were told by.
    pub sequence: SequenceSource,
    /// What deliveries were counted from.
    pub due: DueSource,
    /// Whether every read so far carried a kernel receive time.
    pub kernel_rx: bool,
    /// The furthest that an event was sent after it was received: by so much, at least, the server's clock is ahead.
    pub server_ahead_ns: u64,
    /// When the last stream was begun; 0 without one.
    pub last_start_ns: u64,
    /// What the stamps say of the same events and streams, in a calibration.
    pub truth: Option<Box<Truth>>,
    totals: WindowTotals,
    batch: Batch,
    censored: Censored,
    shard: IntervalShard,
    /// What was counted until the present interval began.
    shipped: Counters,
}

impl Recorder {
    /// An empty record for a window.
    #[must_use]
    pub fn new(window: Window) -> Self {
        Self {
            window,
            counters: Counters::default(),
            errors: Errors::default(),
            sequence: SequenceSource::None,
            due: DueSource::None,
            kernel_rx: true,
            server_ahead_ns: 0,
            last_start_ns: 0,
            truth: None,
            totals: WindowTotals::default(),
            batch: Batch::default(),
            censored: Censored::default(),
            shard: IntervalShard::new(0, 0),
            shipped: Counters::default(),
        }
    }

    /// Counts a read of `bytes` at `rx_ns`.
    pub fn read(&mut self, bytes: u64, rx_ns: u64) {
        self.counters.reads += 1;
        self.counters.bytes += bytes;
        if self.window.contains(rx_ns) {
            self.totals.bytes += bytes;
            self.shard.bytes += bytes;
        }
    }

    /// Counts an event. What it has in common with others of its read is recorded when the read is
    /// [`Recorder::decoded`].
    pub fn event(&mut self, moments: EventMoments) {
        self.counters.events += 1;
        let EventMoments {
            rx_ns,
            previous_rx_ns,
            due_ns,
            sent_ns,
            previous_sent_ns,
        } = moments;
        if !self.window.contains(rx_ns) {
            return self.outside(rx_ns, due_ns);
        }
        self.totals.events += 1;
        self.shard.events += 1;
        if let Some(previous_rx_ns) = previous_rx_ns {
            let sent_together = sent_ns.is_some() && sent_ns == previous_sent_ns;
            match rx_ns.saturating_sub(previous_rx_ns) {
                0 => {
                    self.batch.gaps += 1;
                    self.totals.merged_events += u64::from(!sent_together);
                }
                gap_ns => self.shard.bank.record(Metric::Gap, gap_ns),
            }
        }
        let Some(due_ns) = due_ns else { return };
        let moments = Delivered {
            rx_ns,
            due_ns,
            sent_ns,
        };
        if !self.batch.take(moments) {
            self.record_batch();
            self.batch = Batch::begin(moments);
        }
    }

    /// Records what the events of a batch have in common, once.
    fn record_batch(&mut self) {
        let Batch {
            moments,
            events,
            gaps,
        } = std::mem::take(&mut self.batch);
        if gaps > 0 {
            self.shard.bank.record_n(Metric::Gap, 0, gaps);
        }
        let Some(Delivered {
            rx_ns,
            due_ns,
            sent_ns,
        }) = moments
        else {
            return;
        };
        let bank = &mut self.shard.bank;
        bank.record_n(Metric::Delivery, rx_ns.saturating_sub(due_ns), events);
        if let Some(sent_ns) = sent_ns {
            let lag_ns = sent_ns.saturating_sub(due_ns);
            bank.record_n(Metric::ServerLag, lag_ns, events);
            let wire_ns = rx_ns.saturating_sub(sent_ns);
            bank.record_n(Metric::Wire, wire_ns, events);
            self.server_ahead_ns = self.server_ahead_ns.max(sent_ns.saturating_sub(rx_ns));
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

    /// Of an event that was due in the window but came after it, the window knows that it had waited until its end.
    fn outside(&mut self, rx_ns: u64, due_ns: Option<u64>) {
        let Window { start_ns, end_ns } = self.window;
        if let Some(due_ns) = due_ns
            && (start_ns..end_ns).contains(&due_ns)
            && end_ns <= rx_ns
        {
            self.censored(1, end_ns - due_ns);
        }
    }

    /// Counts what a read that completed `events` events, decoded at `seen_ns`, cost the generator.
    pub fn decoded(&mut self, events: u64, received: Received, seen_ns: u64) {
        self.record_batch();
        let Received {
            bytes: _,
            rx_ns,
            rx,
        } = received;
        self.counters.coalesced_events += events.saturating_sub(1);
        self.kernel_rx &= rx == Rx::Kernel;
        if rx == Rx::Kernel && events > 0 && self.window.contains(rx_ns) {
            self.shard
                .bank
                .record_n(Metric::ClientLag, seen_ns.saturating_sub(rx_ns), events);
        }
    }

    /// Counts one duration of a stream.
    pub fn duration(&mut self, metric: Metric, duration_ns: u64) {
        self.shard.bank.record(metric, duration_ns);
    }

    /// Counts `events` events that were due but had not come when the run ended, `waited_ns` after they were due.
    pub fn censored(&mut self, events: u64, waited_ns: u64) {
        self.counters.censored = self.counters.censored.saturating_add(events);
        self.shard
            .bank
            .record_n(Metric::Delivery, waited_ns, events);
        self.censored.deliveries(events, waited_ns);
        if let Some(truth) = &mut self.truth {
            truth.censored(events, waited_ns);
        }
    }

    /// Counts a stream that had no event `waited_ns` after it was meant to start, and was given up or cut then.
    pub fn unanswered(&mut self, waited_ns: u64) {
        self.counters.streams_unanswered += 1;
        self.shard.bank.record(Metric::Ttfe, waited_ns);
        self.censored.first_event(waited_ns);
    }

    /// Counts a stream begun at `started_ns`.
    pub fn started(&mut self, started_ns: u64) {
        self.counters.streams_started += 1;
        self.last_start_ns = self.last_start_ns.max(started_ns);
        if self.window.contains(started_ns) {
            self.totals.streams_started += 1;
        }
    }

    /// Counts a stream that is established.
    pub fn established(&mut self) {
        self.counters.streams_established += 1;
        self.shard.streams_open += 1;
    }

    /// Notes that an established stream has ended, other than by the end of the run.
    pub fn closed(&mut self) {
        self.shard.streams_open -= 1;
    }

    /// Counts a stream that completed at `ended_ns`.
    pub fn completed(&mut self, ended_ns: u64) {
        self.counters.streams_completed += 1;
        if self.window.contains(ended_ns) {
            self.totals.streams_completed += 1;
        }
    }

    /// Counts a stream that failed at `ended_ns`.
    pub fn failed(&mut self, kind: ErrorKind, detail: String, ended_ns: u64) {
        self.counters.streams_failed += 1;
        self.errors.count(kind, detail);
        if self.window.contains(ended_ns) {
            self.shard.errors += 1;
        }
    }

    /// Closes the present interval, between two reads, and hands it over. The recorder keeps none of its latencies.
    #[must_use]
    pub fn next_interval(&mut self) -> IntervalShard {
        self.record_batch();
        let next = IntervalShard::new(self.shard.index + 1, self.shard.streams_open);
        let mut shard = std::mem::replace(&mut self.shard, next);
        shard.counters = self.counters.since(&self.shipped);
        self.shipped = self.counters.clone();
        shard
    }

    /// Closes the present interval as the last one.
    #[must_use]
    pub fn last_interval(&mut self) -> IntervalShard {
        IntervalShard {
            last: true,
            ..self.next_interval()
        }
    }

    /// What was counted inside the window.
    #[must_use]
    pub fn totals(&self) -> WindowTotals {
        self.totals
    }

    /// The waits, among those counted, that had not ended.
    #[must_use]
    pub fn censored_waits(&self) -> &Censored {
        &self.censored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window {
        start_ns: 1_000_000,
        end_ns: 2_000_000_000,
    };

    fn moments(rx_ns: u64) -> EventMoments {
        EventMoments {
            rx_ns,
            previous_rx_ns: Some(rx_ns - 500_000),
            due_ns: Some(rx_ns - 900_000),
            sent_ns: Some(rx_ns - 600_000),
            previous_sent_ns: None,
        }
    }

    #[test]
    fn warm_up_and_drain_count_as_events_but_not_as_latencies() {
        let mut recorder = Recorder::new(WINDOW);
        for rx_ns in [
            WINDOW.start_ns - 1,
            WINDOW.start_ns,
            WINDOW.end_ns - 1,
            WINDOW.end_ns + 1_000_000,
        ] {
            recorder.event(moments(rx_ns));
        }
        let shard = recorder.next_interval();
        assert_eq!(recorder.counters.events, 4);
        assert_eq!(recorder.totals().events, 2);
        assert_eq!(shard.events, 2);
        for metric in [
            Metric::Gap,
            Metric::Delivery,
            Metric::ServerLag,
            Metric::Wire,
        ] {
            assert_eq!(shard.bank.get(metric).len(), 2, "{}", metric.name());
        }
    }

    #[test]
    fn an_event_that_was_due_in_the_window_and_came_after_it_had_waited_until_its_end() {
        let mut recorder = Recorder::new(WINDOW);
        // Due 900 us before it is received.
        recorder.event(moments(WINDOW.end_ns + 400_000));
        let shard = recorder.next_interval();
        assert_eq!(recorder.counters.censored, 1);
        let delivery = shard.bank.get(Metric::Delivery);
        assert_eq!((delivery.len(), shard.bank.get(Metric::Gap).len()), (1, 0));
        assert!(delivery.equivalent(delivery.max(), 500_000));
        let censored = recorder.censored_waits().of(Metric::Delivery);
        assert_eq!(censored, Some(delivery));
    }

    #[test]
    fn intervals_add_up_to_the_whole() {
        let mut recorder = Recorder::new(WINDOW);
        recorder.event(moments(5_000_000));
        let mut sum = recorder.next_interval();
        recorder.event(moments(6_000_000));
        recorder.event(moments(7_000_000));
        let second = recorder.next_interval();
        assert_eq!((sum.index, second.index), (0, 1));
        sum.merge(&second);
        assert_eq!(sum.bank.get(Metric::Gap).len(), 3);
        assert_eq!(sum.events, recorder.totals().events);
        assert_eq!(sum.counters, recorder.counters);
    }

    #[test]
    fn events_that_the_server_sent_together_are_not_merged_here() {
        let mut recorder = Recorder::new(WINDOW);
        let rx_ns = 5_000_000;
        let event = |sent_ns, previous_sent_ns, previous_rx_ns| EventMoments {
            rx_ns,
            previous_rx_ns: Some(previous_rx_ns),
            due_ns: sent_ns,
            sent_ns,
            previous_sent_ns,
        };
        recorder.event(event(Some(7), Some(7), rx_ns));
        recorder.event(event(Some(8), Some(7), rx_ns - 1));
        assert_eq!(recorder.totals().merged_events, 0);
        recorder.event(event(Some(8), Some(7), rx_ns));
        recorder.event(event(None, None, rx_ns));
        assert_eq!(recorder.totals().merged_events, 2);
    }

    #[test]
    fn all_but_the_last_event_of_a_read_are_coalesced() {
        let mut recorder = Recorder::new(WINDOW);
        for (events, rx_ns) in [(3, 5_000_000), (1, 6_000_000), (0, 7_000_000)] {
            recorder.decoded(
                events,
                Received {
                    bytes: 1,
                    rx_ns,
                    rx: Rx::Kernel,
                },
                rx_ns + 100_000,
            );
        }
        assert_eq!(recorder.counters.coalesced_events, 2);
        let shard = recorder.next_interval();
        assert_eq!(shard.bank.get(Metric::ClientLag).len(), 4);
    }

    #[test]
    fn without_kernel_receive_times_there_is_no_client_lag() {
        let mut recorder = Recorder::new(WINDOW);
        recorder.decoded(
            1,
            Received {
                bytes: 1,
                rx_ns: 5_000_000,
                rx: Rx::User,
            },
            5_000_100,
        );
        assert!(!recorder.kernel_rx);
        assert!(
            recorder
                .next_interval()
                .bank
                .get(Metric::ClientLag)
                .is_empty()
        );
    }
}
