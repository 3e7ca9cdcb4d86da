//! Who listens to a run while it goes on.

use crate::measure::Bank;
use crate::plan::Plan;
use crate::report::{Interval, Report};

/// Hears of a run, on the thread that coordinates it; the workers do not wait for it.
pub trait Observer {
    /// It begins.
    fn began(&mut self, _plan: &Plan) {}

    /// A second of it is over.
    fn tick(&mut self, _tick: &Tick<'_>) {}

    /// It has ended, and this came of it.
    fn ended(&mut self, _report: &Report) {}
}

/// A second of a run.
#[derive(Debug, Clone, Copy)]
pub struct Tick<'a> {
    /// Whether it is one of the warm-up, which no report has.
    pub is_warmup: bool,
    /// As in the report, but of a second, however long the run, or of what the run's end leaves of it; in the warm-up it ends at or before 0.
    pub interval: &'a Interval,
    /// Its histograms.
    pub second: &'a Bank,
    /// Those of the window so far.
    pub whole: &'a Bank,
}

/// Nobody.
impl Observer for () {}
