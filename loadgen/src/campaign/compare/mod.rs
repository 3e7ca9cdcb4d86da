//! Runs of two sides, turn about, until they can be told apart or are known to be alike.
//!
//! What drifts while they run (a neighbour of the machine, its temperature) comes to both sides alike: A B B A, and the next
//! four the other way round.

use std::future::Future;
use std::time::{Duration, Instant};

use crate::analysis::compare::{Answer, Comparison, Incomparable, Look, Runs};
use crate::campaign::Interrupt;
use crate::campaign::server::{Command, ServerError};
use crate::plan::Plan;
use crate::preflight;
use crate::report::Report;
use crate::run::{RunError, run};

/// Runs a side before the first look, and from each look to the next: a block of A B B A.
const RUNS_A_BLOCK: u32 = 2;
/// With fewer runs a side exact ranks say nothing at any level that is of use: 1 in 20 orders of 3 and 3 is the most extreme one.
const RUNS_MIN: u32 = 4;
/// Invalid runs of one side in a row after which the generator, or its machine, is not up to it.
const INVALID_MAX: u32 = 3;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What is known.
    Base,
    /// What is judged.
    Head,
}

impl Side {
    /// As in what is printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Head => "head",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Base => Self::Head,
            Self::Head => Self::Base,
        }
    }
}

/// What is run of a side.
#[derive(Debug)]
pub struct Contender {
    /// Of each of its runs.
    pub plan: Plan,
    /// What starts its server before each of them, if it does not run by itself.
    pub command: Option<Command>,
}

/// What ends it if the two are not told apart before.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Runs a side.
    pub runs: u32,
    /// No run is begun that would not be over by then.
    pub time: Duration,
}

/// Both sides' runs, and what they come to.
#[derive(Debug)]
pub struct Contest {
    /// Runs of the base.
    pub base: Vec<Report>,
    /// Runs of the head.
    pub head: Vec<Report>,
    /// Runs of each that were invalid, and made again.
    pub remade: Runs,
    /// The last answer; none if there was not a run of each.
    pub comparison: Option<Comparison>,
    /// Why there are no more runs, if one could not begin.
    pub lost: Option<ContestError>,
}

