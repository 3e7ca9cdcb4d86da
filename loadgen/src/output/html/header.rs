//! The head of the page: what was measured, and whether the figures may be believed.

use maud::{Markup, html};

use super::{Run, tag};
use crate::output::text;
use crate::report::{Headline, Report, TargetStatus};
use crate::verdict::Status;

/// The document's title.
pub(super) fn title(runs: &[Run<'_>]) -> String {
    match runs {
        [run] => format!(
            "{}, {}: {}",
            run.report.headline.target.name().to_uppercase(),
            run.report.verdict.status.name(),
            run.report.plan.target.url
        ),
        _ => format!("{} runs of weir", runs.len()),
    }
}

pub(super) fn section(runs: &[Run<'_>]) -> Markup {
    html! {
        header {
            p.brand { "weir report" }
            @if let [run] = runs {
                h1 { (run.report.plan.target.url) }
            } @else {
                h1 { (runs.len()) " runs" }
            }
            @for (ink, run) in runs.iter().enumerate() {
                @if runs.len() > 1 { h2.of-run { (tag(runs, ink)) } }
                (verdict(run.report, runs.len() > 1))
            }
        }
    }
}

fn verdict(report: &Report, with_url: bool) -> Markup {
    let status = report.verdict.status;
    let Headline { target, summary } = &report.headline;
    html! {
        div class=(format!("verdict target-{}", target.name())) {
            p {
                strong.status { (target_mark(*target)) " TARGET " (target.name().to_uppercase()) } " "
                span { (summary) }
            }
        }
        div class=(format!("verdict {}", status.name())) {
            p {
                strong.status { (mark(status)) " MEASUREMENT " (status.name().to_uppercase()) } " "
                span { (meaning(status)) }
            }
            p.what {
                @if with_url { (report.plan.target.url) ": " }
                (what(report))
            }
            @if !report.verdict.reasons.is_empty() {
                ul.reasons {
                    @for reason in &report.verdict.reasons {
                        li { strong { (reason.severity.name()) } ": " (reason.message) }
                    }
                }
            }
        }
    }
}

fn what(report: &Report) -> String {
    let window_s = report.throughput.window_s;
    let ended = text::ended(report);
    let server = if report.plan.embedded {
        "; the server is weir's own, in the same process"
    } else {
        ""
    };
    format!(
        "{}, measured for {window_s:.1} s{ended}, {}{server}",
        text::load(&report.plan),
        report.started_at
    )
}

/// Tells the three apart without their colours.
fn mark(status: Status) -> &'static str {
    match status {
        Status::Valid => "\u{2713}",
        Status::Suspect => "!",
        Status::Invalid => "\u{2717}",
    }
}

fn target_mark(target: TargetStatus) -> &'static str {
    match target {
        TargetStatus::Ok => "\u{2713}",
        TargetStatus::Degraded => "!",
        TargetStatus::Inconclusive => "?",
        TargetStatus::Failed => "\u{2717}",
    }
}

fn meaning(status: Status) -> &'static str {
    match status {
        Status::Valid => "nothing speaks against the figures",
        Status::Suspect => "read the figures with this in mind",
        Status::Invalid => "these figures are not to be used",
    }
}
