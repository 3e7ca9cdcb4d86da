//! In which interval things are booked.

use super::{CohortShard, IntervalShard, Recorder};
use crate::measure::{Cohort, INTERVAL_NS, Window};

/// Intervals that are kept for what may still come of them, at most: a receive time that lies further ahead is no time.
const OPEN_MAX: i64 = 3_600;

/// Where things are booked at the present instant, and for how long that is so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Here {
    from_ns: u64,
    until_ns: u64,
    pub(super) slot: usize,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The interval is that of the instant.
    Inside,
    /// Of the warm-up, whose last interval has been shipped: only counted.
    Late,
    /// Behind the window: counted in its last interval.
    After,
}

impl Here {
    /// Of no instant.
    pub(super) const NOWHERE: Self = Self {
        from_ns: u64::MAX,
        until_ns: 0,
        slot: 0,
        stage: Stage::Inside,
    };
}

impl Recorder {
    /// Where a cohort's things are booked at present.
    pub(super) fn part(&mut self, cohort: Cohort) -> &mut CohortShard {
        &mut self.open[self.here.slot].cohorts[cohort.index()]
    }

    /// Has things booked where those of an instant belong. Says whether that is within the window or the warm-up.
    pub(super) fn go_to(&mut self, at_ns: u64) -> bool {
        if !(self.here.from_ns..self.here.until_ns).contains(&at_ns) {
            self.move_to(at_ns);
        }
        self.here.stage == Stage::Inside
    }

    #[cold]
    fn move_to(&mut self, at_ns: u64) {
        self.record_batch();
        let Window { start_ns, end_ns } = self.window;
        let oldest = self.open[0].index;
        let is_after = at_ns >= end_ns;
        let wanted = self.window.interval_of(if is_after {
            end_ns.saturating_sub(1)
        } else {
            at_ns
        });
        let index = wanted.clamp(oldest, oldest + OPEN_MAX);
        self.open_until(index);
        let begin_ns = self.window.interval_start_ns(index);
        let (from_ns, until_ns, stage) = if is_after {
            (end_ns, u64::MAX, Stage::After)
        } else if wanted < 0 && oldest >= 0 {
            (0, start_ns, Stage::Late)
        } else {
            // What is older than the oldest is booked there.
            let from_ns = match index == oldest {
                true if oldest >= 0 => start_ns,
                true => 0,
                false => begin_ns,
            };
            (from_ns, (begin_ns + INTERVAL_NS).min(end_ns), Stage::Inside)
        };
        self.here = Here {
            from_ns,
            until_ns,
            slot: (index - oldest) as usize,
            stage,
        };
    }

    pub(super) fn open_until(&mut self, index: i64) {
        let cohorts = self.streams_open.len();
        while let Some(newest) = self.open.last()
            && newest.index < index
        {
            let next = newest.index + 1;
            self.open.push(IntervalShard::new(next, cohorts));
        }
    }
}
