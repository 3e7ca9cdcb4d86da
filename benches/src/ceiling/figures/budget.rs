//! What weir spends on one event, step by step, as far as the steps are known.

use serde::Serialize;

use super::compared::by_round;
use super::spread::Spread;
use crate::bare::Flood;
use crate::ceiling::costs::Costs;
use crate::ceiling::round::{Moved, Round};
use crate::ceiling::settings::Pair;

/// `weir::measure::Recorder` records gap, delivery, server lag and wire, once for the events of a read that were sent
/// together; without stamps only gaps are known, of which those within a read are recorded once.
const RECORDS_PER_STAMPED_BATCH: f64 = 4.0;
const RECORDS_PER_PLAIN_BATCH: f64 = 1.0;

/// `weir::measure::Recorder::decoded` records one client lag for all events of a read, when the clock has been read.
const RECORDS_PER_READ: f64 = 1.0;
const CLOCK_READS_PER_READ: f64 = 1.0;

/// A sum beside what was measured; what differs is what the steps leave out: tokio, sequence numbers, counters. What the kernel
/// takes more where the receiver is slower, whoever that is, is among the steps.
#[derive(Debug, Serialize)]
pub(crate) struct Budget {
    pub(crate) load: Flood,
    pub(crate) events_per_read: f64,
    pub(crate) steps: Vec<Step>,
    pub(crate) sum_ns: f64,
    pub(crate) measured_ns: f64,
    pub(crate) unexplained_ns: f64,
    /// What of these is user time.
    pub(crate) sum_user_ns: f64,
    pub(crate) measured_user_ns: f64,
    pub(crate) unexplained_user_ns: f64,
}

/// Something that is done for events.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    pub(crate) what: &'static str,
    pub(crate) each_ns: f64,
    pub(crate) times_per_event: f64,
    pub(crate) ns: f64,
    /// What of it is user time.
    pub(crate) user_ns: f64,
}

impl Budget {
    /// Of an event of `load`, medians over its rounds. None if the bare pair, weir's and the slowed one were not all measured.
    pub(crate) fn of(load: Flood, rounds: &[Round], costs: &Costs) -> Option<Self> {
        let median = |pair, of| Some(Spread::of(by_round(rounds, load, pair, of)?).median);
        let cpu_ns = |moved: &Moved| moved.received.measured.cpu_ns_per_event();
        let user_ns = |moved: &Moved| moved.received.measured.user_ns_per_event();
        let events_per_read = median(Pair::Client, |moved| moved.received.events_per_read)?;
        let kernel_ns = |moved: &Moved| {
            let measured = moved.received.measured;
            measured.cpu_ns_per_event() - measured.user_ns_per_event()
        };
        let slower_ns = median(Pair::Slowed, kernel_ns)? - median(Pair::Bare, kernel_ns)?;
        let records = if load.stamped {
            RECORDS_PER_STAMPED_BATCH
        } else {
            RECORDS_PER_PLAIN_BATCH
        };
        let events_per_batch = events_per_read.min(load.batch as f64);
        let steps = vec![
            Step {
                user_ns: median(Pair::Bare, user_ns)?,
                ..Step::own(
                    "what the bare sink spends",
                    median(Pair::Bare, cpu_ns)?,
                    1.0,
                )
            },
            Step {
                user_ns: 0.0,
                ..Step::own(
                    "what the kernel takes more of a sink as slow as weir",
                    slower_ns,
                    1.0,
                )
            },
            Step::own(
                "clock read",
                costs.clock_read_ns,
                CLOCK_READS_PER_READ / events_per_read,
            ),
            Step::own(
                "histogram record",
                costs.histogram_record_ns,
                records / events_per_batch + RECORDS_PER_READ / events_per_read,
            ),
            Step::own("chunk, stamp and event decode", costs.event_decode_ns, 1.0),
        ];
        let sum_ns = steps.iter().map(|step| step.ns).sum();
        let sum_user_ns = steps.iter().map(|step| step.user_ns).sum();
        let measured_ns = median(Pair::Client, cpu_ns)?;
        let measured_user_ns = median(Pair::Client, user_ns)?;
        Some(Self {
            load,
            events_per_read,
            steps,
            sum_ns,
            measured_ns,
            unexplained_ns: measured_ns - sum_ns,
            sum_user_ns,
            measured_user_ns,
            unexplained_user_ns: measured_user_ns - sum_user_ns,
        })
    }
}

