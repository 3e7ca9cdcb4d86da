//! Figures that are followed from commit to commit by programs that keep them.

use crate::measure::{Metric, samples_needed};
use crate::output::{Run, text};
use crate::report::{Latency, Report};

/// The latencies that the target has a part in, and of which less is better.
const METRICS: [Metric; 9] = [
    Metric::Connect,
    Metric::Headers,
    Metric::Ttfe,
    Metric::TtfeSent,
    Metric::Gap,
    Metric::Delivery,
    Metric::ServerLag,
    Metric::Wire,
    Metric::Silence,
];

/// One figure, as the runs of one benchmark have it.
#[derive(Debug, PartialEq)]
pub(super) struct Figure {
    /// What it is of; see [`benchmark`].
    pub(super) benchmark: String,
    /// As thresholds name it.
    pub(super) name: String,
    pub(super) unit: &'static str,
    pub(super) is_smaller_better: bool,
    /// In rising order; one a run.
    values: Vec<f64>,
}

/// What was run against what: runs of the same are of one benchmark. An embedded server's port is not the same twice.
pub(in crate::output) fn benchmark(report: &Report) -> String {
    let target = &report.plan.target;
    let load = text::load(&report.plan);
    match report.plan.embedded {
        true => format!("embedded {}, {load}", target.path),
        false => format!("{}, {load}", target.url),
    }
}

/// Every figure of the runs, in the order in which they first come.
pub(super) fn figures(runs: &[Run<'_>]) -> Vec<Figure> {
    let mut all: Vec<Figure> = Vec::new();
    for figure in runs.iter().flat_map(|run| of_run(run.report)) {
        let same = |other: &&mut Figure| {
            (&other.benchmark, &other.name) == (&figure.benchmark, &figure.name)
        };
        match all.iter_mut().find(same) {
            Some(known) => known.values.extend(figure.values),
            None => all.push(figure),
        }
    }
    for figure in &mut all {
        figure.values.sort_by(f64::total_cmp);
    }
    all
}

impl Figure {
    /// The median of the runs.
    pub(super) fn value(&self) -> f64 {
        let middle = self.values.len() / 2;
        if self.values.len().is_multiple_of(2) {
            f64::midpoint(self.values[middle - 1], self.values[middle])
        } else {
            self.values[middle]
        }
    }

    /// The least and the most of several runs. One run has no spread: its events are not independent of each other.
    pub(super) fn spread(&self) -> Option<(f64, f64)> {
        match self.values[..] {
            [least, .., most] => Some((least, most)),
            _ => None,
        }
    }
}

fn of_run(report: &Report) -> Vec<Figure> {
    let benchmark = benchmark(report);
    let figure = |name: String, value: f64, unit, is_smaller_better| Figure {
        benchmark: benchmark.clone(),
        name,
        unit,
        is_smaller_better,
        values: vec![value],
    };
    let counters = &report.counters;
    let failed = counters.streams_failed as f64 / counters.streams_started.max(1) as f64;
    let latencies = METRICS.into_iter().flat_map(|metric| {
        let latency = report.latency.get(&metric);
        let known = latency.into_iter().flat_map(known_quantiles);
        known.map(move |(quantile, value_ns)| (format!("{}.{quantile}", metric.name()), value_ns))
    });
    latencies
        .map(|(name, value_ns)| figure(name, value_ns as f64, "ns", true))
        .chain([
            figure("failed_rate".to_owned(), failed, "ratio", true),
            figure("lost".to_owned(), counters.lost as f64, "events", true),
            figure(
                "events_per_s".to_owned(),
                report.throughput.events_per_s,
                "events/s",
                false,
            ),
        ])
        .collect()
}

/// Those that have enough samples behind them and do not reach into waits that had not ended: what is followed is read
/// without marks.
fn known_quantiles(latency: &Latency) -> impl Iterator<Item = (&'static str, u64)> {
    let quantiles = [
        ("p50", 0.5, latency.p50_ns),
        ("p99", 0.99, latency.p99_ns),
        ("p99.9", 0.999, latency.p99_9_ns),
    ];
    let (count, known_to) = (latency.count, latency.lower_bound_above.unwrap_or(1.0));
    quantiles
        .into_iter()
        .filter(move |&(_, quantile, _)| quantile <= known_to && count >= samples_needed(quantile))
        .map(|(name, _, value_ns)| (name, value_ns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;

    fn of(reports: &[Report]) -> Vec<Figure> {
        let runs: Vec<Run<'_>> = reports
            .iter()
            .map(|report| Run { name: "", report })
            .collect();
        figures(&runs)
    }

    #[test]
    fn runs_of_the_same_are_one_figure_with_a_spread() {
        let mut reports = [report(), report(), report()];
        for (report, rate) in reports.iter_mut().zip([30.0, 10.0, 20.0]) {
            report.throughput.events_per_s = rate;
        }
        let all = of(&reports);
        let rate = all
            .iter()
            .find(|figure| figure.name == "events_per_s")
            .unwrap();
        assert_eq!((rate.value(), rate.spread()), (20.0, Some((10.0, 30.0))));
        let pair = of(&reports[..2]);
        assert_eq!(pair.last().unwrap().value(), 20.0);
        assert_eq!(of(&reports[..1]).last().unwrap().spread(), None);
        reports[1].plan.load.streams += 1;
        assert_eq!(of(&reports).len(), 2 * all.len());
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let named = |report: &Report| {
            let names = of(std::slice::from_ref(report)).into_iter();
            names.map(|figure| figure.name).collect::<Vec<_>>()
        };
        let mut report = report();
        let counted = ["failed_rate", "lost", "events_per_s"];
        assert_eq!(
            named(&report),
            [&["gap.p50", "gap.p99"][..], &counted].concat()
        );
        let gap = report.latency.get_mut(&Metric::Gap).unwrap();
        gap.lower_bound_above = Some(0.9);
        assert_eq!(named(&report), [&["gap.p50"][..], &counted].concat());
    }
}
