//! The summary for a terminal.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::{cells, confidence, delivered_cells, loss_cells, notes, runs, statement};
use crate::analysis::compare::{Answer, Comparison};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

pub(super) fn write(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let style = style(comparison.answer).bold();
    let answer = comparison.answer.name().to_uppercase();
    writeln!(
        out,
        "{style}{answer}{style:#}  {}, {}",
        statement(comparison),
        runs(comparison)
    )?;
    metrics(comparison, out)?;
    losses(comparison, out)?;
    for note in notes(comparison) {
        writeln!(out, "{BOLD}note{BOLD:#}: {note}")?;
    }
    out.flush()
}

fn metrics(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    if comparison.metrics.is_empty() && comparison.delivered.is_empty() {
        return Ok(());
    }
    let interval = confidence(comparison);
    let heads = ["", "base", "head", "change", &interval, "margin"];
    let metrics = comparison.metrics.iter();
    let metrics = metrics.map(|metric| (cells(metric), metric.answer, metric.reason.as_str()));
    let delivered = comparison.delivered.iter();
    let delivered =
        delivered.map(|kind| (delivered_cells(kind), kind.answer, kind.reason.as_str()));
    let rows: Vec<([String; 6], Answer, &str)> = metrics.chain(delivered).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|(cells, ..)| cells[column].chars().count());
        cells.max().unwrap_or(0).max(heads[column].len())
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    write!(out, "\n{BOLD}{:<1$}", heads[0], widths[0])?;
    for (head, width) in heads.iter().zip(widths).skip(1) {
        write!(out, "  {head:>width$}")?;
    }
    writeln!(out, "{BOLD:#}")?;
    for (cells, answer, reason) in &rows {
        write!(out, "{:<1$}", cells[0], widths[0])?;
        for (cell, width) in cells.iter().zip(widths).skip(1) {
            write!(out, "  {cell:>width$}")?;
        }
        let style = style(*answer);
        writeln!(
            out,
            "  {style}{}{style:#}\n  {DIM}{reason}{DIM:#}",
            answer.name()
        )?;
    }
    Ok(())
}

fn losses(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    for (number, loss) in comparison.losses.iter().enumerate() {
        if number == 0 {
            writeln!(out)?;
        }
        let [name, base, head] = loss_cells(loss);
        let style = style(loss.answer);
        writeln!(
            out,
            "{name}: base {base}, head {head}  {style}{}{style:#}",
            loss.answer.name()
        )?;
        writeln!(out, "  {DIM}{}{DIM:#}", loss.reason)?;
    }
    Ok(())
}

fn style(answer: Answer) -> Style {
    let colour = match answer {
        Answer::Pass => AnsiColor::Green,
        Answer::Inconclusive => AnsiColor::Yellow,
        Answer::Regression | Answer::Invalid => AnsiColor::Red,
    };
    colour.on_default()
}
