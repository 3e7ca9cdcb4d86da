//! The table of percentiles, and what is measured by each metric.

use maud::{Markup, html};

use super::{Run, page, tag};
use crate::measure::Metric;
use crate::output::text::latencies::{COLUMNS, cells, legend};
use crate::report::{Latency, Report};

pub(super) fn section(runs: &[Run<'_>]) -> Markup {
    let metrics = measured(runs);
    if metrics.is_empty() {
        return html! {};
    }
    let table = html! {
        table.latencies {
            thead { tr {
                th scope="col" { "metric" }
                @for name in COLUMNS { th.figure scope="col" { (name) } }
                th.figure.count scope="col" { "samples" }
            } }
            @for metric in metrics { (rows(runs, metric)) }
        }
    };
    let body = html! {
        (page::wide("latencies", &table))
        @for line in legends(runs) { p.remark { (line) } }
    };
    page::section("latencies", "Latencies", &body)
}

/// The metrics that any run has, in their order.
pub(super) fn measured(runs: &[Run<'_>]) -> Vec<Metric> {
    let has = |metric: &Metric| {
        runs.iter()
            .any(|run| run.report.latency.contains_key(metric))
    };
    Metric::ALL.into_iter().filter(has).collect()
}

fn rows(runs: &[Run<'_>], metric: Metric) -> Markup {
    let found = |run: &Run<'_>| run.report.latency.get(&metric).copied();
    html! {
        tbody {
            @if let [run] = runs {
                tr {
                    th scope="row" { (metric.name()) small { (metric.brief()) } }
                    @if let Some(latency) = found(run) { (figures(&latency)) }
                }
            } @else {
                tr { th.of-runs scope="rowgroup" colspan="7" { (metric.name()) " " small { (metric.brief()) } } }
                @for (ink, run) in runs.iter().enumerate() {
                    @if let Some(latency) = found(run) {
                        tr { th scope="row" { (tag(runs, ink)) } (figures(&latency)) }
                    }
                }
            }
        }
    }
}

fn figures(latency: &Latency) -> Markup {
    html! {
        @for cell in cells(latency) {
            td.figure.marked[cell.is_marked()] { (cell.text()) }
        }
        td.figure.count { (crate::output::figures::count(latency.count)) }
    }
}

/// What the marks mean; of several runs each line once.
fn legends(runs: &[Run<'_>]) -> Vec<String> {
    let mut lines: Vec<String> = runs.iter().map(|run| of_marks(run.report)).collect();
    lines.sort();
    lines.dedup();
    lines
}

fn of_marks(report: &Report) -> String {
    let cells: Vec<_> = report.latency.values().flat_map(cells).collect();
    legend(report.rx, &cells.iter()).join("; ")
}

/// The definitions of what is on the page, folded up.
pub(super) fn definitions(runs: &[Run<'_>]) -> Markup {
    html! {
        details {
            summary { "What each metric is" }
            dl.definitions {
                @for metric in measured(runs) {
                    dt { (metric.name()) } dd { (metric.definition()) }
                }
            }
        }
    }
}
