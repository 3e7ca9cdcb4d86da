//! The summary for a terminal: verdict, throughput, percentiles, errors, on one screen.

pub(super) mod latencies;
mod notes;
mod target;
pub(super) mod thresholds;

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::{Run, Summary, figures};
use crate::load::Process;
use crate::measure::SequenceSource;
use crate::plan::Plan;
use crate::report::{Headline, Report, TargetStatus};
use crate::verdict::Status;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default();

/// Writes the summary of each run, under its name if there are several.
///
/// # Errors
/// When it cannot be written. A reader that has gone away is none.
pub fn print(runs: &[Run<'_>], summary: Summary) -> io::Result<()> {
    summary.print(|mut out| write_all(runs, &mut out))
}

fn write_all(runs: &[Run<'_>], out: &mut impl Write) -> io::Result<()> {
    for (number, run) in runs.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        if runs.len() > 1 {
            writeln!(out, "{BOLD}{}{BOLD:#}", run.name)?;
        }
        write(run.report, out)?;
    }
    out.flush()
}

fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    headline(report, out)?;
    verdict(report, out)?;
    thresholds::write(&report.thresholds, out)?;
    writeln!(out)?;
    throughput(report, out)?;
    target::write(report, out)?;
    if !report.latency.is_empty() {
        writeln!(out)?;
        latencies::write(report, out)?;
    }
    notes::write(report, out)?;
    errors(report, out)
}

/// Two things that are not to be mixed up: what became of the target, and whether the measurement can be trusted.
fn headline(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let Headline { target, summary } = &report.headline;
    let colour = match target {
        TargetStatus::Ok => AnsiColor::Green,
        TargetStatus::Degraded | TargetStatus::Inconclusive => AnsiColor::Yellow,
        TargetStatus::Failed => AnsiColor::Red,
    };
    let style = colour.on_default().bold();
    let trust = trust(report);
    writeln!(
        out,
        "{style}TARGET {}{style:#}: {summary} | {trust}MEASUREMENT {}{trust:#}",
        target.name().to_uppercase(),
        report.verdict.status.name().to_uppercase()
    )
}

fn trust(report: &Report) -> Style {
    let colour = match report.verdict.status {
        Status::Valid => AnsiColor::Green,
        Status::Suspect => AnsiColor::Yellow,
        Status::Invalid => AnsiColor::Red,
    };
    colour.on_default().bold()
}

fn verdict(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let style = trust(report);
    let ended = ended(report);
    let load = load(&report.plan);
    let window_s = report.throughput.window_s;
    writeln!(
        out,
        "{load}, measured for {window_s:.1} s{ended}, {}",
        report.plan.target.url
    )?;
    if report.plan.embedded {
        let cores = report.machine.cores;
        writeln!(
            out,
            "{DIM}the server is weir's own, in this process: both share this machine's {cores} cores{DIM:#}"
        )?;
    }
    for reason in &report.verdict.reasons {
        writeln!(
            out,
            "{style}{}{style:#}: {}",
            reason.severity.name(),
            reason.message
        )?;
    }
    Ok(())
}

/// How the run ended, if not as it was planned.
pub(super) fn ended(report: &Report) -> String {
    match (&report.aborted, report.interrupted, report.given_up) {
        (Some(aborted), ..) => format!(", ended early: {} was breached", aborted.expression),
        (_, true, _) => ", interrupted".to_owned(),
        (_, _, true) => ", given up after nothing but failures".to_owned(),
        _ => String::new(),
    }
}

/// What was planned, in a few words.
pub(super) fn load(plan: &Plan) -> String {
    let streams = figures::count(plan.load.streams.into());
    match plan.load.arrivals {
        None => format!("{streams} streams"),
        Some(arrivals) => {
            let rate = figures::rate(arrivals.rate_per_s);
            let process = match arrivals.process {
                Process::Uniform => "evenly",
                Process::Poisson => "at random (Poisson)",
            };
            format!("{rate} streams/s arriving {process}, at most {streams} open")
        }
    }
}

fn throughput(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let (throughput, counters) = (&report.throughput, &report.counters);
    let count = figures::count;
    let events_per_s = figures::rate(throughput.events_per_s);
    let byte_rate = figures::byte_rate(throughput.bytes_per_s);
    let completed_per_s = match throughput.streams_per_s {
        0.0 => String::new(),
        rate => format!(", {} streams/s", figures::rate(rate)),
    };
    writeln!(
        out,
        "{BOLD}throughput{BOLD:#}  {events_per_s} events/s, {byte_rate}{completed_per_s}"
    )?;
    if let Some(offered) = throughput.offered_streams_per_s {
        let started = figures::rate(throughput.started_streams_per_s);
        let unstarted = match counters.streams_unstarted {
            0 => String::new(),
            unstarted => format!(", {} never", count(unstarted)),
        };
        writeln!(
            out,
            "{BOLD}arrivals{BOLD:#}    {} streams/s offered, {started} streams/s started{unstarted}",
            figures::rate(offered)
        )?;
    }
    let events = count(counters.events);
    let of_sent = match report.server {
        Some(server) if server.events == counters.events => ", all that the server sent".to_owned(),
        Some(server) => format!(" of {} that the server sent", count(server.events)),
        None => String::new(),
    };
    writeln!(out, "{BOLD}events{BOLD:#}      {events} received{of_sent}")?;
    writeln!(out, "{BOLD}sequence{BOLD:#}    {}", sequence(report))?;
    write!(
        out,
        "{BOLD}streams{BOLD:#}     {} started",
        count(counters.streams_started)
    )?;
    let parts = [
        (counters.streams_completed, "completed"),
        (counters.streams_failed, "failed"),
        (counters.streams_cut, "cut at end"),
        (counters.streams_open_peak, "peak"),
    ];
    for (figure, name) in parts {
        write!(out, ", {} {name}", count(figure))?;
    }
    writeln!(out)
}

/// What was lost, and what that is told by.
pub(super) fn sequence(report: &Report) -> String {
    let by = match report.sequence {
        SequenceSource::None => return "no stamps or consecutive ids to tell losses by".to_owned(),
        SequenceSource::Ids => "ids",
        SequenceSource::Stamps => "stamps",
    };
    let counters = &report.counters;
    format!(
        "{} lost, {} duplicated, {} reordered, by their {by}",
        figures::count(counters.lost),
        figures::count(counters.duplicated),
        figures::count(counters.reordered),
    )
}

fn errors(report: &Report, out: &mut impl Write) -> io::Result<()> {
    if report.errors.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{RED}errors{RED:#}")?;
    for (kind, count) in &report.errors {
        let sample = report.error_samples.get(kind).map_or("", String::as_str);
        writeln!(
            out,
            "  {:>8}  {}: {sample}",
            figures::count(*count),
            kind.name()
        )?;
    }
    Ok(())
}
