//! Rates of the whole.

use super::intervals::Part;
use super::windows::Windows;
use crate::report::{Report, Throughput};

/// Of windows that began together, as a run has it of its workers: all of it over the longest. Of others over the seconds that
/// all have; what is known of whole windows only is then the sum of the shards' own rates.
pub(super) fn throughput(reports: &[&Report], windows: &Windows) -> Throughput {
    let own = reports.iter().map(|report| report.throughput);
    let sum = |rate: fn(Throughput) -> f64| own.clone().map(rate).sum::<f64>();
    let rates = Throughput {
        streams_per_s: sum(|own| own.streams_per_s),
        started_streams_per_s: sum(|own| own.started_streams_per_s),
        offered_streams_per_s: own.clone().map(|own| own.offered_streams_per_s).sum(),
        ..Throughput::default()
    };
    if !windows.began_together() {
        return in_common(rates, reports, windows);
    }
    let window_s = own.clone().map(|own| own.window_s).fold(0.0, f64::max);
    let over = |rate: fn(Throughput) -> f64| {
        let amount: f64 = own.clone().map(|own| rate(own) * own.window_s).sum();
        if window_s > 0.0 {
            amount / window_s
        } else {
            0.0
        }
    };
    Throughput {
        window_s,
        events: own.clone().map(|own| own.events).sum(),
        events_per_s: over(|own| own.events_per_s),
        bytes_per_s: over(|own| own.bytes_per_s),
        streams_per_s: over(|own| own.streams_per_s),
        ..rates
    }
}

fn in_common(rates: Throughput, reports: &[&Report], windows: &Windows) -> Throughput {
    let shards = || reports.iter().zip(&windows.shifts);
    let begin = windows.shifts.iter().copied().max().unwrap_or(0);
    let end = shards()
        .map(|(report, shift)| report.intervals.len() + shift)
        .min();
    let (mut events, mut bytes, mut window_s) = (0.0, 0.0, 0.0);
    for second in begin..end.unwrap_or(0) {
        let parts = shards().filter_map(|(report, shift)| Part::of(report, second, *shift));
        let parts: Vec<Part<'_>> = parts.collect();
        events += parts.iter().map(Part::events).sum::<f64>();
        bytes += parts.iter().map(Part::bytes).sum::<f64>();
        window_s += parts.iter().map(Part::length_s).fold(0.0, f64::max);
    }
    let per_s = |amount: f64| {
        if window_s > 0.0 {
            amount / window_s
        } else {
            0.0
        }
    };
    Throughput {
        window_s,
        events: events.round() as u64,
        events_per_s: per_s(events),
        bytes_per_s: per_s(bytes),
        ..rates
    }
}
