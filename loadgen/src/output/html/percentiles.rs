//! Curves of percentiles, one chart a metric, every run in it.

use hdrhistogram::Histogram;
use maud::{Markup, html};

use super::chart::{Axis, AxisUnit, Chart, Line, Point, Stroke, nines, swatch};
use super::latencies::measured;
use super::{Run, legend_of_runs, page};
use crate::measure::{Metric, samples_needed};
use crate::output::text::latencies::{COLUMNS, cells};
use crate::report::Report;

/// Points of a curve for each nine: two pixels apart.
const POINTS_PER_NINE: f64 = 40.0;

/// Where curves end at the latest: what lies beyond takes millions of samples, and the maximum is in the table.
const NINES_MAX: f64 = 5.0;

/// What tells of the generator and not of its target.
const OWN: [Metric; 3] = [Metric::ClientLag, Metric::StartLag, Metric::LoopLag];

pub(super) fn sections(runs: &[Run<'_>]) -> Markup {
    let (own, target): (Vec<Metric>, Vec<Metric>) = measured(runs)
        .into_iter()
        .partition(|metric| OWN.contains(metric));
    html! {
        (section("percentiles", "Percentiles", runs, &target))
        (section("own", "Weir itself", runs, &own))
    }
}

fn section(id: &str, heading: &str, runs: &[Run<'_>], metrics: &[Metric]) -> Markup {
    if metrics.is_empty() {
        return html! {};
    }
    let charts: Vec<Chart> = metrics.iter().map(|metric| chart(runs, *metric)).collect();
    let body = html! {
        (legend_of_runs(runs))
        (legend_of_strokes(&charts))
        div.charts { @for chart in &charts { (chart.figure()) } }
    };
    page::section(id, heading, &body)
}

fn legend_of_strokes(charts: &[Chart]) -> Markup {
    let has = |stroke| {
        charts
            .iter()
            .flat_map(Chart::strokes)
            .any(|other| other == stroke)
    };
    let meanings = [
        (Stroke::Uncertain, "too few samples for these percentiles"),
        (Stroke::Bound, "at least: still waiting when the run ended"),
    ];
    html! {
        p.legend {
            @for (stroke, meaning) in meanings {
                @if has(stroke) { span { (swatch(stroke, 0)) " " (meaning) } }
            }
        }
    }
}

fn chart(runs: &[Run<'_>], metric: Metric) -> Chart {
    let lines: Vec<Line> = runs
        .iter()
        .enumerate()
        .flat_map(|(ink, run)| {
            let name = (runs.len() > 1).then(|| (ink + 1).to_string());
            curve(run.report, metric, ink, name)
        })
        .collect();
    let points = lines.iter().flat_map(|line| &line.points);
    let (nines, values_ns): (Vec<f64>, Vec<f64>) = points.copied().unzip();
    Chart {
        id: format!("percentiles-{}", metric.name()),
        title: metric.name().to_owned(),
        caption: metric.brief().to_owned(),
        description: description(runs, metric),
        x: Axis::percentiles(nines.into_iter().fold(0.0, f64::max)),
        y: Axis::of(AxisUnit::Ns, &values_ns),
        lines,
        marks: Vec::new(),
    }
}

fn description(runs: &[Run<'_>], metric: Metric) -> String {
    let of_run = |run: &Run<'_>| {
        let latency = run.report.latency.get(&metric)?;
        let figures = COLUMNS.into_iter().zip(cells(latency));
        let figures: Vec<String> = figures
            .map(|(name, cell)| format!("{name} {}", cell.text()))
            .collect();
        Some(format!("{}: {}.", run.name, figures.join(", ")))
    };
    runs.iter().filter_map(of_run).collect::<Vec<_>>().join(" ")
}

/// One line for each stretch that is equally well known, each beginning where the one before ends.
fn curve(report: &Report, metric: Metric, ink: usize, name: Option<String>) -> Vec<Line> {
    let Some(encoded) = report.histograms.get(&metric) else {
        return Vec::new();
    };
    let latency = report.latency.get(&metric);
    let known_to = latency
        .and_then(|latency| latency.lower_bound_above)
        .unwrap_or(1.0);
    let mut lines: Vec<Line> = Vec::new();
    for (stroke, point) in points(&encoded.decode(), known_to) {
        match lines.last_mut() {
            Some(line) if line.stroke == stroke => line.points.push(point),
            before => {
                let joint = before.and_then(|line| line.points.last().copied());
                lines.push(Line {
                    points: joint.into_iter().chain([point]).collect(),
                    stroke,
                    ink,
                    name: None,
                });
            }
        }
    }
    if let Some(line) = lines.last_mut() {
        line.name = name;
    }
    lines
}

/// From the smallest to the largest value, and how well each is known. The largest of n samples lies at 1 - 1/2n, the
/// middle of its share.
fn points(histogram: &Histogram<u64>, known_to: f64) -> Vec<(Stroke, Point)> {
    if histogram.is_empty() {
        return Vec::new();
    }
    let count = histogram.len();
    let end = (2.0 * count as f64).log10().min(NINES_MAX);
    let steps = (end * POINTS_PER_NINE) as u32;
    let places = (0..=steps).map(|step| f64::from(step) / POINTS_PER_NINE);
    let point = |place: f64| {
        let quantile = 1.0 - 10f64.powf(-place);
        let stroke = if quantile > known_to {
            Stroke::Bound
        } else if samples_needed(quantile) > count {
            Stroke::Uncertain
        } else {
            Stroke::Solid
        };
        let value_ns = histogram.value_at_quantile(quantile);
        (stroke, (nines(quantile), value_ns as f64))
    };
    places.chain([end]).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::new_histogram;

    fn histogram(count: u64) -> Histogram<u64> {
        let mut histogram = new_histogram();
        for value_ms in 1..=count {
            histogram.record(value_ms * 1_000_000).unwrap();
        }
        histogram
    }

    fn stretch(points: &[(Stroke, Point)], stroke: Stroke) -> (f64, f64) {
        let places = points.iter().filter(|(other, _)| *other == stroke);
        places.fold((f64::INFINITY, 0.0), |(least, most), (_, (place, _))| {
            (place.min(least), place.max(most))
        })
    }

    #[test]
    fn a_curve_goes_from_the_smallest_to_the_largest_value() {
        let points = points(&histogram(1_000), 1.0);
        let about = |value_ns: f64, ms: f64| (value_ns / 1e6 / ms - 1.0).abs() < 0.002;
        let (first, last) = (points[0].1, points.last().unwrap().1);
        assert!(first.0 == 0.0 && about(first.1, 1.0), "{first:?}");
        assert!(about(last.1, 1_000.0), "{last:?}");
        let at_p90 = points.iter().find(|(_, (place, _))| *place == 1.0);
        assert!(about(at_p90.unwrap().1.1, 900.0));
    }

    #[test]
    fn what_the_samples_do_not_carry_is_drawn_apart() {
        // 662 samples carry a p99, and nothing above it.
        let points = points(&histogram(662), 1.0);
        assert_eq!(stretch(&points, Stroke::Solid), (0.0, 2.0));
        assert!(stretch(&points, Stroke::Uncertain).0 > 2.0);
    }

    #[test]
    fn what_is_a_lower_bound_is_drawn_apart() {
        let points = points(&histogram(10_000), 0.9);
        let (_, solid_to) = stretch(&points, Stroke::Solid);
        let (bound_from, bound_to) = stretch(&points, Stroke::Bound);
        assert_eq!(solid_to, 1.0);
        assert!(bound_from > 1.0 && bound_to > 4.0);
    }

    #[test]
    fn a_single_sample_has_a_curve() {
        assert!(!points(&histogram(1), 1.0).is_empty());
        assert!(points(&histogram(0), 1.0).is_empty());
    }
}
