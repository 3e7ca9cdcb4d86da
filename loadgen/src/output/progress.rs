//! The progress line, on standard error.

use std::io::{self, IsTerminal, Write};

use super::figures;
use crate::plan::Plan;
use crate::report::Interval;

/// Where standard error is not a terminal, a line is kept for ever: the first, and then one in so many seconds, will do.
const PLAIN_EVERY: u64 = 5;

/// One line that is written over on a terminal, and a line now and then in a log.
pub struct Progress {
    quiet: bool,
    terminal: bool,
    intervals: u64,
    errors: u64,
}

impl Progress {
    /// Says what is about to happen.
    #[must_use]
    pub fn begin(plan: &Plan, quiet: bool) -> Self {
        let progress = Self {
            quiet,
            terminal: io::stderr().is_terminal(),
            intervals: 0,
            errors: 0,
        };
        if progress.terminal {
            let load = super::text::load(plan);
            progress.show(&format!("opening {load}: {}", plan.target.url));
        }
        progress
    }

    /// Shows an interval that has just ended.
    pub fn interval(&mut self, interval: &Interval) {
        let is_shown = self.terminal || self.intervals.is_multiple_of(PLAIN_EVERY);
        self.intervals += 1;
        self.errors += interval.errors;
        if is_shown {
            self.show(&format!(
                "{:>4.0} s   {} streams open   {} events/s   {} errors",
                interval.t_s,
                figures::count(interval.streams_open),
                figures::rate(interval.events_per_s),
                figures::count(self.errors),
            ));
        }
    }

    fn show(&self, line: &str) {
        match (self.quiet, self.terminal) {
            (true, _) => {}
            (false, true) => write(&format!("\r\x1b[K{line}")),
            (false, false) => write(&format!("{line}\n")),
        }
    }
}

/// Clears the line for what comes next, be it the summary or an error.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.terminal && !self.quiet {
            write("\r\x1b[K");
        }
    }
}

/// Progress that cannot be shown is no reason to end a run.
fn write(text: &str) {
    let mut stderr = io::stderr().lock();
    let _lost = stderr
        .write_all(text.as_bytes())
        .and_then(|()| stderr.flush());
}
