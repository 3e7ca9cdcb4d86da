//! The series of shards, put beside each other and added.

use std::borrow::Cow;
use std::ops::Range;

use super::windows::Windows;
use crate::measure::Bank;
use crate::report::{Interval, Report, Series, Steps, coarsened, lengths_s};

/// The series of all shards in steps of one length, which lie on each other.
pub(super) struct Aligned<'a> {
    step_s: u64,
    shards: Vec<Shard<'a>>,
}

struct Shard<'a> {
    intervals: Cow<'a, [Interval]>,
    lengths_s: Vec<f64>,
    /// Steps by which it began after the first one.
    shift: usize,
}

/// A shard's part of a step.
pub(super) struct Part<'a> {
    interval: &'a Interval,
    length_s: f64,
}

impl<'a> Aligned<'a> {
    /// In the longest steps of any shard, since what was joined cannot be taken apart. `None` where a shard's steps do not make up
    /// such a one, or do not begin where one begins, or where its series was left out of it.
    pub(super) fn of(reports: &[&'a Report], windows: &Windows) -> Option<Self> {
        let steps = || reports.iter().map(|report| Steps::of(&report.intervals));
        let step_s = steps().map(|steps| steps.longest_s).max()?;
        let shards = reports.iter().zip(steps()).zip(&windows.shifts_s);
        let shards = shards.map(|((report, steps), shift_s)| {
            let own_s = steps.longest_s;
            let is_whole = steps.are_even && !report.lacks_series();
            let fits = is_whole && step_s % own_s == 0 && shift_s % step_s == 0;
            fits.then(|| Shard::new(&report.intervals, step_s / own_s, shift_s / step_s))
        });
        let shards = shards.collect::<Option<Vec<_>>>()?;
        Some(Self { step_s, shards })
    }

    /// Every step that any shard has, as a series.
    pub(super) fn sum(&self) -> Vec<Interval> {
        let ends = self.shards.iter().map(Shard::end);
        let count = ends.max().unwrap_or(0);
        let mut series = Series::new();
        for step in 0..count {
            series.push(self.sum_of(step, step + 1 == count));
        }
        series.into_intervals()
    }

    /// The steps that all shards have.
    pub(super) fn in_common(&self) -> Range<usize> {
        let begins = self.shards.iter().map(|shard| shard.shift);
        let ends = self.shards.iter().map(Shard::end);
        begins.max().unwrap_or(0)..ends.min().unwrap_or(0)
    }

    /// What the shards have of a step.
    pub(super) fn parts(&self, step: usize) -> Vec<Part<'_>> {
        let parts = self.shards.iter().filter_map(|shard| shard.part(step));
        parts.collect()
    }

    /// Only the last one may be shorter than the others: where shards end in another, nobody measured until its end.
    fn sum_of(&self, step: usize, is_last: bool) -> Interval {
        let parts = self.parts(step);
        let length_s = if is_last {
            parts.iter().map(Part::length_s).fold(0.0, f64::max)
        } else {
            self.step_s as f64
        };
        let mut sum = Interval {
            t_s: (step as u64 * self.step_s) as f64 + length_s,
            events_per_s: per_s(parts.iter().map(Part::events).sum(), length_s),
            bytes_per_s: per_s(parts.iter().map(Part::bytes).sum(), length_s),
            ..Interval::default()
        };
        let mut bank = Bank::new();
        for Part { interval, .. } in parts {
            add(&mut sum, &mut bank, interval);
        }
        sum.with_figures_of(&bank)
    }
}

impl<'a> Shard<'a> {
    fn new(intervals: &'a [Interval], times: u64, shift: u64) -> Self {
        let intervals = coarsened(intervals, times as usize);
        Self {
            lengths_s: lengths_s(&intervals).collect(),
            intervals,
            shift: shift as usize,
        }
    }

    /// The step before which it ended.
    fn end(&self) -> usize {
        self.intervals.len() + self.shift
    }

    fn part(&self, step: usize) -> Option<Part<'_>> {
        let index = step.checked_sub(self.shift)?;
        Some(Part {
            interval: self.intervals.get(index)?,
            length_s: self.lengths_s[index],
        })
    }
}

impl Part<'_> {
    /// What was received in it.
    pub(super) fn events(&self) -> f64 {
        self.interval.events_per_s * self.length_s
    }

    /// What was read in it.
    pub(super) fn bytes(&self) -> f64 {
        self.interval.bytes_per_s * self.length_s
    }

    pub(super) fn length_s(&self) -> f64 {
        self.length_s
    }
}

/// So much over so long; nothing over no time.
pub(super) fn per_s(amount: f64, length_s: f64) -> f64 {
    if length_s > 0.0 {
        amount / length_s
    } else {
        0.0
    }
}

fn add(sum: &mut Interval, bank: &mut Bank, interval: &Interval) {
    // Rates are of the second's length, quantiles of its histograms.
    let Interval {
        t_s: _,
        streams_open,
        events_per_s: _,
        bytes_per_s: _,
        gap_p50_ns: _,
        gap_p99_ns: _,
        delivery_p50_ns: _,
        delivery_p99_ns: _,
        client_lag_p99_ns: _,
        errors,
        counters,
        target,
        histograms,
    } = interval;
    sum.streams_open += streams_open;
    sum.errors += errors;
    sum.counters.merge(counters);
    sum.target = sum.target.or(*target);
    for (metric, encoded) in histograms {
        bank.add(*metric, &encoded.decode());
    }
}
