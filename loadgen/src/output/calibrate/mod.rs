//! What a calibration found: for a terminal, as JSON, and as it goes on.

mod statement;
mod table;

use std::io::{self, Write};

use serde::Serialize;

use super::{Destination, Summary, figures};
use crate::analysis::calibration::{Calibration, CaseResult, Comparison, Trial};
use crate::measure::Rx;
use crate::verdict::{Code, Status};

/// Of receive times, in the order they are printed.
const SOURCES: [Rx; 2] = [Rx::Kernel, Rx::User];

/// Prints the URL of a calibration's server, for the one who started it to read.
///
/// # Errors
/// When nobody reads it.
pub fn announce(url: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{url}")?;
    stdout.flush()
}

/// Writes what has just become of a case to standard error, on a line of its own.
pub fn case(result: &CaseResult) {
    super::tell(&format!("{}: {}", result.case.summary, errors(result)));
}

/// Likewise of a rate.
pub fn trial(trial: &Trial) {
    let rate = figures::count(trial.offered_events_per_s);
    super::tell(&format!("{rate} events/s: {}", outcome(trial)));
}

/// Writes the summary.
///
/// # Errors
/// When it cannot be written. A reader that has gone away is none.
pub fn print(calibration: &Calibration, summary: Summary) -> io::Result<()> {
    summary.print(|mut out| table::write(calibration, &mut out))
}

/// Writes all of it as JSON, indented, with a newline at its end.
///
/// # Errors
/// When it cannot be written; the error names the file. A reader of standard output that has gone away is none.
pub fn json(calibration: &Calibration, destination: &Destination) -> io::Result<()> {
    #[derive(Serialize)]
    struct Document<'a> {
        #[serde(flatten)]
        calibration: &'a Calibration,
        statement: String,
    }
    let document = Document {
        calibration,
        statement: statement::sentences(calibration).join(" "),
    };
    super::json::write(&document, destination)
}

/// How far the figures of a case are off at worst: `p99 off by 8.19us (kernel), 205us (user-space)`.
fn errors(result: &CaseResult) -> String {
    let worst = SOURCES.iter().filter_map(|&rx| {
        let comparisons = result.case.metrics.iter();
        let errors = comparisons.filter_map(|&metric| result.worst(rx, metric));
        let worst_ns = errors.map(Comparison::p99_error_ns).max()?;
        Some(format!("{} ({})", figures::duration(worst_ns), source(rx)))
    });
    format!("p99 off by {}", worst.collect::<Vec<_>>().join(", "))
}

/// What became of a rate: `suspect (client_cpu), 97 % came`.
fn outcome(trial: &Trial) -> String {
    let percent = (trial.achieved_ratio() * 100.0).floor();
    let verdict = verdict(trial.status, trial.codes.iter().copied());
    if trial.is_achieved() {
        verdict
    } else {
        format!("{verdict}, {percent} % came")
    }
}

/// A verdict with what speaks against it: `suspect (client_cpu, stolen)`.
fn verdict(status: Status, codes: impl Iterator<Item = Code>) -> String {
    let codes: Vec<&str> = codes.map(Code::name).collect();
    match codes.as_slice() {
        [] => status.name().to_owned(),
        codes => format!("{} ({})", status.name(), codes.join(", ")),
    }
}

fn source(rx: Rx) -> &'static str {
    match rx {
        Rx::Kernel => "kernel",
        Rx::User => "user-space",
    }
}
