//! When events are due: a pure function of the event's number, so that no error adds up however long a stream runs.
//! `jitter` draws gaps about those of this pace.

use std::num::NonZeroU64;

use weir_time::NANOS_PER_SEC;

/// The fixed pace of a stream's events, in nanoseconds from its start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    ttfe_ns: u64,
    interval: Option<Interval>,
    batch: NonZeroU64,
    /// Events that are due with the first one, beside it.
    lead: u64,
    /// Events, after the lead, that are due one interval after the other; the rest is due with the last of them.
    paced: u64,
}

/// Time between two events as an exact fraction, since most rates are not a whole number of nanoseconds.
#[derive(Debug, Clone, Copy)]
struct Interval {
    nanos: u64,
    per: NonZeroU64,
}

impl Pace {
    /// Events that fall due as fast as they are taken, in ones.
    pub(crate) fn unpaced() -> Self {
        Self {
            ttfe_ns: 0,
            interval: None,
            batch: NonZeroU64::MIN,
            lead: 0,
            paced: u64::MAX,
        }
    }

    /// `rate` events in a million seconds; unpaced when it is 0.
    pub(crate) fn per_megasecond(rate: u64) -> Self {
        const MEGASECOND_NS: u64 = 1_000_000 * NANOS_PER_SEC;
        let interval = NonZeroU64::new(rate).map(|per| Interval {
            nanos: MEGASECOND_NS,
            per,
        });
        Self {
            interval,
            ..Self::unpaced()
        }
    }

    /// One event every `interval_ns`; unpaced when it is 0.
    pub(crate) fn every(interval_ns: u64) -> Self {
        let interval = (interval_ns > 0).then_some(Interval {
            nanos: interval_ns,
            per: NonZeroU64::MIN,
        });
        Self {
            interval,
            ..Self::unpaced()
        }
    }

    /// The same pace with its first event `ttfe_ns` after the start.
    pub(crate) fn with_ttfe(self, ttfe_ns: u64) -> Self {
        Self { ttfe_ns, ..self }
    }

    /// The same rate in batches: `batch` events fall due together, when the first of them would.
    pub(crate) fn with_batch(self, batch: NonZeroU64) -> Self {
        Self { batch, ..self }
    }

    /// The same pace for events of which some carry nothing to wait for: the first `lead` are due with the one after
    /// them, then `paced` one interval after the other, and all others with the last of these.
    pub(crate) fn with_lead(self, lead: u64, paced: u64) -> Self {
        Self {
            lead,
            paced,
            ..self
        }
    }

    /// How many events fall due together.
    pub(crate) fn batch(&self) -> u64 {
        self.batch.get()
    }

    /// Whether events have no due instant but the one at which they are taken (never before [`Pace::due_ns`]).
    pub(crate) fn is_unpaced(&self) -> bool {
        self.interval.is_none()
    }

    /// From the instant at which the batch of event `number` is due to that of the next batch.
    pub(crate) fn gap_ns(&self, number: u64) -> u64 {
        self.due_ns(number.saturating_add(self.batch())) - self.due_ns(number)
    }

    /// The step (from 0) that event `number` (from 0) is due with: how many intervals after the first, in ones.
    pub(crate) fn step(&self, number: u64) -> u64 {
        let paced = number.saturating_sub(self.lead);
        paced.min(self.paced.saturating_sub(1))
    }

    /// How many steps there are.
    pub(crate) fn steps(&self) -> u64 {
        self.paced.max(1)
    }

