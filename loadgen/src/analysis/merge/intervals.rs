//! Seconds of shards, put beside each other and added.

use crate::measure::Bank;
use crate::report::{Interval, Report};

use super::windows::Windows;

/// Every second that any shard has.
pub(super) fn merge(reports: &[&Report], windows: &Windows) -> Vec<Interval> {
    let ends = reports.iter().zip(&windows.shifts);
    let seconds = ends
        .map(|(report, shift)| report.intervals.len() + shift)
        .max();
    (0..seconds.unwrap_or(0))
        .map(|second| {
            let shards = reports.iter().zip(&windows.shifts);
            let parts = shards.filter_map(|(report, shift)| Part::of(report, second, *shift));
            sum(second, &parts.collect::<Vec<_>>())
        })
        .collect()
}

/// A shard's part of a second.
pub(super) struct Part<'a> {
    interval: &'a Interval,
    length_s: f64,
}

impl<'a> Part<'a> {
    /// That of the whole's second `second` of a shard whose seconds begin at `shift`.
    pub(super) fn of(report: &'a Report, second: usize, shift: usize) -> Option<Self> {
        let index = second.checked_sub(shift)?;
        let interval = report.intervals.get(index)?;
        let begin_s = match index {
            0 => 0.0,
            index => report.intervals[index - 1].t_s,
        };
        Some(Self {
            interval,
            length_s: interval.t_s - begin_s,
        })
    }

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

fn sum(second: usize, parts: &[Part<'_>]) -> Interval {
    let length_s = parts.iter().map(Part::length_s).fold(0.0, f64::max);
    let per_s = |amount: f64| {
        if length_s > 0.0 {
            amount / length_s
        } else {
            0.0
        }
    };
    let mut sum = Interval {
        t_s: second as f64 + length_s,
        events_per_s: per_s(parts.iter().map(Part::events).sum()),
        bytes_per_s: per_s(parts.iter().map(Part::bytes).sum()),
        ..Interval::default()
    };
    let mut bank = Bank::new();
    for Part { interval, .. } in parts {
        add(&mut sum, &mut bank, interval);
    }
    sum.with_figures_of(&bank)
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
