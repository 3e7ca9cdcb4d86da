//! The window as a series of bounded length.

use crate::report::Interval;

/// Intervals that a series has at most: ten minutes second by second, and more points than a chart that fills a screen can show.
/// Each takes some kilobytes of a report, all of them some megabytes.
pub(super) const LENGTH_MAX: usize = 600;

/// The intervals of a run. When there are too many, two neighbours become one each, and from then on new ones are as long: nothing is
/// dropped, and the series of a run of hours is no longer than that of minutes.
#[derive(Debug)]
pub(super) struct Series {
    /// All as long as each other but for the last, which may have to be filled.
    intervals: Vec<Interval>,
    /// Seconds of one.
    step: usize,
    /// Seconds in the last one.
    filled: usize,
}

impl Series {
    pub(super) fn new() -> Self {
        Self {
            intervals: Vec::new(),
            step: 1,
            filled: 0,
        }
    }

    /// Adds the next second of the window.
    pub(super) fn push(&mut self, second: Interval) {
        let begin_s = begin_s(&self.intervals, self.intervals.len().saturating_sub(1));
        match self.intervals.last_mut() {
            Some(last) if self.filled < self.step => {
                *last = last.followed_by(begin_s, &second);
                self.filled += 1;
            }
            _ => {
                self.intervals.push(second);
                self.filled = 1;
            }
        }
        if self.intervals.len() > LENGTH_MAX {
            self.halve();
        }
    }

    /// The intervals.
    pub(super) fn into_intervals(self) -> Vec<Interval> {
        self.intervals
    }

    /// Makes one of two. The last is without a partner yet: the limit is an even number, and was passed by one.
    fn halve(&mut self) {
        let pairs = (0..self.intervals.len()).step_by(2);
        let joined = pairs.map(|first| {
            let one = &self.intervals[first];
            match self.intervals.get(first + 1) {
                Some(next) => one.followed_by(begin_s(&self.intervals, first), next),
                None => one.clone(),
            }
        });
        self.intervals = joined.collect();
        self.step *= 2;
    }
}

/// When an interval of a series begins.
fn begin_s(intervals: &[Interval], index: usize) -> f64 {
    index
        .checked_sub(1)
        .map_or(0.0, |before| intervals[before].t_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Bank, Counters, Metric};

    /// Second `number` of a run, from 1: as many events as it has seconds, with a gap of a millisecond each.
    fn second(number: u64) -> Interval {
        let mut bank = Bank::new();
        bank.record_n(Metric::Gap, 1_000_000, number % 7);
        let counters = Counters {
            events: number % 7,
            ..Counters::default()
        };
        let second = Interval {
            t_s: number as f64,
            streams_open: number,
            events_per_s: (number % 7) as f64,
            errors: 1,
            counters,
            ..Interval::default()
        };
        second.with_figures_of(&bank)
    }

    fn series(seconds: u64) -> Vec<Interval> {
        let mut series = Series::new();
        for number in 1..=seconds {
            series.push(second(number));
            assert!(series.intervals.len() <= LENGTH_MAX);
        }
        series.into_intervals()
    }

    #[test]
    fn ten_hours_are_kept_whole_in_a_bounded_series() {
        const SECONDS: u64 = 36_000;
        let intervals = series(SECONDS);
        assert!(intervals.len() > LENGTH_MAX / 2);
        let lengths: Vec<f64> = (0..intervals.len())
            .map(|index| intervals[index].t_s - begin_s(&intervals, index))
            .collect();
        let (last, whole) = lengths.split_last().unwrap();
        assert!(whole.iter().all(|&length_s| length_s == 64.0) && *last <= 64.0);
        let mut counters = Counters::default();
        let mut gaps = 0;
        for interval in &intervals {
            counters.merge(&interval.counters);
            gaps += interval
                .histograms
                .get(&Metric::Gap)
                .map_or(0, |gaps| gaps.decode().len());
        }
        let events: u64 = (1..=SECONDS).map(|number| number % 7).sum();
        assert_eq!((counters.events, gaps), (events, events));
        assert_eq!(
            intervals
                .iter()
                .map(|interval| interval.errors)
                .sum::<u64>(),
            SECONDS
        );
        let by_rate: f64 = intervals
            .iter()
            .zip(lengths)
            .map(|(interval, length_s)| interval.events_per_s * length_s)
            .sum();
        assert!((by_rate - events as f64).abs() < 1e-3, "{by_rate}");
        let last = intervals.last().unwrap();
        assert_eq!((last.t_s, last.streams_open), (SECONDS as f64, SECONDS));
    }

    #[test]
    fn ten_minutes_are_kept_second_by_second() {
        let intervals = series(LENGTH_MAX as u64);
        assert!(
            intervals
                .iter()
                .zip(1..)
                .all(|(interval, number)| *interval == second(number))
        );
    }
}
