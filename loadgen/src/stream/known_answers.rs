//! Streams whose delays are known, read from the bytes of their events: a server that freezes for a while, as in the
//! examples of coordinated omission (wrk2, HdrHistogram). Answers: `coordinated_omission` of the fixture.

use std::time::Duration;

use serde::Deserialize;
use weir_sse::{Stamp, StampReader};

use super::events::Events;
use crate::measure::{
    Bank, Cohort, DueSource, Metric, Outcome, Recorder, StreamRecord, StreamSetup, Window,
};

const ORACLES: &str = include_str!("../../tests/fixtures/oracles.json");

/// When event 0 is due; all of them are inside the window.
const FIRST_DUE_NS: u64 = 1_000_000_000_000;
const WINDOW: Window = Window {
    start_ns: FIRST_DUE_NS,
    end_ns: FIRST_DUE_NS + 1_000 * 1_000_000_000,
};

#[derive(Deserialize)]
struct Oracles {
    coordinated_omission: Rows,
}

#[derive(Deserialize)]
struct Rows {
    rows: Vec<Row>,
}

/// A server that sends an event every `period_ms`, which takes `base_ms`, and does nothing for `freeze_ms`.
#[derive(Deserialize)]
struct Row {
    period_ms: f64,
    events: u64,
    base_ms: f64,
    freeze_at_ms: f64,
    freeze_ms: f64,
    late_events: u64,
    open: Quantiles,
}

#[derive(Deserialize)]
struct Quantiles {
    p50: f64,
    p90: f64,
    p95: f64,
    p99: f64,
    #[serde(rename = "p99.9")]
    p99_9: f64,
    max: f64,
}

fn rows() -> Vec<Row> {
    let oracles: Oracles = serde_json::from_str(ORACLES).unwrap();
    oracles.coordinated_omission.rows
}

impl Row {
    fn due_ns(&self, event: u64) -> u64 {
        FIRST_DUE_NS + nanoseconds(self.period_ms) * event
    }

    fn sent_ns(&self, event: u64) -> u64 {
        let due_ns = self.due_ns(event);
        let frozen_ns = FIRST_DUE_NS + nanoseconds(self.freeze_at_ms);
        let thawed_ns = frozen_ns + nanoseconds(self.freeze_ms);
        if (frozen_ns..thawed_ns).contains(&due_ns) {
            thawed_ns
        } else {
            due_ns
        }
    }

    /// What is recorded of the stream, with stamps or without.
    fn recorded(&self, expect_interval: Option<Duration>) -> (DueSource, Bank) {
        let setup = StreamSetup {
            events_max: u64::MAX,
            expect_interval,
            is_resumed: false,
            truth: false,
        };
        let mut recorder = Recorder::new(WINDOW.start_ns, WINDOW, 1);
        let begun_ns = FIRST_DUE_NS;
        let mut record =
            StreamRecord::begin(Cohort::FIRST, begun_ns, begun_ns, &setup, &mut recorder);
        let mut events = Events::new();
        let mut last_rx_ns = 0;
        for event in 0..self.events {
            let rx_ns = self.sent_ns(event) + nanoseconds(self.base_ms);
            last_rx_ns = rx_ns;
            let bytes = match expect_interval {
                None => self.stamped(event),
                Some(_) => b"data: x\n\n".to_vec(),
            };
            let mut stamps = StampReader::default();
            let taken = events.take(
                &bytes,
                rx_ns,
                u64::MAX,
                &mut stamps,
                &mut record,
                &mut recorder,
            );
            assert!(taken.unwrap().is_continue());
        }
        let ended_ns = last_rx_ns;
        record.end(Outcome::Completed { ended_ns }, &setup, &mut recorder);
        let mut bank = Bank::new();
        for shard in recorder.finish() {
            bank.merge(&shard.cohorts[0].bank);
        }
        (recorder.due, bank)
    }

    fn stamped(&self, event: u64) -> Vec<u8> {
        let mut line = [0; Stamp::LEN];
        let stamp = Stamp {
            seq: event,
            due_ns: self.due_ns(event),
            sent_ns: self.sent_ns(event),
        };
        stamp.write(&mut line);
        [line.as_slice(), b"data: x\n\n"].concat()
    }

    /// Holds deliveries against the answers, each `less_ms` shorter.
    fn assert_deliveries(&self, bank: &Bank, less_ms: f64) {
        let delivery = bank.get(Metric::Delivery);
        assert_eq!(delivery.len(), self.events);
        let Quantiles {
            p50,
            p90,
            p95,
            p99,
            p99_9,
            max,
        } = self.open;
        for (quantile, answer_ms) in [
            (0.5, p50),
            (0.9, p90),
            (0.95, p95),
            (0.99, p99),
            (0.999, p99_9),
            (1.0, max),
        ] {
            let answer_ns = nanoseconds(answer_ms - less_ms);
            let value_ns = delivery.value_at_quantile(quantile);
            assert!(
                delivery.equivalent(value_ns, answer_ns),
                "{quantile}: {value_ns}, and not {answer_ns}"
            );
        }
        // What a closed loop would have seen instead: one long gap, and all others as they should be.
        let gap = bank.get(Metric::Gap);
        let longer = gap.count_between(nanoseconds(self.period_ms * 1.5), u64::MAX);
        assert_eq!(longer, u64::from(self.freeze_ms > self.period_ms));
        let late =
            delivery.count_between(nanoseconds(self.base_ms - less_ms) * 2 + 1_000, u64::MAX);
        assert!(self.late_events - late <= 1, "{late}");
    }
}

fn nanoseconds(ms: f64) -> u64 {
    (ms * 1e6).round() as u64
}

#[test]
fn by_its_stamps_a_freeze_is_in_every_event_that_was_due() {
    for row in rows() {
        let (due, bank) = row.recorded(None);
        assert_eq!(due, DueSource::Stamps);
        row.assert_deliveries(&bank, 0.0);
    }
}

#[test]
fn by_its_period_a_freeze_is_in_every_event_that_was_due() {
    for row in rows() {
        let period = Duration::from_nanos(nanoseconds(row.period_ms));
        let (due, bank) = row.recorded(Some(period));
        assert_eq!(due, DueSource::ExpectInterval);
        // What every event takes is not in it.
        row.assert_deliveries(&bank, row.base_ms);
    }
}
