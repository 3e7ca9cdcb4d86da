//! A summary in GitHub Flavored Markdown: the comment on a pull request.

use std::io::{self, Write};

use super::super::Destination;
use super::super::markdown::{code, plain};
use super::{cells, confidence, delivered_cells, loss_cells, notes, runs, statement};
use crate::analysis::compare::{Answer, Comparison};

/// Writes it.
///
/// # Errors
/// When it cannot be written; the error names the file. A reader of standard output that has gone away is none.
pub fn markdown(comparison: &Comparison, destination: &Destination) -> io::Result<()> {
    let mut bytes = Vec::new();
    print(comparison, &mut bytes)?;
    destination.write(&bytes)
}

pub(super) fn print(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "## weir compare: {}\n", comparison.answer.name())?;
    writeln!(
        out,
        "{}; {}.",
        plain(&statement(comparison)),
        runs(comparison)
    )?;
    metrics(comparison, out)?;
    losses(comparison, out)?;
    for (number, note) in notes(comparison).enumerate() {
        let before = if number == 0 { "\n" } else { "" };
        writeln!(out, "{before}- {}", plain(note))?;
    }
    Ok(())
}

fn metrics(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    if comparison.metrics.is_empty() && comparison.delivered.is_empty() {
        return Ok(());
    }
    let interval = confidence(comparison);
    writeln!(
        out,
        "\n| | base | head | change | {interval} | margin | answer | |"
    )?;
    writeln!(
        out,
        "| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |"
    )?;
    let metrics = comparison.metrics.iter();
    let metrics = metrics.map(|metric| (cells(metric), metric.answer, &metric.reason));
    let delivered = comparison.delivered.iter();
    let delivered = delivered.map(|kind| (delivered_cells(kind), kind.answer, &kind.reason));
    for (cells, found, reason) in metrics.chain(delivered) {
        let [name, figures @ ..] = cells;
        let figures = figures.map(|figure| plain(&figure)).join(" | ");
        let (name, reason) = (code(&name), plain(reason));
        writeln!(out, "| {name} | {figures} | {} | {reason} |", answer(found))?;
    }
    Ok(())
}

fn losses(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    if comparison.losses.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n| lost | base | head | answer | |\n| --- | ---: | ---: | --- | --- |"
    )?;
    for loss in &comparison.losses {
        let [name, base, head] = loss_cells(loss);
        let (name, reason) = (code(&name), plain(&loss.reason));
        writeln!(
            out,
            "| {name} | {base} | {head} | {} | {reason} |",
            answer(loss.answer)
        )?;
    }
    Ok(())
}

fn answer(answer: Answer) -> String {
    match answer {
        Answer::Pass => answer.name().to_owned(),
        _ => format!("**{}**", answer.name()),
    }
}
