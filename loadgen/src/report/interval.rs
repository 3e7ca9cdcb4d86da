//! A second of the window, or several.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Encoded, TargetSample};
use crate::measure::{Bank, Counters, Metric};

/// A second of the window, or in a long run two, four, eight and so on; the last may be shorter.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Interval {
    /// Its end, from the window's start.
    pub t_s: f64,
    /// Streams open at its end.
    pub streams_open: u64,
    /// Events received a second.
    pub events_per_s: f64,
    /// Bytes read a second.
    pub bytes_per_s: f64,
    /// Median gap, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_p50_ns: Option<u64>,
    /// 99th percentile of the gaps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_p99_ns: Option<u64>,
    /// Median delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_p50_ns: Option<u64>,
    /// 99th percentile of the deliveries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_p99_ns: Option<u64>,
    /// 99th percentile of the generator's own delay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_lag_p99_ns: Option<u64>,
    /// Streams that failed.
    pub errors: u64,
    /// What was counted; in the first one also before the window, in the last one also after it. All of them together are the
    /// run's, but for the peak of open streams, and events lost in one that came in a later one.
    pub counters: Counters,
    /// What the target used at its end, where that was asked for and could be found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetSample>,
    /// By metric; all of them together are the run's.
    pub histograms: BTreeMap<Metric, Encoded>,
}

impl Interval {
    /// With the figures that are taken from histograms.
    pub(crate) fn with_figures_of(self, bank: &Bank) -> Self {
        let quantile = |metric, quantile| {
            let histogram = bank.get(metric);
            (!histogram.is_empty()).then(|| histogram.value_at_quantile(quantile))
        };
        let histograms = bank.recorded();
        Self {
            gap_p50_ns: quantile(Metric::Gap, 0.5),
            gap_p99_ns: quantile(Metric::Gap, 0.99),
            delivery_p50_ns: quantile(Metric::Delivery, 0.5),
            delivery_p99_ns: quantile(Metric::Delivery, 0.99),
            client_lag_p99_ns: quantile(Metric::ClientLag, 0.99),
            histograms: histograms
                .map(|(metric, histogram)| (metric, Encoded::of(histogram)))
                .collect(),
            ..self
        }
    }

    /// This one, which began at `begin_s`, and the next as one: counts and histograms are added, rates are those of both together, and
    /// what is known of an end is that of the next.
    pub(crate) fn followed_by(&self, begin_s: f64, next: &Self) -> Self {
        let (own_s, next_s) = (self.t_s - begin_s, next.t_s - self.t_s);
        let per_s = |own: f64, next: f64| (own * own_s + next * next_s) / (own_s + next_s);
        let mut counters = self.counters.clone();
        counters.merge(&next.counters);
        let mut bank = Bank::new();
        for (metric, encoded) in self.histograms.iter().chain(&next.histograms) {
            bank.add(*metric, &encoded.decode());
        }
        let both = Self {
            t_s: next.t_s,
            streams_open: next.streams_open,
            events_per_s: per_s(self.events_per_s, next.events_per_s),
            bytes_per_s: per_s(self.bytes_per_s, next.bytes_per_s),
            errors: self.errors + next.errors,
            counters,
            target: next.target,
            ..Self::default()
        };
        both.with_figures_of(&bank)
    }
}
