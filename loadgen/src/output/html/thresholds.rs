//! What was asked of the figures.

use maud::{Markup, html};

use super::{Run, page, tag};
use crate::output::figures;
use crate::report::{Outcome, ThresholdResult};

pub(super) fn section(runs: &[Run<'_>]) -> Markup {
    let results: Vec<(usize, &ThresholdResult)> = runs
        .iter()
        .enumerate()
        .flat_map(|(ink, run)| {
            run.report
                .thresholds
                .iter()
                .map(move |result| (ink, result))
        })
        .collect();
    if results.is_empty() {
        return html! {};
    }
    let table = html! {
        table.thresholds {
            thead { tr {
                th scope="col" { "threshold" }
                th.figure scope="col" { "observed" }
                th.figure scope="col" { "limit" }
                th scope="col" { "outcome" }
                @if runs.len() > 1 { th scope="col" { "run" } }
            } }
            tbody { @for (ink, result) in results { (row(runs, ink, result)) } }
        }
    };
    page::section(
        "thresholds",
        "Thresholds",
        &page::wide("thresholds", &table),
    )
}

fn row(runs: &[Run<'_>], ink: usize, result: &ThresholdResult) -> Markup {
    let observed = result
        .observed
        .map(|value| figures::of_unit(value, result.unit));
    let (class, mark) = match result.outcome {
        Outcome::Passed => ("passed", "\u{2713} passed"),
        Outcome::Inconclusive => ("inconclusive", "? inconclusive"),
        Outcome::Failed => ("failed", "\u{2717} failed"),
    };
    html! {
        tr {
            th scope="row" {
                code { (result.expression) }
                @if let Some(remark) = &result.remark { small { (remark) } }
            }
            td.figure { (observed.as_deref().unwrap_or("nothing")) }
            td.figure { (figures::of_unit(result.limit, result.unit)) }
            td class=(class) { (mark) }
            @if runs.len() > 1 { td { (tag(runs, ink)) } }
        }
    }
}
