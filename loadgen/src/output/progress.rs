//! The progress line, on standard error.

use std::io::{self, IsTerminal, Write};

use super::figures;
use crate::plan::Plan;
use crate::report::Interval;
use crate::run::{Observer, Tick};

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
    /// One that says nothing where that is asked for.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        Self {
            quiet,
            terminal: io::stderr().is_terminal(),
            intervals: 0,
            errors: 0,
        }
    }

    /// Shows a second of the window that has just ended.
    fn interval(&mut self, interval: &Interval) {
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

impl Observer for Progress {
    fn began(&mut self, plan: &Plan) {
        if self.terminal {
            let load = super::text::load(plan);
            self.show(&format!("opening {load}: {}", plan.target.url));
        }
    }

    fn tick(&mut self, tick: &Tick<'_>) {
        if !tick.is_warmup {
            self.interval(tick.interval);
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
