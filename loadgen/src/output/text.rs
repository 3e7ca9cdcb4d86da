//! The summary for a terminal: verdict, throughput, percentiles, errors, on one screen.

use std::io::{self, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};

use super::figures;
use crate::measure::{Metric, SequenceSource};
use crate::report::{Latency, Report};
use crate::transport::Rx;
use crate::verdict::Status;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default();

/// Writes the summary to standard output, with colour if that is a terminal and `NO_COLOR` is not set.
///
/// # Errors
/// When it cannot be written. A reader that has gone away is none.
pub fn to_stdout(report: &Report) -> io::Result<()> {
    super::unless_broken_pipe(write(report, &mut AutoStream::auto(io::stdout()).lock()))
}

/// Writes the summary to standard error, likewise.
///
/// # Errors
/// When it cannot be written.
pub fn to_stderr(report: &Report) -> io::Result<()> {
    super::unless_broken_pipe(write(report, &mut AutoStream::auto(io::stderr()).lock()))
}

fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    verdict(report, out)?;
    writeln!(out)?;
    throughput(report, out)?;
    if !report.latency.is_empty() {
        writeln!(out)?;
        latencies(report, out)?;
    }
    errors(report, out)?;
    out.flush()
}

fn verdict(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let style = match report.verdict.status {
        Status::Valid => AnsiColor::Green,
        Status::Suspect => AnsiColor::Yellow,
        Status::Invalid => AnsiColor::Red,
    };
    let style = style.on_default().bold();
    let status = report.verdict.status.name().to_uppercase();
    let ended = if report.interrupted {
        ", interrupted"
    } else {
        ""
    };
    let streams = figures::count(report.plan.streams.into());
    let window_s = report.throughput.window_s;
    writeln!(
        out,
        "{style}{status}{style:#}  {streams} streams, measured for {window_s:.1} s{ended}, {}",
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

fn sequence(report: &Report) -> String {
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

fn latencies(report: &Report, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{BOLD}{:<10}{:>8}{:>8}{:>8}{:>8}{:>8}{BOLD:#}",
        "", "p50", "p90", "p99", "p99.9", "max"
    )?;
    let mut few = false;
    for metric in Metric::ALL {
        if let Some(latency) = report.latency.get(metric.name()) {
            few |= row(metric, latency, out)?;
        }
    }
    let source = match report.rx {
        Rx::Kernel => "receive times are the kernel's",
        Rx::User => "receive times were taken in user space: weir's own delay is in them",
    };
    let mark = if few {
        "; ? too few samples for this percentile"
    } else {
        ""
    };
    writeln!(out, "{DIM}{source}{mark}{DIM:#}")
}

/// One line of the table; says whether any of its percentiles has too few samples behind it.
fn row(metric: Metric, latency: &Latency, out: &mut impl Write) -> io::Result<bool> {
    /// Samples that a percentile needs (binomial bound, 99 % confidence), by column.
    const NEEDS: [u64; 4] = [11, 64, 662, 6_636];
    let percentiles = [
        latency.p50_ns,
        latency.p90_ns,
        latency.p99_ns,
        latency.p99_9_ns,
    ];
    write!(out, "{:<10}", metric.name())?;
    let mut few = false;
    for (duration_ns, needs) in percentiles.into_iter().zip(NEEDS) {
        let mark = if latency.count < needs { "?" } else { "" };
        few |= latency.count < needs;
        write!(
            out,
            "{:>8}",
            format!("{}{mark}", figures::duration(duration_ns))
        )?;
    }
    writeln!(
        out,
        "{:>8}  {DIM}{}{DIM:#}",
        figures::duration(latency.max_ns),
        metric.brief()
    )?;
    Ok(few)
}

fn errors(report: &Report, out: &mut impl Write) -> io::Result<()> {
    if report.errors.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{RED}errors{RED:#}")?;
    for (kind, count) in &report.errors {
        let sample = report.error_samples.get(kind).map_or("", String::as_str);
        writeln!(out, "  {:>8}  {kind}: {sample}", figures::count(*count))?;
    }
    Ok(())
}
