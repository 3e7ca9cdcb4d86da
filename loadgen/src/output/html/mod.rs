//! What was found, as one HTML file that stands alone: no script, no request, in light and dark, on screens and on paper.

pub mod capacity;
mod chart;
mod counts;
mod facts;
mod header;
mod latencies;
mod page;
mod percentiles;
mod series;
mod summary;
mod thresholds;

use std::io::{self, Write};

use maud::{Markup, html};

use super::Run;
use chart::{Stroke, swatch};

/// Prints one page of all runs, in each chart one over the other.
pub(super) fn print(runs: &[Run<'_>], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", render(runs).into_string())
}

fn render(runs: &[Run<'_>]) -> Markup {
    let body = html! {
        (header::section(runs))
        (thresholds::section(runs))
        (summary::section(runs))
        (latencies::section(runs))
        (percentiles::sections(runs))
        (series::section(runs))
        (counts::section(runs))
        (facts::section(runs))
        (latencies::definitions(runs))
    };
    page::shell(&header::title(runs), &body)
}

/// The colour, the number and the name of a run among several.
fn tag(runs: &[Run<'_>], ink: usize) -> Markup {
    html! {
        span.run { (swatch(Stroke::Solid, ink)) b { (ink + 1) } " " span { (runs[ink].name) } }
    }
}

/// What runs are told apart by in charts, where there are several.
fn legend_of_runs(runs: &[Run<'_>]) -> Markup {
    html! {
        @if runs.len() > 1 {
            p.legend { @for ink in 0..runs.len() { (tag(runs, ink)) } }
        }
    }
}

#[cfg(test)]
mod tests;
