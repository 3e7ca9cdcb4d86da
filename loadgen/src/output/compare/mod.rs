//! Whether head is worse than base: for a terminal, for a pull request, and as it goes on.

mod markdown;
mod table;

use std::io;

pub use markdown::markdown;

use super::{Summary, figures};
use crate::analysis::compare::{
    Answer, Comparison, DeliveredComparison, DeliveredKind, LossComparison, Margin,
    MetricComparison, Side,
};
use crate::report::Report;

/// Writes which run of a side begins to standard error, on a line of its own.
pub fn begins(side: &str, number: usize) {
    super::tell(&format!("run {number} of {side}"));
}

/// Likewise what came of it.
pub fn ended(report: &Report) {
    let reasons = report.verdict.reasons.iter();
    let codes: Vec<&str> = reasons.map(|reason| reason.code.name()).collect();
    let codes = match codes.join(", ") {
        codes if codes.is_empty() => codes,
        codes => format!(" ({codes})"),
    };
    super::tell(&format!("  {}{codes}", report.verdict.status.name()));
}

/// Likewise what all of them come to so far.
pub fn looked(comparison: &Comparison) {
    let (runs, statement) = (runs(comparison), statement(comparison));
    super::tell(&format!("{runs}: {statement}"));
}

/// Writes the summary.
///
/// # Errors
/// When it cannot be written. A reader that has gone away is none.
pub fn print(comparison: &Comparison, summary: Summary) -> io::Result<()> {
    summary.print(|mut out| table::write(comparison, &mut out))
}

/// The answer and what it rests on, in a line.
fn statement(comparison: &Comparison) -> String {
    let metrics = comparison.metrics.iter();
    let metrics = metrics.map(|metric| (metric.gated.to_string(), metric.answer));
    let losses = comparison.losses.iter();
    let losses = losses.map(|loss| (loss.what.to_string(), loss.answer));
    let delivered = comparison.delivered.iter();
    let delivered = delivered.map(|kind| (kind.what.to_string(), kind.answer));
    let named: Vec<String> = metrics
        .chain(delivered)
        .chain(losses)
        .filter(|(_, answer)| *answer == comparison.answer)
        .map(|(name, _)| name)
        .collect();
    let named = match named.as_slice() {
        [] if comparison.doubts.is_empty() => "anything".to_owned(),
        names => names.join(", "),
    };
    let (doubts, because) = match comparison.doubts.as_slice() {
        [] => (String::new(), String::new()),
        [doubt] => (format!("; {doubt}"), format!(": {doubt}")),
        [doubt, more @ ..] => {
            let doubt = format!("{doubt}, and {} more (below)", more.len());
            (format!("; {doubt}"), format!(": {doubt}"))
        }
    };
    let more = match comparison.runs_needed() {
        Some(more) if comparison.answer == Answer::Inconclusive => {
            format!(
                "; {more} more {} a side would decide",
                if more == 1 { "run" } else { "runs" }
            )
        }
        _ => String::new(),
    };
    match comparison.answer {
        Answer::Pass => "no regression beyond the margins".to_owned(),
        Answer::Invalid => format!("a run may not be believed{because}"),
        Answer::Regression => format!("worse in {named}{doubts}"),
        Answer::Inconclusive if named.is_empty() => format!("it does not pass{because}"),
        Answer::Inconclusive => format!("not enough data for {named}{more}{doubts}"),
    }
}

/// What is printed below the figures: remarks, and the doubts that the first line has no room for.
fn notes(comparison: &Comparison) -> impl Iterator<Item = &String> {
    let doubts = Some(&comparison.doubts).filter(|doubts| doubts.len() > 1);
    doubts.into_iter().flatten().chain(&comparison.remarks)
}

fn runs(comparison: &Comparison) -> String {
    let count = |runs: u32| {
        if runs == 1 {
            "1 run".to_owned()
        } else {
            format!("{runs} runs")
        }
    };
    format!(
        "{} of base, {} of head",
        count(comparison.runs.base),
        count(comparison.runs.head)
    )
}

/// The cells of a percentile: name, base, head, change, its interval, margin.
fn cells(metric: &MetricComparison) -> [String; 6] {
    let between = metric.ratio_low.zip(metric.ratio_high);
    [
        metric.gated.to_string(),
        median(&metric.base),
        median(&metric.head),
        metric.ratio.map_or("-".to_owned(), change),
        between.map_or("-".to_owned(), |(low, high)| {
            format!("{}..{}", change(low), change(high))
        }),
        margin(metric.margin),
    ]
}

/// Likewise of what was delivered.
fn delivered_cells(found: &DeliveredComparison) -> [String; 6] {
    let figure = |figure: f64| match found.what {
        DeliveredKind::Completed => format!("{:.1}%", figure * 100.0),
        DeliveredKind::EventsPerS | DeliveredKind::EventsPerStream => figures::rate(figure),
    };
    let between = found.ratio_low.zip(found.ratio_high);
    [
        found.what.to_string(),
        figure(found.base_median),
        figure(found.head_median),
        change(found.ratio),
        between.map_or("-".to_owned(), |(low, high)| {
            format!("{}..{}", change(low), change(high))
        }),
        format!("-{:.0}%", found.margin * 100.0),
    ]
}

/// `12.4ms`, or `>=12.4ms` where waits had not ended.
fn median(side: &Side) -> String {
    let bound = if side.is_lower_bound { ">=" } else { "" };
    match side.runs.as_slice() {
        [] => "-".to_owned(),
        _ => format!(
            "{bound}{}",
            figures::duration(side.median_ns.round() as u64)
        ),
    }
}

/// `10%,100us`, as it is typed.
fn margin(margin: Margin) -> String {
    // Without the dust of binary fractions.
    let percent = (margin.relative * 1e8).round() / 1e6;
    match margin.absolute_ns {
        0 => format!("{percent}%"),
        absolute_ns => format!("{percent}%,{}", figures::duration(absolute_ns)),
    }
}

/// What the intervals are, and which look at the runs this is, where more were planned.
fn confidence(comparison: &Comparison) -> String {
    let look = comparison.look;
    let confidence = comparison.confidence * 100.0;
    match look.of {
        1 => format!("{confidence:.1}% interval"),
        of => format!("{confidence:.1}% interval, look {} of {of}", look.number),
    }
}

/// The cells of a loss: name, base, head.
fn loss_cells(loss: &LossComparison) -> [String; 3] {
    let of = |count, of| format!("{} of {}", figures::count(count), figures::count(of));
    [
        loss.what.to_string(),
        of(loss.base_count, loss.base_of),
        of(loss.head_count, loss.head_of),
    ]
}

/// `+3.1 %` for 1.031.
fn change(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    match percent.abs() {
        0.0..0.05 => "0.0%".to_owned(),
        99.95.. => format!("{percent:+.0}%"),
        _ => format!("{percent:+.1}%"),
    }
}

#[cfg(test)]
mod tests;