    /// When event `number` (from 0) is due, in nanoseconds after the start.
    pub(crate) fn due_ns(&self, number: u64) -> u64 {
        let step = self.step(number);
        let batch_first = step - step % self.batch;
        let after_first_ns = self.interval.map_or(0, |interval| {
            let exact = u128::from(batch_first) * u128::from(interval.nanos);
            u64::try_from(exact / u128::from(interval.per.get())).unwrap_or(u64::MAX)
        });
        self.ttfe_ns.saturating_add(after_first_ns)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE_3: u64 = 3_000_000;

    #[test]
    fn does_not_drift_over_a_billion_events() {
        let pace = Pace::per_megasecond(RATE_3).with_ttfe(7);
        assert_eq!(pace.due_ns(0), 7);
        assert_eq!(pace.due_ns(1), 7 + 333_333_333);
        assert_eq!(
            pace.due_ns(3_000_000_000),
            7 + 1_000_000_000 * NANOS_PER_SEC
        );
    }

    #[test]
    fn a_batch_is_due_as_one_when_its_first_event_is() {
        let pace = Pace::per_megasecond(RATE_3).with_batch(NonZeroU64::new(3).unwrap());
        let due_ns: Vec<u64> = (0..7).map(|number| pace.due_ns(number)).collect();
        let second = NANOS_PER_SEC;
        assert_eq!(due_ns, [0, 0, 0, second, second, second, 2 * second]);
    }

    #[test]
    fn gaps_are_those_between_batches_and_add_up_to_the_schedule() {
        let pace = Pace::per_megasecond(RATE_3).with_batch(NonZeroU64::new(2).unwrap());
        let gaps_ns: Vec<u64> = (0..6).step_by(2).map(|first| pace.gap_ns(first)).collect();
        assert_eq!(gaps_ns, [666_666_666, 666_666_667, 666_666_667]);
        assert_eq!(gaps_ns.iter().sum::<u64>(), pace.due_ns(6));
    }

    #[test]
    fn slow_rates_and_fixed_intervals_are_exact() {
        assert_eq!(Pace::per_megasecond(1_000).due_ns(2), 2_000 * NANOS_PER_SEC);
        assert_eq!(Pace::every(100_000_000).due_ns(49), 4_900_000_000);
    }

    #[test]
    fn without_a_rate_all_are_due_with_the_first() {
        for pace in [Pace::per_megasecond(0), Pace::every(0)] {
            assert!(pace.is_unpaced());
            assert_eq!(pace.with_ttfe(5).due_ns(u64::MAX), 5);
        }
    }

    #[test]
    fn what_leads_is_due_with_the_first_and_what_trails_with_the_last() {
        let pace = Pace::every(10).with_ttfe(100).with_lead(2, 3);
        let due_ns: Vec<u64> = (0..8).map(|number| pace.due_ns(number)).collect();
        assert_eq!(due_ns, [100, 100, 100, 110, 120, 120, 120, 120]);
        let gaps_ns: Vec<u64> = (0..7).map(|number| pace.gap_ns(number)).collect();
        assert_eq!(gaps_ns, [0, 0, 10, 10, 0, 0, 0]);
        assert_eq!(Pace::every(10).with_lead(1, 0).due_ns(9), 0);
    }

    #[test]
    fn what_lies_beyond_the_clock_is_never_due() {
        assert_eq!(Pace::per_megasecond(1).due_ns(u64::MAX), u64::MAX);
    }

    proptest! {
        /// Each instant is the exact one rounded down, so neighbours are one interval apart within a nanosecond.
        #[test]
        fn is_even_everywhere(rate in 1u64..1_000_000_000_000, number in 0u64..1_000_000_000) {
            let pace = Pace::per_megasecond(rate);
            let gap_ns = pace.due_ns(number + 1) - pace.due_ns(number);
            let exact_ns = 1_000_000_000_000_000 / rate;
            prop_assert!(gap_ns == exact_ns || gap_ns == exact_ns + 1);
        }

        /// Whatever leads and trails, nothing is due before what precedes it, and the gaps between batches add up.
        #[test]
        fn never_goes_back(
            rate in 0u64..1_000_000_000_000,
            batch in 1u64..9,
            lead in 0u64..9,
            paced in 0u64..99,
        ) {
            let pace = Pace::per_megasecond(rate)
                .with_ttfe(7)
                .with_batch(NonZeroU64::new(batch).unwrap())
                .with_lead(lead, paced);
            let due_ns: Vec<u64> = (0..120).map(|number| pace.due_ns(number)).collect();
            prop_assert!(due_ns.is_sorted());
            let firsts = (0..120 - batch).step_by(batch as usize);
            let sum_ns: u64 = firsts.clone().map(|first| pace.gap_ns(first)).sum();
            let last = firsts.last().unwrap() + batch;
            prop_assert_eq!(pace.due_ns(0) + sum_ns, pace.due_ns(last));
        }

        /// The paced events alone are the schedule without lead and trail.
        #[test]
        fn lead_and_trail_change_nothing_between(
            rate in 1u64..1_000_000_000_000,
            lead in 0u64..9,
            paced in 1u64..99,
        ) {
            let plain = Pace::per_megasecond(rate).with_ttfe(7);
            let pace = plain.with_lead(lead, paced);
            for number in 0..paced {
                prop_assert_eq!(pace.due_ns(lead + number), plain.due_ns(number));
            }
            prop_assert_eq!(pace.due_ns(u64::MAX), plain.due_ns(paced - 1));
        }
    }
}
