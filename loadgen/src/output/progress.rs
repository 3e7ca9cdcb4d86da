//! The progress line, on standard error.

use std::io::{self, IsTerminal, Write};

use super::figures;
use crate::plan::Plan;
use crate::report::Interval;
use crate::run::{Observer, Tick};

/// Where standard error is not a terminal, a line is kept for ever: the first, and then one in so many seconds, will do.
const PLAIN_EVERY: u64 = 5;

/// After so many seconds in which no stream has ended, a run that waits for their ends says so.
const WAITS: u64 = 5;

/// One line that is written over on a terminal, and a line now and then in a log.
pub struct Progress {
    quiet: bool,
    terminal: bool,
    intervals: u64,
    errors: u64,
    /// Streams after which the run ends, if it does by that alone.
    awaited: Option<u64>,
    /// Those that have.
    ended: u64,
    /// Seconds in which none has ended.
    quiet_for: u64,
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
            awaited: None,
            ended: 0,
            quiet_for: 0,
        }
    }

    /// What a run waits for that ends by its streams alone, if they have not ended for a while.
    fn waiting(&mut self, interval: &Interval) -> String {
        let counters = &interval.counters;
        let ended = counters.streams_completed + counters.streams_failed;
        self.ended += ended;
        self.quiet_for = if ended == 0 { self.quiet_for + 1 } else { 0 };
        match self.awaited {
            Some(awaited) if self.quiet_for >= WAITS => format!(
                "   waiting for {} of {} streams to end: none has for {} s",
                figures::count(awaited.saturating_sub(self.ended)),
                figures::count(awaited),
                self.quiet_for
            ),
            _ => String::new(),
        }
    }

    /// Shows a second of the window that has just ended.
    fn interval(&mut self, interval: &Interval) {
        let is_shown = self.terminal || self.intervals.is_multiple_of(PLAIN_EVERY);
        self.intervals += 1;
        self.errors += interval.errors;
        let waiting = self.waiting(interval);
        if is_shown {
            self.show(&format!(
                "{:>4.0} s   {} streams open   {} events/s   {} errors{waiting}",
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
        self.awaited = plan.load.total_streams.filter(|_| plan.duration.is_none());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Counters;

    #[test]
    fn a_run_that_waits_for_streams_which_do_not_end_says_so() {
        let mut progress = Progress {
            awaited: Some(5),
            ..Progress::new(true)
        };
        let second = |streams_completed| Interval {
            counters: Counters {
                streams_completed,
                ..Counters::default()
            },
            ..Interval::default()
        };
        let mut says = |ended| progress.waiting(&second(ended));
        for _ in 1..WAITS {
            assert_eq!(says(0), "");
        }
        let text = "   waiting for 5 of 5 streams to end: none has for 5 s";
        assert_eq!(says(0), text);
        assert_eq!(says(2), "");
        let all: Vec<String> = (0..WAITS).map(|_| says(0)).collect();
        assert!(all.last().unwrap().contains("for 3 of 5 streams"));
        progress.awaited = None;
        assert_eq!(progress.waiting(&second(0)), "");
    }
}
