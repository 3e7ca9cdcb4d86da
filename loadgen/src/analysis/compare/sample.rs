//! What is held against what: a percentile of every run of both sides.

use rand_pcg::Pcg64Mcg;

use super::Gated;
use super::seconds::{Seconds, Variation};
use super::statistics::ranks;
use crate::measure::{Metric, samples_needed};
use crate::report::Report;

/// A percentile of one run.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// In nanoseconds.
    pub(super) value_ns: f64,
    /// How many were measured.
    pub(super) measured: u64,
    /// Of them, those with a receive time of their own.
    pub(super) distinct: f64,
    /// It reaches into waits that had not ended.
    pub(super) is_lower_bound: bool,
    /// By how much its logarithm might have been another.
    pub(super) deviations: Vec<f64>,
    /// How it varies between seconds.
    pub(super) variation: Variation,
    /// The interval of its value, at 95 %.
    pub(super) interval: Option<(f64, f64)>,
}

impl Sample {
    /// What a report has of a metric; `None` if it has nothing.
    pub(super) fn of(report: &Report, gated: Gated, random: &mut Pcg64Mcg) -> Option<Self> {
        let Gated { metric, quantile } = gated;
        let histogram = report.histograms.get(&metric)?.decode();
        if histogram.is_empty() {
            return None;
        }
        let at = |quantile: f64| histogram.value_at_quantile(quantile).max(1) as f64;
        let lower_bound_above = report
            .latency
            .get(&metric)
            .and_then(|latency| latency.lower_bound_above);
        let of_seconds = Self::of_seconds(&Seconds::of(report, metric), quantile, random);
        let mut sample = Self {
            value_ns: at(quantile),
            measured: histogram.len(),
            distinct: histogram.len() as f64 * distinct_share(report, metric),
            is_lower_bound: lower_bound_above.is_some_and(|above| quantile > above),
            ..of_seconds
        };
        let independent = effective(std::slice::from_ref(&sample), design_effect([&sample]));
        sample.interval = ranks::quantile_ranks(independent, quantile, CONFIDENCE).map(|ranks| {
            let at_rank = |rank: u64| at(rank as f64 / independent as f64);
            (at_rank(ranks.0), at_rank(ranks.1))
        });
        Some(sample)
    }

    /// What the seconds alone say.
    pub(super) fn of_seconds(seconds: &Seconds, quantile: f64, random: &mut Pcg64Mcg) -> Self {
        let measured = seconds.samples();
        Self {
            value_ns: seconds.quantile(quantile),
            measured,
            distinct: measured as f64,
            is_lower_bound: false,
            deviations: seconds.deviations(quantile, random),
            variation: seconds.variation(quantile),
            interval: None,
        }
    }

    pub(super) fn ln(&self) -> f64 {
        self.value_ns.ln()
    }
}

/// Of the intervals printed beside each side's median.
pub(super) const CONFIDENCE: f64 = 0.95;

/// Events that share a read with a later one have its receive time: they are bounds, and no samples of their own.
fn distinct_share(report: &Report, metric: Metric) -> f64 {
    let is_of_events = matches!(
        metric,
        Metric::Gap | Metric::Delivery | Metric::ServerLag | Metric::Wire | Metric::ClientLag
    );
    let counters = &report.counters;
    if !is_of_events || counters.events == 0 {
        return 1.0;
    }
    1.0 - counters.coalesced_events as f64 / counters.events as f64
}

/// By how much the runs' shares vary more than those of independent samples would (Kish, Survey Sampling, 1965, 8.2): all
/// of them together, since the few seconds of one run say little.
pub(super) fn design_effect<'samples>(samples: impl IntoIterator<Item = &'samples Sample>) -> f64 {
    let (mut found, mut if_independent) = (0.0, 0.0);
    for sample in samples {
        found += sample.variation.found;
        if_independent += sample.variation.if_independent;
    }
    if if_independent > 0.0 {
        f64::max(found / if_independent, 1.0)
    } else {
        1.0
    }
}

/// How many independent samples some runs are worth.
pub(super) fn effective(samples: &[Sample], design_effect: f64) -> u64 {
    let distinct: f64 = samples.iter().map(|sample| sample.distinct).sum();
    (distinct / design_effect) as u64
}

/// The samples of both sides.
#[derive(Debug, Clone, Default)]
pub(super) struct Samples {
    /// Runs of either side, with or without samples.
    pub(super) runs: (usize, usize),
    pub(super) base: Vec<Sample>,
    pub(super) head: Vec<Sample>,
}

/// Why samples say nothing of a percentile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Lack {
    /// Some run has none at all.
    Absent { side: &'static str },
    /// A run has fewer than the percentile takes.
    Measured { side: &'static str, measured: u64 },
    /// All runs of a side together are worth fewer than it takes.
    Effective {
        side: &'static str,
        effective: u64,
        design_effect: f64,
    },
}

impl Samples {
    pub(super) fn of(
        base: &[Report],
        head: &[Report],
        gated: Gated,
        random: &mut Pcg64Mcg,
    ) -> Self {
        let mut side = |reports: &[Report]| -> Vec<Sample> {
            let samples = reports.iter();
            samples
                .filter_map(|report| Sample::of(report, gated, random))
                .collect()
        };
        Self {
            runs: (base.len(), head.len()),
            base: side(base),
            head: side(head),
        }
    }

    /// The independent samples of the side that has fewer.
    pub(super) fn effective(&self) -> u64 {
        let design_effect = self.design_effect();
        effective(&self.base, design_effect).min(effective(&self.head, design_effect))
    }

    fn design_effect(&self) -> f64 {
        design_effect(self.base.iter().chain(&self.head))
    }

    /// What is missing for a quantile: each run must have measured as many samples as it takes, or its own figure is no
    /// more than its largest ones; and each side's runs together must be worth as many independent ones.
    pub(super) fn lack(&self, quantile: f64) -> Option<Lack> {
        let needed = samples_needed(quantile);
        let design_effect = self.design_effect();
        let sides = [
            ("base", self.runs.0, &self.base),
            ("head", self.runs.1, &self.head),
        ];
        sides.into_iter().find_map(|(side, runs, samples)| {
            if samples.len() < runs {
                return Some(Lack::Absent { side });
            }
            let measured = samples.iter().map(|sample| sample.measured).min();
            if let Some(measured) = measured.filter(|measured| *measured < needed) {
                return Some(Lack::Measured { side, measured });
            }
            let effective = effective(samples, design_effect);
            (effective < needed).then_some(Lack::Effective {
                side,
                effective,
                design_effect,
            })
        })
    }

    /// The logarithms of either side's percentiles.
    pub(super) fn lns(&self) -> (Vec<f64>, Vec<f64>) {
        let lns = |samples: &[Sample]| samples.iter().map(Sample::ln).collect();
        (lns(&self.base), lns(&self.head))
    }
}
