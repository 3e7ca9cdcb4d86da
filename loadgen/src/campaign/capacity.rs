//! A search for the highest load that a target carries, trial after trial.

use std::future::Future;
use std::time::Instant;

use crate::analysis::capacity::{Measurement, Search, Slo, Step, Trial, Unusable};
use crate::campaign::Interrupt;
use crate::plan::Plan;
use crate::preflight::{self, PreflightError};
use crate::report::Report;
use crate::run::{RunError, run};

/// The trials of a search, and why there are no more if it did not end by itself.
#[derive(Debug)]
pub struct Trials {
    /// In their order.
    pub measurements: Vec<Measurement>,
    /// Whether the user ended it.
    pub interrupted: bool,
    /// The target could not be reached any more.
    pub lost: Option<RunError>,
}

/// Makes the trials of a search; `plan` gives the plan of one. `interrupt` ends it early, with what was measured until then; a run
/// that it cut short is left out. `progress` is called before each trial and after it.
///
/// # Errors
/// When the first run cannot begin, and when it shows that no load can be judged ([`Unusable`]).
pub async fn measure(
    search: &Search,
    slos: &[Slo],
    plan: impl Fn(Step) -> anyhow::Result<Plan>,
    interrupt: impl Future<Output = ()>,
    mut progress: impl FnMut(Progress<'_>),
) -> anyhow::Result<Trials> {
    let mut interrupt = Interrupt::new(interrupt);
    let mut found = Trials {
        measurements: Vec::new(),
        interrupted: false,
        lost: None,
    };
    let mut trials: Vec<Trial> = Vec::new();
    while let Some(step) = search.next(&trials) {
        progress(Progress::Begins(step));
        let begun = Instant::now();
        let made = match make(plan(step)?, &mut interrupt).await {
            Err(RunError::Interrupted) => break,
            Ok(Made::Run(report)) if report.interrupted => break,
            Ok(made) if trials.is_empty() => made.usable(slos)?,
            Ok(made) => made,
            Err(error) if trials.is_empty() => return Err(error.into()),
            Err(error) => {
                found.lost = Some(error);
                break;
            }
        };
        interrupt.settle().await;
        let took_s = begun.elapsed().as_secs_f64();
        let measurement = match made {
            Made::Run(report) => Measurement::of(step, took_s, &report, slos),
            Made::Refused(refusal) => Measurement::refused(step, took_s, refusal.to_string(), slos),
        };
        progress(Progress::Ended(&measurement));
        trials.push(measurement.trial.clone());
        found.measurements.push(measurement);
        if interrupt.has_come() {
            break;
        }
    }
    found.interrupted = interrupt.has_come();
    Ok(found)
}

/// What has just happened.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// A trial begins.
    Begins(Step),
    /// What became of it.
    Ended(&'a Measurement),
}

/// What came of a step.
enum Made {
    Run(Box<Report>),
    /// This machine cannot make such a load, which is an answer of its own.
    Refused(PreflightError),
}

impl Made {
    fn usable(self, slos: &[Slo]) -> Result<Self, Unusable> {
        let unusable = match &self {
            Self::Run(report) => Unusable::of(report, slos),
            Self::Refused(_) => None,
        };
        unusable.map_or(Ok(self), Err)
    }
}

async fn make(plan: Plan, interrupt: impl Future<Output = ()>) -> Result<Made, RunError> {
    match preflight::check_machine(&plan) {
        Ok(()) => {
            let report = run(plan, interrupt, &mut ()).await?;
            Ok(Made::Run(Box::new(report)))
        }
        Err(typo @ PreflightError::Source { .. }) => Err(typo.into()),
        Err(refusal) => Ok(Made::Refused(refusal)),
    }
}