/// What has just happened.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A run of a side begins, its first being 1.
    Begins(Side, usize),
    /// It came to this. One that is invalid is made again.
    Ended(Side, usize, &'a Report),
    /// What all of them come to so far.
    Looked(&'a Comparison),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ContestError {
    /// A run could not begin.
    #[error("a run of {side}", side = .side.name())]
    Run {
        /// Of which side.
        side: Side,
        /// Why.
        source: RunError,
    },
    /// A server did not come up.
    #[error("the server of {side}", side = .side.name())]
    Server {
        /// Of which side.
        side: Side,
        /// Why.
        source: ServerError,
    },
    /// The user ended it.
    #[error("interrupted: there is no answer before a run of each side has ended")]
    Interrupted,
    /// The sides were asked for different things.
    #[error(transparent)]
    Incomparable(#[from] Incomparable),
}

/// The order in which sides take their turns.
fn turns() -> impl Iterator<Item = Side> {
    let block = |first: Side| [first, first.other(), first.other(), first];
    [Side::Base, Side::Head].into_iter().cycle().flat_map(block)
}

/// The look that is due after so many runs a side: after every block, the last one after the last runs. What a look may use
/// of alpha it may use once, so that there is none between an odd last run and the block before it.
fn look(runs: u32, limits: Limits) -> Option<Look> {
    let number = |runs: u32| runs.saturating_sub(RUNS_MIN) / RUNS_A_BLOCK + 1;
    let ends_block = runs >= RUNS_MIN && (runs - RUNS_MIN).is_multiple_of(RUNS_A_BLOCK);
    let is_due = runs == limits.runs || (ends_block && runs + 1 != limits.runs);
    is_due.then(|| Look {
        number: number(runs),
        of: number(limits.runs),
    })
}

/// Runs both sides until they are told apart, or until a limit. `make` makes the run of a side that has this number, and gives
/// `None` when the user ends it; what was measured until then is looked at, without a run that was cut short. `gate` says what
/// runs come to, beside those of each side that had to be made again. `progress` may keep what it is shown.
///
/// # Errors
/// When a run cannot begin, or the two cannot be compared.
pub async fn contest(
    limits: Limits,
    mut make: impl AsyncFnMut(Side, usize) -> Result<Option<Report>, ContestError>,
    gate: impl Fn(&[Report], &[Report], Runs, Look) -> Result<Comparison, Incomparable>,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Contest, ContestError> {
    let begun = Instant::now();
    let mut longest = Duration::ZERO;
    let mut found = Contest {
        base: Vec::new(),
        head: Vec::new(),
        remade: Runs { base: 0, head: 0 },
        comparison: None,
        lost: None,
    };
    for side in turns().take(2 * limits.runs as usize) {
        let turn = Instant::now();
        if found.has_both() && begun.elapsed() + longest > limits.time {
            break;
        }
        let number = found.of(side).len() + 1;
        let report = match valid_run(side, number, &mut make, &mut progress).await {
            Ok(Some((report, invalid))) => {
                *found.remade(side) += invalid;
                report
            }
            Ok(None) => break,
            Err(error) if found.has_both() => {
                found.lost = Some(error);
                break;
            }
            Err(error) => return Err(error),
        };
        longest = longest.max(turn.elapsed());
        found.of(side).push(report);
        if found.has_invalid() {
            // The gate says so, of two sides.
            if found.has_both() {
                break;
            }
        } else if found.is_decided(limits, &gate, &mut progress)? {
            break;
        }
    }
    found.conclude(limits, &gate)?;
    Ok(found)
}

impl Contest {
    fn of(&mut self, side: Side) -> &mut Vec<Report> {
        match side {
            Side::Base => &mut self.base,
            Side::Head => &mut self.head,
        }
    }

    fn remade(&mut self, side: Side) -> &mut u32 {
        match side {
            Side::Base => &mut self.remade.base,
            Side::Head => &mut self.remade.head,
        }
    }

    fn has_both(&self) -> bool {
        !self.base.is_empty() && !self.head.is_empty()
    }

    fn has_invalid(&self) -> bool {
        let mut runs = self.base.iter().chain(&self.head);
        runs.any(Report::is_spoilt)
    }

    /// Looks, where a look is due, whether the answer is there.
    fn is_decided(
        &mut self,
        limits: Limits,
        gate: &impl Fn(&[Report], &[Report], Runs, Look) -> Result<Comparison, Incomparable>,
        progress: &mut impl FnMut(Progress<'_>),
    ) -> Result<bool, Incomparable> {
        let runs = self.base.len();
        let due = (runs == self.head.len()).then(|| look(runs as u32, limits));
        let Some(look) = due.flatten() else {
            return Ok(false);
        };
        let comparison = gate(&self.base, &self.head, self.remade, look)?;
        progress(Progress::Looked(&comparison));
        let is_decided = comparison.answer != Answer::Inconclusive;
        self.comparison = Some(comparison);
        Ok(is_decided)
    }

    /// The answer of what there is, where the last look did not see all of it: as the last look that there will be, which has
    /// not been taken, since that is the one after the last runs.
    fn conclude(
        &mut self,
        limits: Limits,
        gate: &impl Fn(&[Report], &[Report], Runs, Look) -> Result<Comparison, Incomparable>,
    ) -> Result<(), Incomparable> {
        let runs = (self.base.len() as u32, self.head.len() as u32);
        let seen = self
            .comparison
            .as_ref()
            .map(|found| (found.runs.base, found.runs.head));
        if seen == Some(runs) || !self.has_both() {
            return Ok(());
        }
        let last = look(limits.runs, limits).expect("the last look is after the last runs");
        self.comparison = Some(gate(&self.base, &self.head, self.remade, last)?);
        Ok(())
    }
}

/// A run that is not invalid, or the last of several that were, with how many were before it; nothing if the user ended it.
async fn valid_run(
    side: Side,
    number: usize,
    make: &mut impl AsyncFnMut(Side, usize) -> Result<Option<Report>, ContestError>,
    progress: &mut impl FnMut(Progress<'_>),
) -> Result<Option<(Report, u32)>, ContestError> {
    let mut invalid = 0;
    loop {
        progress(Progress::Begins(side, number));
        let made = make(side, number).await?;
        let Some(report) = made.filter(|report| !report.interrupted) else {
            return Ok(None);
        };
        progress(Progress::Ended(side, number, &report));
        if !report.is_spoilt() || invalid + 1 == INVALID_MAX {
            return Ok(Some((report, invalid)));
        }
        invalid += 1;
    }
}

impl Contender {
    /// Makes its run of this number. `interrupt` ends it early; there is then a report only if it had begun.
    ///
    /// # Errors
    /// When its server does not start, or the run cannot begin.
    pub async fn make(
        &self,
        side: Side,
        number: usize,
        interrupt: &mut Interrupt<impl Future<Output = ()>>,
    ) -> Result<Option<Report>, ContestError> {
        let server = |source| ContestError::Server { side, source };
        let failed = |source| ContestError::Run { side, source };
        let plan = self.plan_of(number);
        preflight::check_machine(&plan).map_err(|error| failed(error.into()))?;
        let running = match &self.command {
            Some(command) => tokio::select! {
                running = command.start(&plan.target) => Some(running.map_err(server)?),
                () = &mut *interrupt => return Ok(None),
            },
            None => None,
        };
        let report = match run(plan, &mut *interrupt, &mut ()).await {
            Err(RunError::Interrupted) => return Ok(None),
            report => report.map_err(failed)?,
        };
        if let Some(running) = running {
            tokio::select! {
                () = running.stop() => {}
                // Whoever does not want to wait for it has it killed.
                () = &mut *interrupt => {}
            }
        }
        interrupt.settle().await;
        Ok(Some(report))
    }

    /// What is random is drawn anew for each pair of runs: alike for both sides, and not alike in all runs, which would then be
    /// samples of what was drawn once.
    fn plan_of(&self, number: usize) -> Plan {
        let plan = self.plan.with(|asked| {
            asked.load.seed = asked.load.seed.wrapping_add(number as u64 - 1);
        });
        plan.expect("a seed makes no plan impossible")
    }
}

#[cfg(test)]
mod tests;
