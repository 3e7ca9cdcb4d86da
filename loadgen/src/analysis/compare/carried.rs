//! What is gated if nothing is said: how high a percentile the samples carry.

use super::Gated;
use super::sample::Samples;
use crate::measure::{Metric, samples_needed};
use crate::report::Report;

/// From the one that is wanted to the one that is left.
const LADDER: [f64; 5] = [0.99, 0.95, 0.9, 0.75, 0.5];

/// Of what streams are waited for: the median of `ttfe`, and of each the highest percentile that the samples of every run carry; of
/// what is measured, and carries none, the median, which is then left open. With remarks on what has another than it should.
pub(super) fn gated(
    base: &[Report],
    head: &[Report],
    samples: &mut impl FnMut(Gated) -> Samples,
) -> (Vec<(Gated, Samples)>, Vec<String>) {
    let (mut gated, mut remarks) = (Vec::new(), Vec::new());
    for metric in [Metric::Ttfe, Metric::Gap, Metric::Delivery] {
        let counts = base
            .iter()
            .chain(head)
            .map(|report| measured(report, metric));
        let (fewest, most) = counts.fold((u64::MAX, 0), |(fewest, most), count| {
            (count.min(fewest), count.max(most))
        });
        if most == 0 {
            remarks.push(format!(
                "{} is not gated: no run measured it",
                metric.name()
            ));
            continue;
        }
        let at = |quantile| Gated { metric, quantile };
        let median = at(0.5);
        let tail = highest(fewest, |quantile| samples(at(quantile)));
        if metric == Metric::Ttfe && tail.as_ref().is_none_or(|(quantile, _)| *quantile > 0.5) {
            gated.push((median, samples(median)));
        }
        match tail {
            Some((quantile, samples)) => {
                let found = at(quantile);
                if quantile < LADDER[0] {
                    let wanted = at(LADDER[0]);
                    remarks.push(format!(
                        "{found} is gated, and not {wanted}: the samples carry no more"
                    ));
                }
                gated.push((found, samples));
            }
            None if metric == Metric::Ttfe => {}
            None => gated.push((median, samples(median))),
        }
    }
    (gated, remarks)
}

fn measured(report: &Report, metric: Metric) -> u64 {
    let histogram = report.histograms.get(&metric);
    histogram.map_or(0, |histogram| histogram.decode().len())
}

fn highest(fewest: u64, mut samples: impl FnMut(f64) -> Samples) -> Option<(f64, Samples)> {
    let mut carried = LADDER
        .into_iter()
        .filter(|&quantile| samples_needed(quantile) <= fewest)
        .map(|quantile| (quantile, samples(quantile)));
    carried.find(|(quantile, samples)| samples.lack(*quantile).is_none())
}
