//! How intervals leave the recorder.

use super::place::Here;
use super::{IntervalShard, Recorder};

impl Recorder {
    /// Closes the oldest open interval, if it ended before the window does and by `until_ns`, and hands it over.
    pub fn ship(&mut self, until_ns: u64) -> Option<IntervalShard> {
        let end_ns = self.window.interval_start_ns(self.open[0].index + 1);
        (end_ns <= until_ns && end_ns < self.window.end_ns).then(|| self.take_oldest())
    }

    /// Closes all intervals, and hands them over.
    pub fn finish(&mut self) -> Vec<IntervalShard> {
        self.record_batch();
        if self.window.end_ns != u64::MAX {
            let last_ns = self.window.end_ns.saturating_sub(1);
            self.open_until(self.window.interval_of(last_ns));
        }
        self.close_what_is_beyond();
        let newest = self.open.last().map_or(0, |shard| shard.index);
        let mut shards = Vec::new();
        while self.open[0].index <= newest {
            shards.push(self.take_oldest());
        }
        let last = shards.last_mut().expect("an interval is always open");
        last.last = true;
        shards
    }

    /// Receive times ahead of the clock that said when the window ended belong to its last interval.
    fn close_what_is_beyond(&mut self) {
        let last = self
            .window
            .interval_of(self.window.end_ns.saturating_sub(1));
        while self.open.len() > 1
            && let Some(beyond) = self.open.pop_if(|shard| shard.index > last)
            && let Some(newest) = self.open.last_mut()
        {
            newest.merge(&beyond);
        }
        self.here = Here::NOWHERE;
    }

    fn take_oldest(&mut self) -> IntervalShard {
        self.record_batch();
        let next = self.open[0].index + 1;
        if next == 0 && self.window.length_ns() > 0 {
            self.carry_into_window();
        }
        if self.open.len() == 1 {
            self.open
                .push(IntervalShard::new(next, self.streams_open.len()));
        }
        self.here = Here::NOWHERE;
        let mut shard = self.open.remove(0);
        for (part, open) in shard.cohorts.iter_mut().zip(&mut self.streams_open) {
            // Of a stream whose end was booked before its head, by clocks that differ, the balance is below none for a while.
            *open += part.streams_opened.cast_signed() - part.streams_closed.cast_signed();
            part.streams_open = u64::try_from(*open).unwrap_or(0);
        }
        shard
    }

    fn carry_into_window(&mut self) {
        let start_ns = self.window.start_ns;
        for (cohort, metric, value) in self.carried.take() {
            self.record(cohort, start_ns, metric, value);
        }
    }
}
