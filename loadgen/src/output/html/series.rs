//! Figures over time, one chart for each, every run in it.

use maud::{Markup, html};

use super::chart::{Axis, AxisUnit, Chart, Line, Point, Stroke, swatch};
use super::{Run, legend_of_runs, page};
use crate::measure::{Metric, samples_needed};
use crate::report::{Interval, Report, Steps, lengths_s};

/// Points of a line: above that many, neighbours are put together. One every pixel and a half, so that nothing is lost that
/// could be seen.
const POINTS_MAX: usize = 240;

/// A figure over time.
struct Series {
    id: &'static str,
    title: &'static str,
    caption: &'static str,
    unit: AxisUnit,
    curves: &'static [Curve],
}

/// One line of it.
struct Curve {
    name: &'static str,
    stroke: Stroke,
    figure: fn(&Interval) -> Option<f64>,
    /// Whether it is a count, of which what comes in a second is drawn: intervals of one run may be longer than another's.
    is_count: bool,
    /// Which quantile of which metric it is, if it is one.
    quantile: Option<(Metric, f64)>,
}

/// A line that is the only one of its chart.
const fn only(figure: fn(&Interval) -> Option<f64>) -> Curve {
    Curve {
        name: "",
        stroke: Stroke::Solid,
        figure,
        is_count: false,
        quantile: None,
    }
}

/// Likewise, of what is counted in an interval.
const fn counted(figure: fn(&Interval) -> Option<f64>) -> Curve {
    Curve {
        is_count: true,
        ..only(figure)
    }
}

/// The median, beside [`p99`].
const fn p50(metric: Metric, figure: fn(&Interval) -> Option<f64>) -> Curve {
    Curve {
        name: "p50",
        stroke: Stroke::Thin,
        quantile: Some((metric, 0.5)),
        ..only(figure)
    }
}

const fn p99(metric: Metric, figure: fn(&Interval) -> Option<f64>) -> Curve {
    Curve {
        name: "p99",
        quantile: Some((metric, 0.99)),
        ..only(figure)
    }
}

const SERIES: [Series; 9] = [
    Series {
        id: "streams",
        title: "streams",
        caption: "open",
        unit: AxisUnit::Count,
        curves: &[only(|interval| Some(interval.streams_open as f64))],
    },
    Series {
        id: "events",
        title: "events",
        caption: "a second",
        unit: AxisUnit::Count,
        curves: &[only(|interval| Some(interval.events_per_s))],
    },
    Series {
        id: "bytes",
        title: "bytes",
        caption: "a second",
        unit: AxisUnit::ByteRate,
        curves: &[only(|interval| Some(interval.bytes_per_s))],
    },
    Series {
        id: "gap",
        title: "gap",
        caption: "p50 and p99",
        unit: AxisUnit::Ns,
        curves: &[
            p50(Metric::Gap, |interval| float(interval.gap_p50_ns)),
            p99(Metric::Gap, |interval| float(interval.gap_p99_ns)),
        ],
    },
    Series {
        id: "delivery",
        title: "delivery",
        caption: "p50 and p99",
        unit: AxisUnit::Ns,
        curves: &[
            p50(Metric::Delivery, |interval| float(interval.delivery_p50_ns)),
            p99(Metric::Delivery, |interval| float(interval.delivery_p99_ns)),
        ],
    },
    Series {
        id: "client-lag",
        title: "client_lag",
        caption: "p99: weir's own delay",
        unit: AxisUnit::Ns,
        curves: &[p99(Metric::ClientLag, |interval| {
            float(interval.client_lag_p99_ns)
        })],
    },
    Series {
        id: "errors",
        title: "errors",
        caption: "streams that failed, a second",
        unit: AxisUnit::Count,
        curves: &[counted(|interval| Some(interval.errors as f64))],
    },
    Series {
        id: "target-cpu",
        title: "target's processor time",
        caption: "100% is one core",
        unit: AxisUnit::Share,
        curves: &[only(|interval| interval.target?.cpu_ratio)],
    },
    Series {
        id: "target-memory",
        title: "target's memory",
        caption: "resident",
        unit: AxisUnit::Bytes,
        curves: &[only(|interval| float(interval.target?.rss_bytes))],
    },
];

fn float(value: Option<u64>) -> Option<f64> {
    value.map(|value| value as f64)
}