impl Step {
    /// In which the kernel has no part.
    fn own(what: &'static str, each_ns: f64, times_per_event: f64) -> Self {
        let ns = each_ns * times_per_event;
        Self {
            what,
            each_ns,
            times_per_event,
            ns,
            user_ns: ns,
        }
    }
}

#[cfg(test)]
mod tests {
    use weir::measure::{Cohort, EventMoments, Metric, Received, Recorder, Rx, Window};

    use super::*;
    use crate::ceiling::fixture::{load, loaded, round};

    const COSTS: Costs = Costs {
        clock_read_ns: 20.0,
        histogram_record_ns: 3.0,
        stamp_decode_ns: 10.0,
        event_decode_ns: 30.0,
    };

    #[test]
    fn the_steps_add_up() {
        use Pair::{Bare, Client, Slowed};
        // 4e6, 8e6 and 5e6 ns an event, of which three quarters in the kernel, in 100 reads of 5, 2.5 and 4 events.
        let moved = loaded(500, &[(Bare, 500), (Client, 250), (Slowed, 400)]);
        let budget = Budget::of(load(500), &[round(vec![moved])], &COSTS).unwrap();
        assert_eq!(budget.events_per_read, 2.5);
        let ns: Vec<f64> = budget.steps.iter().map(|step| step.ns).collect();
        assert_eq!(ns, [4e6, 0.75e6, 20.0 / 2.5, 3.0 * 5.0 / 2.5, 30.0]);
        assert_eq!(budget.measured_ns, 8e6);
        assert_eq!(budget.sum_ns + budget.unexplained_ns, budget.measured_ns);
        // A quarter of what is measured; all of what is timed in a loop.
        let user_ns: Vec<f64> = budget.steps.iter().map(|step| step.user_ns).collect();
        assert_eq!(user_ns, [1e6, 0.0, 8.0, 6.0, 30.0]);
        assert_eq!(budget.measured_user_ns, 2e6);
        assert_eq!(budget.unexplained_user_ns, 2e6 - 1e6 - 44.0);
        assert!(Budget::of(load(64), &[], &COSTS).is_none());
    }

    #[test]
    fn weir_records_as_often_as_the_budget_says() {
        let records = |due_ns: Option<u64>| {
            let (by_event, in_all) = (in_bank(due_ns, false), in_bank(due_ns, true));
            (by_event, in_all - by_event)
        };
        let stamped = (RECORDS_PER_STAMPED_BATCH, RECORDS_PER_READ);
        assert_eq!(records(Some(1_500_000)), stamped);
        let plain = (RECORDS_PER_PLAIN_BATCH, RECORDS_PER_READ);
        assert_eq!(records(None), plain);
    }

    /// What stands in the bank after an event, and after its read, too, where that is decoded.
    fn in_bank(due_ns: Option<u64>, is_decoded: bool) -> f64 {
        let window = Window {
            start_ns: 0,
            end_ns: 1_000_000_000,
        };
        let mut recorder = Recorder::new(0, window, 1);
        let moments = EventMoments {
            rx_ns: 2_000_000,
            previous_rx_ns: Some(1_000_000),
            due_ns,
            sent_ns: due_ns,
            previous_sent_ns: due_ns,
        };
        recorder.event(Cohort::FIRST, moments);
        let received = Received {
            bytes: 1,
            rx_ns: 2_000_000,
            rx: Rx::Kernel,
        };
        if is_decoded {
            recorder.decoded(Cohort::FIRST, 1, received, 2_000_000);
        }
        let bank = recorder.finish().remove(0).cohorts.remove(0).bank;
        let counts = Metric::ALL.map(|metric| bank.get(metric).len());
        counts.iter().sum::<u64>() as f64
    }
}
