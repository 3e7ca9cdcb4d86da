//! Whether head is worse than base: for a terminal, for a pull request, and as it goes on.

mod markdown;
mod table;

use std::io::{self, Write};

use anstream::AutoStream;

pub use markdown::markdown;

use super::figures;
use crate::analysis::compare::{Answer, Comparison, LossComparison, MetricComparison};
use crate::interleave::Progress;

/// Writes what has just happened to standard error, on a line of its own.
pub fn progress(progress: &Progress<'_>) {
    let line = match progress {
        Progress::Begins(side, number) => format!("run {number} of {}", side.name()),
        Progress::Ended(_, _, report) => {
            let reasons = report.verdict.reasons.iter();
            let codes: Vec<&str> = reasons.map(|reason| reason.code.name()).collect();
            let codes = match codes.join(", ") {
                codes if codes.is_empty() => codes,
                codes => format!(" ({codes})"),
            };
            format!("  {}{codes}", report.verdict.status.name())
        }
        Progress::Looked(comparison) => format!("{}: {}", runs(comparison), statement(comparison)),
    };
    // Where standard error is closed there is nobody to tell.
    let _lost = writeln!(io::stderr(), "{line}");
}

/// Writes the summary to standard output, with colour if that is a terminal and `NO_COLOR` is not set.
///
/// # Errors
/// When it cannot be written. A reader that has gone away is none.
pub fn to_stdout(comparison: &Comparison) -> io::Result<()> {
    let mut out = AutoStream::auto(io::stdout()).lock();
    super::unless_broken_pipe(table::write(comparison, &mut out))
}

/// Writes the summary to standard error, likewise.
///
/// # Errors
/// When it cannot be written.
pub fn to_stderr(comparison: &Comparison) -> io::Result<()> {
    let mut out = AutoStream::auto(io::stderr()).lock();
    super::unless_broken_pipe(table::write(comparison, &mut out))
}

/// The answer and what it rests on, in a line.
fn statement(comparison: &Comparison) -> String {
    let metrics = comparison.metrics.iter();
    let metrics = metrics.map(|metric| (metric.gated.to_string(), metric.answer));
    let losses = comparison.losses.iter();
    let losses = losses.map(|loss| (loss.what.to_string(), loss.answer));
    let named: Vec<String> = metrics
        .chain(losses)
        .filter(|(_, answer)| *answer == comparison.answer)
        .map(|(name, _)| name)
        .collect();
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
        Answer::Invalid => "a run may not be believed".to_owned(),
        Answer::Regression => format!("worse in {}", named.join(", ")),
        Answer::Inconclusive => format!("not enough data for {}{more}", named.join(", ")),
    }
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
    let figure = |ns: f64| match ns {
        0.0 => "-".to_owned(),
        ns => figures::duration(ns as u64),
    };
    let between = metric.ratio_low.zip(metric.ratio_high);
    [
        metric.gated.to_string(),
        figure(metric.base.median_ns),
        figure(metric.head.median_ns),
        metric.ratio.map_or("-".to_owned(), change),
        between.map_or("-".to_owned(), |(low, high)| {
            format!("{}..{}", change(low), change(high))
        }),
        metric.margin.to_string(),
    ]
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
    if percent.abs() < 99.95 {
        format!("{percent:+.1}%")
    } else {
        format!("{percent:+.0}%")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_printed_as_a_change() {
        assert_eq!(change(1.031), "+3.1%");
        assert_eq!(change(0.5), "-50.0%");
        assert_eq!(change(12.0), "+1100%");
    }
}