pub(super) fn section(runs: &[Run<'_>]) -> Markup {
    let charts: Vec<Chart> = SERIES
        .iter()
        .filter_map(|series| chart(runs, series))
        .collect();
    if charts.is_empty() {
        return html! {};
    }
    let has = |stroke| {
        let mut strokes = charts.iter().flat_map(Chart::strokes);
        strokes.any(|other| other == stroke)
    };
    let body = html! {
        (legend_of_runs(runs))
        p.legend {
            @if has(Stroke::Thin) { span { (swatch(Stroke::Thin, 0)) " p50" } }
            @if has(Stroke::Uncertain) {
                span { (swatch(Stroke::Uncertain, 0)) " p99 of too few samples in an interval" }
            }
            span { (points(runs)) }
        }
        div.charts { @for chart in &charts { (chart.figure()) } }
    };
    page::section("series", "Over time", &body)
}

/// Where points stand.
fn points(runs: &[Run<'_>]) -> String {
    let steps = runs.iter().map(|run| Steps::of(&run.report.intervals));
    let longest_s = steps.map(|steps| steps.longest_s).max().unwrap_or(1);
    if longest_s == 1 {
        "each point stands at the end of its second".to_owned()
    } else {
        format!("each point stands at the end of its interval, of up to {longest_s} seconds")
    }
}

/// `None` where no run has the figure.
fn chart(runs: &[Run<'_>], series: &Series) -> Option<Chart> {
    let lines: Vec<Line> = runs
        .iter()
        .enumerate()
        .flat_map(|(ink, run)| {
            let curves = series.curves.iter();
            curves.flat_map(move |curve| {
                lines(run.report, curve, ink, name(runs, series, curve, ink))
            })
        })
        .collect();
    let points = lines.iter().flat_map(|line| &line.points);
    let values: Vec<f64> = points.map(|(_, value)| *value).collect();
    if values.is_empty() {
        return None;
    }
    let ends = runs.iter().filter_map(|run| run.report.intervals.last());
    let end_s = ends.map(|interval| interval.t_s).fold(0.0, f64::max);
    Some(Chart {
        id: format!("series-{}", series.id),
        title: series.title.to_owned(),
        caption: series.caption.to_owned(),
        description: format!("Over {end_s:.0} seconds, {}.", range(series.unit, &values)),
        x: Axis::time_s(end_s),
        y: Axis::of(series.unit, &values),
        lines,
        marks: Vec::new(),
    })
}

fn range(unit: AxisUnit, values: &[f64]) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    format!("from {} to {}", unit.name(least), unit.name(most))
}

/// Of several runs the number of each, at the upper one of its lines; otherwise what tells two lines apart.
fn name(runs: &[Run<'_>], series: &Series, curve: &Curve, ink: usize) -> Option<String> {
    if runs.len() == 1 {
        (series.curves.len() > 1).then(|| curve.name.to_owned())
    } else {
        (curve.stroke == Stroke::Solid).then(|| (ink + 1).to_string())
    }
}

/// A line for each stretch without a missing figure.
fn lines(report: &Report, curve: &Curve, ink: usize, name: Option<String>) -> Vec<Line> {
    let intervals = report.intervals.iter().zip(lengths_s(&report.intervals));
    let figures: Vec<Option<Point>> = intervals
        .map(|(interval, length_s)| {
            let per = if curve.is_count { length_s } else { 1.0 };
            Some((interval.t_s, (curve.figure)(interval)? / per))
        })
        .collect();
    let stroke = if is_carried(report, curve) {
        curve.stroke
    } else {
        Stroke::Uncertain
    };
    let mut lines: Vec<Line> = figures
        .split(Option::is_none)
        .filter(|stretch| !stretch.is_empty())
        .map(|stretch| Line {
            points: thinned(stretch.iter().flatten().copied().collect(), figures.len()),
            stroke,
            ink,
            name: None,
        })
        .collect();
    if let Some(line) = lines.last_mut() {
        line.name = name;
    }
    lines
}

/// Whether intervals have the samples, on average, that their quantile needs.
fn is_carried(report: &Report, curve: &Curve) -> bool {
    let Some((metric, quantile)) = curve.quantile else {
        return true;
    };
    let samples = report
        .latency
        .get(&metric)
        .map_or(0, |latency| latency.count);
    samples / report.intervals.len().max(1) as u64 >= samples_needed(quantile)
}

/// Where the whole has more than [`POINTS_MAX`] points, of each group of neighbours only the smallest and the largest, in
/// their order: peaks and dips stay what they were, means are never drawn.
fn thinned(points: Vec<Point>, whole: usize) -> Vec<Point> {
    if whole <= POINTS_MAX {
        return points;
    }
    let group = (2 * whole).div_ceil(POINTS_MAX);
    points.chunks(group).flat_map(extremes).collect()
}

fn extremes(group: &[Point]) -> Vec<Point> {
    let by_value = |one: &&Point, other: &&Point| one.1.total_cmp(&other.1);
    let (Some(least), Some(most)) = (group.iter().min_by(by_value), group.iter().max_by(by_value))
    else {
        return Vec::new();
    };
    let mut extremes = vec![*least, *most];
    extremes.sort_by(|one, other| one.0.total_cmp(&other.0));
    extremes.dedup();
    extremes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_drawn_as_so_much_a_second() {
        let interval = |t_s, errors| Interval {
            t_s,
            errors,
            ..Interval::default()
        };
        let mut report = crate::report::tests::report();
        report.intervals = vec![interval(4.0, 8), interval(8.0, 4), interval(10.0, 1)];
        let errors = SERIES.iter().find(|series| series.id == "errors").unwrap();
        let lines = lines(&report, &errors.curves[0], 0, None);
        assert_eq!(lines[0].points, [(4.0, 2.0), (8.0, 1.0), (10.0, 0.5)]);
        let run = Run {
            name: "",
            report: &report,
        };
        assert!(points(&[run]).ends_with("of its interval, of up to 4 seconds"));
    }

    #[test]
    fn few_points_stay_as_they_are() {
        let points: Vec<Point> = (0..240).map(|k| (f64::from(k), f64::from(k % 7))).collect();
        assert_eq!(thinned(points.clone(), 240), points);
    }

    #[test]
    fn of_many_points_peaks_and_dips_stay() {
        let mut points: Vec<Point> = (0..3_600).map(|k| (f64::from(k), 5.0)).collect();
        points[1_234].1 = 900.0;
        points[2_345].1 = 0.0;
        let thin = thinned(points, 3_600);
        assert!(thin.len() <= POINTS_MAX, "{}", thin.len());
        assert!(thin.contains(&(1_234.0, 900.0)) && thin.contains(&(2_345.0, 0.0)));
        assert!(thin.is_sorted_by(|one, other| one.0 < other.0));
    }
}
