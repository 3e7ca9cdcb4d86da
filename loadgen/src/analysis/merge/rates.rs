//! Rates of the whole.

use super::intervals::{Aligned, Part, per_s};
use super::windows::Windows;
use crate::report::{Report, Throughput};

/// Of windows that began together, as a run has it of its workers: all of it over the longest. Of others over the steps that all
/// have; what is known of whole windows only is then the sum of the shards' own rates, and so is all where steps do not lie on
/// each other.
pub(super) fn throughput(
    reports: &[&Report],
    windows: &Windows,
    aligned: Option<&Aligned<'_>>,
) -> Throughput {
    let own = reports.iter().map(|report| report.throughput);
    let sum = |rate: fn(Throughput) -> f64| own.clone().map(rate).sum::<f64>();
    let rates = Throughput {
        window_s: own.clone().map(|own| own.window_s).fold(0.0, f64::max),
        events: own.clone().map(|own| own.events).sum(),
        events_per_s: sum(|own| own.events_per_s),
        bytes_per_s: sum(|own| own.bytes_per_s),
        streams_per_s: sum(|own| own.streams_per_s),
        started_streams_per_s: sum(|own| own.started_streams_per_s),
        offered_streams_per_s: own.clone().map(|own| own.offered_streams_per_s).sum(),
    };
    if !windows.began_together() {
        return aligned.map_or(rates, |aligned| in_common(rates, aligned));
    }
    let over = |rate: fn(Throughput) -> f64| {
        let amount: f64 = own.clone().map(|own| rate(own) * own.window_s).sum();
        per_s(amount, rates.window_s)
    };
    Throughput {
        events_per_s: over(|own| own.events_per_s),
        bytes_per_s: over(|own| own.bytes_per_s),
        streams_per_s: over(|own| own.streams_per_s),
        ..rates
    }
}

fn in_common(rates: Throughput, aligned: &Aligned<'_>) -> Throughput {
    let (mut events, mut bytes, mut window_s) = (0.0, 0.0, 0.0);
    for step in aligned.in_common() {
        let parts = aligned.parts(step);
        events += parts.iter().map(Part::events).sum::<f64>();
        bytes += parts.iter().map(Part::bytes).sum::<f64>();
        window_s += parts.iter().map(Part::length_s).fold(0.0, f64::max);
    }
    Throughput {
        window_s,
        events: events.round() as u64,
        events_per_s: per_s(events, window_s),
        bytes_per_s: per_s(bytes, window_s),
        ..rates
    }
}
