//! Cohorts and phases of shards, added each to its own.

use std::collections::BTreeMap;

use super::latencies::{self, Figures};
use crate::measure::Counters;
use crate::report::{Part, Report};

/// Every cohort that a shard tells apart, by its name.
pub(super) fn cohorts(reports: &[&Report]) -> BTreeMap<String, Part> {
    let mut shards: BTreeMap<&String, Vec<&Part>> = BTreeMap::new();
    for (name, part) in reports.iter().flat_map(|report| &report.cohorts) {
        shards.entry(name).or_default().push(part);
    }
    let sums = shards.into_iter();
    sums.map(|(name, parts)| (name.clone(), sum(&parts)))
        .collect()
}

/// Every phase, in their order.
pub(super) fn phases(reports: &[&Report]) -> Vec<Part> {
    let count = reports.iter().map(|report| report.phases.len()).max();
    let phases = (0..count.unwrap_or(0)).map(|phase| {
        let shards = reports.iter().filter_map(|report| report.phases.get(phase));
        sum(&shards.collect::<Vec<_>>())
    });
    phases.collect()
}

fn sum(parts: &[&Part]) -> Part {
    let mut counters = Counters::default();
    for part in parts {
        counters.merge(&part.counters);
    }
    let figures: Vec<_> = parts.iter().map(|part| Figures::of_part(part)).collect();
    let bank = latencies::histograms(&figures);
    Part {
        counters,
        latency: latencies::merge(&figures, &bank),
        histograms: latencies::encoded(&bank),
    }
}
