//! The window as a series of intervals of one length, and of bounded number.

use std::borrow::Cow;

use weir_time::NANOS_PER_SEC;

use super::Interval;

/// The intervals of a report, as they come. When there are too many, two neighbours become one each, and from then on new ones are as
/// long: nothing is dropped, and the series of a run of hours is no longer than that of minutes.
#[derive(Debug)]
pub(crate) struct Series {
    /// All as long as each other but for the last, which may have to be filled.
    intervals: Vec<Interval>,
    /// Of how many of those that come one is made.
    step: usize,
    /// How many the last one has.
    filled: usize,
}

impl Series {
    /// Intervals that a series has at most: ten minutes second by second, and more points than a chart that fills a screen can show.
    /// Each takes some kilobytes of a report, all of them some megabytes.
    pub(crate) const LENGTH_MAX: usize = 600;

    pub(crate) fn new() -> Self {
        Self::in_steps_of(1)
    }

    fn in_steps_of(step: usize) -> Self {
        Self {
            intervals: Vec::new(),
            step,
            filled: 0,
        }
    }

    /// Adds the next interval of the window, which is as long as all before it.
    pub(crate) fn push(&mut self, next: Interval) {
        self.append(next);
        if self.intervals.len() > Self::LENGTH_MAX {
            self.halve();
        }
    }

    /// The intervals.
    pub(crate) fn into_intervals(self) -> Vec<Interval> {
        self.intervals
    }

    fn append(&mut self, next: Interval) {
        let begin_s = begin_s(&self.intervals, self.intervals.len().saturating_sub(1));
        match self.intervals.last_mut() {
            Some(last) if self.filled < self.step => {
                *last = last.followed_by(begin_s, &next);
                self.filled += 1;
            }
            _ => {
                self.intervals.push(next);
                self.filled = 1;
            }
        }
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

/// A series in steps that are so many times as long.
pub(crate) fn coarsened(intervals: &[Interval], times: usize) -> Cow<'_, [Interval]> {
    if times == 1 {
        return Cow::Borrowed(intervals);
    }
    let mut series = Series::in_steps_of(times);
    for interval in intervals {
        series.append(interval.clone());
    }
    Cow::Owned(series.into_intervals())
}

/// How long the steps of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Steps {
    /// In whole seconds: a run may end within one.
    pub(crate) longest_s: u64,
    /// Whether all are as long as the longest, but for the last one.
    pub(crate) are_even: bool,
}

impl Steps {
    pub(crate) fn of(intervals: &[Interval]) -> Self {
        let lengths_s: Vec<u64> = lengths_s(intervals)
            .map(|length_s| ((length_s * 1e9).round() as u64).div_ceil(NANOS_PER_SEC))
            .collect();
        let longest_s = lengths_s.iter().copied().max().unwrap_or(0).max(1);
        let whole = lengths_s.split_last().map_or(&[][..], |(_, whole)| whole);
        Self {
            longest_s,
            are_even: whole.iter().all(|&length_s| length_s == longest_s),
        }
    }

    /// Whether seconds were joined.
    pub(crate) fn are_thinned(self) -> bool {
        self.longest_s > 1
    }
}

/// How long each interval of a series is, in seconds.
pub(crate) fn lengths_s(intervals: &[Interval]) -> impl Iterator<Item = f64> {
    let ends_s = || intervals.iter().map(|interval| interval.t_s);
    let begins_s = std::iter::once(0.0).chain(ends_s());
    ends_s()
        .zip(begins_s)
        .map(|(end_s, begin_s)| end_s - begin_s)
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

    /// So many there are in second `number` of a run: few seconds have any, since to add histograms takes time.
    fn events(number: u64) -> u64 {
        if number % 5_000 < 25 { number % 7 } else { 0 }
    }

    /// Second `number` of a run, from 1, each of its events with a gap of a millisecond.
    fn second(number: u64) -> Interval {
        let mut bank = Bank::new();
        bank.record_n(Metric::Gap, 1_000_000, events(number));
        let counters = Counters {
            events: events(number),
            ..Counters::default()
        };
        let second = Interval {
            t_s: number as f64,
            streams_open: number,
            events_per_s: events(number) as f64,
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
            assert!(series.intervals.len() <= Series::LENGTH_MAX);
        }
        series.into_intervals()
    }

    #[test]
    fn ten_hours_are_kept_whole_in_a_bounded_series() {
        const SECONDS: u64 = 36_000;
        let intervals = series(SECONDS);
        assert!(intervals.len() > Series::LENGTH_MAX / 2);
        let lengths: Vec<f64> = lengths_s(&intervals).collect();
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
        let all: u64 = (1..=SECONDS).map(events).sum();
        assert_eq!((counters.events, gaps), (all, all));
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
        assert!((by_rate - all as f64).abs() < 1e-3, "{by_rate}");
        let last = intervals.last().unwrap();
        assert_eq!((last.t_s, last.streams_open), (SECONDS as f64, SECONDS));
    }

    #[test]
    fn a_series_is_coarsened_to_what_it_would_have_been_in_longer_steps() {
        let seconds: Vec<Interval> = (1..=22).map(second).collect();
        let twos = coarsened(&seconds, 2);
        let eights = coarsened(&twos, 4);
        assert_eq!(eights, coarsened(&seconds, 8));
        let ends: Vec<f64> = eights.iter().map(|interval| interval.t_s).collect();
        assert_eq!(ends, [8.0, 16.0, 22.0]);
        let even = |longest_s| Steps {
            longest_s,
            are_even: true,
        };
        let steps = [&seconds, &*twos, &*eights].map(Steps::of);
        assert_eq!(steps, [even(1), even(2), even(8)]);
    }

    #[test]
    fn ten_minutes_are_kept_second_by_second() {
        let intervals = series(Series::LENGTH_MAX as u64);
        assert!(
            intervals
                .iter()
                .zip(1..)
                .all(|(interval, number)| *interval == second(number))
        );
    }
}
