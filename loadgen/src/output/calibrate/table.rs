//! The summary for a terminal, in 100 columns: what follows, then every case and every rate.

use std::io::{self, Write};

use anstyle::Style;

use super::{SOURCES, figures, outcome, source, statement, verdict};
use crate::analysis::calibration::{Calibration, CaseResult, Comparison, Trial};
use crate::measure::Rx;
use crate::measure::samples_needed;
use crate::verdict::{Code, Status};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

const COLUMNS: usize = 100;

const LEGEND: &str = "\
true: by the server's stamps. error: what weir reported less that; of several runs the one whose p99
was furthest off. Figures are kept to a thousandth. ? too few samples for a p99";

pub(super) fn write(calibration: &Calibration, out: &mut impl Write) -> io::Result<()> {
    headline(calibration, out)?;
    for sentence in statement::sentences(calibration) {
        writeln!(out, "{sentence}")?;
    }
    cases(&calibration.cases, out)?;
    rates(&calibration.rates.trials, out)?;
    out.flush()
}

fn headline(calibration: &Calibration, out: &mut impl Write) -> io::Result<()> {
    let (tool, machine) = (&calibration.tool, &calibration.machine);
    let cpu = machine.cpu.as_deref().unwrap_or("unknown processor");
    writeln!(
        out,
        "{BOLD}CALIBRATION{BOLD:#}  {} {} ({}) on {} cores, {cpu}",
        tool.name, tool.version, tool.build, machine.cores
    )
}

fn cases(results: &[CaseResult], out: &mut impl Write) -> io::Result<()> {
    if results.is_empty() {
        return Ok(());
    }
    write!(out, "\n{BOLD}{:<12}", "")?;
    for rx in SOURCES {
        write!(out, "   {:>36}", format!("{} receive times", source(rx)))?;
    }
    write!(out, "\n{:<12}", "")?;
    for _ in SOURCES {
        write!(
            out,
            "   {:>9}{:>9}{:>9}{:>9}",
            "true p50", "error", "true p99", "error"
        )?;
    }
    writeln!(out, "{BOLD:#}")?;
    for result in results {
        case(result, out)?;
    }
    writeln!(out, "{DIM}{LEGEND}{DIM:#}")
}

fn case(result: &CaseResult, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{BOLD}{}{BOLD:#}", result.case.summary)?;
    for &metric in result.case.metrics {
        write!(out, "  {:<10}", metric.name())?;
        for rx in SOURCES {
            write!(out, "   {}", figures_of(result.worst(rx, metric)))?;
        }
        writeln!(out)?;
    }
    let verdicts: Vec<String> = SOURCES
        .iter()
        .filter_map(|&rx| judged(result, rx))
        .collect();
    let line = verdicts.join("; ");
    let separator = if line.len() + 2 > COLUMNS {
        "\n  "
    } else {
        "; "
    };
    writeln!(out, "  {DIM}{}{DIM:#}", verdicts.join(separator))
}

fn figures_of(comparison: Option<&Comparison>) -> String {
    let Some(Comparison {
        samples,
        truth,
        error,
        ..
    }) = comparison
    else {
        return format!("{:>36}", "");
    };
    let mark = if *samples < samples_needed(0.99) {
        "?"
    } else {
        ""
    };
    format!(
        "{:>9}{:>9}{:>9}{:>9}",
        figures::duration(truth.p50_ns),
        shift(error.p50_ns),
        format!("{}{mark}", figures::duration(truth.p99_ns)),
        shift(error.p99_ns)
    )
}

/// `+12.3us`; without a sign where it is less than can be told.
fn shift(error_ns: i64) -> String {
    let size = figures::duration(error_ns.unsigned_abs());
    let sign = match error_ns {
        1_000.. => "+",
        ..=-1_000 => "-",
        _ => "",
    };
    format!("{sign}{size}")
}

/// What the verdicts on the runs with one source of receive times were, all in all.
fn judged(result: &CaseResult, rx: Rx) -> Option<String> {
    let runs = || result.runs_by(rx);
    let status: Status = runs().map(|run| run.verdict.status).max()?;
    let reasons = runs().flat_map(|run| &run.verdict.reasons);
    let mut codes: Vec<Code> = reasons.map(|reason| reason.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let coalesced = runs().map(|run| run.coalesced_ratio).fold(0.0, f64::max);
    Some(format!(
        "{}: {}, {:.1} % coalesced",
        source(rx),
        verdict(status, codes.into_iter()),
        coalesced * 100.0
    ))
}

fn rates(trials: &[Trial], out: &mut impl Write) -> io::Result<()> {
    if trials.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n{BOLD}{:>9}  kernel receive times{BOLD:#}",
        "events/s"
    )?;
    for trial in trials {
        let rate = figures::count(trial.offered_events_per_s);
        writeln!(out, "{rate:>9}  {}", outcome(trial))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_their_sign_where_they_have_a_size() {
        let texts = [
            (0, "<1us"),
            (-999, "<1us"),
            (1_000, "+1.00us"),
            (-64_200, "-64.2us"),
        ];
        for (error_ns, text) in texts {
            assert_eq!(shift(error_ns), text);
        }
    }
}
