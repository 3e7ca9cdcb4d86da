//! The figures that are looked for first.

use maud::{Markup, html};

use super::{Run, page, tag};
use crate::measure::{Metric, SequenceSource};
use crate::output::figures;
use crate::output::text::latencies::cells;
use crate::report::Report;

/// A figure, and what it is.
type Figure = (&'static str, fn(&Report) -> Option<String>);

const FIGURES: [Figure; 8] = [
    ("events/s", |report| {
        Some(figures::rate(report.throughput.events_per_s))
    }),
    ("bytes", |report| {
        Some(figures::byte_rate(report.throughput.bytes_per_s))
    }),
    ("streams at most", |report| {
        Some(figures::count(report.counters.streams_open_peak))
    }),
    ("ttfe p99", |report| p99(report, Metric::Ttfe)),
    ("gap p99", |report| p99(report, Metric::Gap)),
    ("delivery p99", |report| p99(report, Metric::Delivery)),
    ("streams failed", |report| {
        Some(figures::count(report.counters.streams_failed))
    }),
    ("events lost", |report| {
        (report.sequence != SequenceSource::None).then(|| figures::count(report.counters.lost))
    }),
];

pub(super) fn section(runs: &[Run<'_>]) -> Markup {
    let found: Vec<Figure> = FIGURES
        .into_iter()
        .filter(|(_, figure)| runs.iter().any(|run| figure(run.report).is_some()))
        .collect();
    let body = match runs {
        [run] => tiles(run.report, &found),
        _ => page::wide("summary", &table(runs, &found)),
    };
    page::section("summary", "Summary", &body)
}

fn tiles(report: &Report, found: &[Figure]) -> Markup {
    html! {
        dl.tiles {
            @for (name, figure) in found {
                div { dt { (name) } dd { (figure(report).unwrap_or_default()) } }
            }
        }
    }
}

fn table(runs: &[Run<'_>], found: &[Figure]) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "run" }
                @for (name, _) in found { th.figure scope="col" { (name) } }
            } }
            tbody {
                @for (ink, run) in runs.iter().enumerate() {
                    tr {
                        th scope="row" { (tag(runs, ink)) }
                        @for (_, figure) in found {
                            td.figure { (figure(run.report).unwrap_or_default()) }
                        }
                    }
                }
            }
        }
    }
}

/// With the marks of the table of latencies.
fn p99(report: &Report, metric: Metric) -> Option<String> {
    let [_, _, p99, ..] = cells(report.latency.get(&metric)?);
    Some(p99.text())
}
