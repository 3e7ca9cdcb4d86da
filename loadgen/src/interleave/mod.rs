//! Runs of two sides, turn about, until they can be told apart or are known to be alike.
//!
//! What drifts while they run (a neighbour of the machine, its temperature) comes to both sides alike: A B B A, and the next
//! four the other way round.

mod server;

use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

pub use self::server::{Command, ServerError};
use crate::analysis::compare::{Answer, Comparison, Incomparable, Look, Options, compare};
use crate::plan::Plan;
use crate::preflight;
use crate::report::Report;
use crate::run::{RunError, run};
use crate::verdict::Status;

/// Runs a side before the first look, and from each look to the next: a block of A B B A.
const RUNS_A_BLOCK: u32 = 2;
/// With fewer runs a side exact ranks say nothing at any level that is of use: 1 in 20 orders of 3 and 3 is the most extreme one.
const RUNS_MIN: u32 = 4;
/// Invalid runs of one side in a row after which the generator, or its machine, is not up to it.
const INVALID_MAX: u32 = 3;
/// From the end of a run to the next: both ends are still closing sockets when the last worker has gone.
const SETTLING: Duration = Duration::from_millis(500);

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
    /// The last answer; none if there was not a run of each.
    pub comparison: Option<Comparison>,
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
    /// The sides were asked for different things.
    #[error(transparent)]
    Incomparable(#[from] Incomparable),
}

/// The order in which sides take their turns.
fn turns() -> impl Iterator<Item = Side> {
    let block = |first: Side| [first, first.other(), first.other(), first];
    [Side::Base, Side::Head].into_iter().cycle().flat_map(block)
}

/// The look that is due after so many runs a side.
fn look(runs: u32, limits: Limits) -> Option<Look> {
    let of = limits.runs.saturating_sub(RUNS_MIN) / RUNS_A_BLOCK + 1;
    let is_due = runs >= RUNS_MIN && (runs - RUNS_MIN).is_multiple_of(RUNS_A_BLOCK);
    is_due.then(|| Look {
        number: (runs - RUNS_MIN) / RUNS_A_BLOCK + 1,
        of,
    })
}

/// Runs both sides until they are told apart, or until a limit. `interrupt` ends it early, with what was measured until then; a
/// run that it cut short is left out. `progress` may keep what it is shown.
///
/// # Errors
/// When a run cannot begin, or the two cannot be compared.
pub async fn contest(
    contenders: [Contender; 2],
    limits: Limits,
    options: &Options,
    interrupt: impl Future<Output = ()>,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Contest, ContestError> {
    let mut interrupt = pin!(interrupt);
    let begun = Instant::now();
    let mut longest = Duration::ZERO;
    let mut found = Contest {
        base: Vec::new(),
        head: Vec::new(),
        comparison: None,
    };
    for side in turns().take(2 * limits.runs as usize) {
        let turn = Instant::now();
        if begun.elapsed() + longest > limits.time {
            break;
        }
        let contender = &contenders[side as usize];
        let number = found.of(side).len() + 1;
        let Some(report) =
            valid_run(side, number, contender, interrupt.as_mut(), &mut progress).await?
        else {
            break;
        };
        longest = longest.max(turn.elapsed());
        let is_invalid = report.verdict.status == Status::Invalid;
        found.of(side).push(report);
        if is_invalid || found.is_decided(limits, options, &mut progress)? {
            break;
        }
    }
    found.conclude(limits, options)?;
    Ok(found)
}

impl Contest {
    fn of(&mut self, side: Side) -> &mut Vec<Report> {
        match side {
            Side::Base => &mut self.base,
            Side::Head => &mut self.head,
        }
    }

    /// Looks, where a look is due, whether the answer is there.
    fn is_decided(
        &mut self,
        limits: Limits,
        options: &Options,
        progress: &mut impl FnMut(Progress<'_>),
    ) -> Result<bool, Incomparable> {
        let runs = self.base.len();
        let due = (runs == self.head.len()).then(|| look(runs as u32, limits));
        let Some(look) = due.flatten() else {
            return Ok(false);
        };
        let options = Options {
            look,
            ..options.clone()
        };
        let comparison = compare(&self.base, &self.head, &options)?;
        progress(Progress::Looked(&comparison));
        let is_decided = comparison.answer != Answer::Inconclusive;
        self.comparison = Some(comparison);
        Ok(is_decided)
    }

    /// The answer of what there is, where the last look did not see all of it: as the last look that there will be.
    fn conclude(&mut self, limits: Limits, options: &Options) -> Result<(), Incomparable> {
        let runs = (self.base.len() as u32, self.head.len() as u32);
        let seen = self
            .comparison
            .as_ref()
            .map(|found| (found.runs.base, found.runs.head));
        if seen == Some(runs) || runs.0 == 0 || runs.1 == 0 {
            return Ok(());
        }
        let of = look(limits.runs - limits.runs % RUNS_A_BLOCK, limits).map_or(1, |look| look.of);
        let look = Look { number: of, of };
        let options = Options {
            look,
            ..options.clone()
        };
        self.comparison = Some(compare(&self.base, &self.head, &options)?);
        Ok(())
    }
}

/// A run that is not invalid, or the last of several that were; nothing if the user ended it.
async fn valid_run(
    side: Side,
    number: usize,
    contender: &Contender,
    mut interrupt: impl Future<Output = ()> + Unpin,
    progress: &mut impl FnMut(Progress<'_>),
) -> Result<Option<Report>, ContestError> {
    let mut invalid = 0;
    loop {
        progress(Progress::Begins(side, number));
        let report = one_run(side, contender, &mut interrupt).await?;
        if report.interrupted {
            return Ok(None);
        }
        progress(Progress::Ended(side, number, &report));
        invalid += u32::from(report.verdict.status == Status::Invalid);
        if report.verdict.status != Status::Invalid || invalid == INVALID_MAX {
            return Ok(Some(report));
        }
    }
}

async fn one_run(
    side: Side,
    contender: &Contender,
    interrupt: impl Future<Output = ()>,
) -> Result<Report, ContestError> {
    let server = |source| ContestError::Server { side, source };
    let failed = |source| ContestError::Run { side, source };
    let plan = contender.plan.clone();
    let running = match &contender.command {
        Some(command) => Some(command.start(&plan.target).await.map_err(server)?),
        None => None,
    };
    preflight::check_machine(&plan).map_err(|error| failed(error.into()))?;
    let report = run(plan, interrupt, |_| {}).await.map_err(failed)?;
    if let Some(running) = running {
        running.stop().await;
    }
    tokio::time::sleep(SETTLING).await;
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_balanced_in_every_block() {
        let names: String = turns().take(12).map(|side| &side.name()[..1]).collect();
        assert_eq!(names, "bhhbhbbhbhhb");
    }

    #[test]
    fn looks_are_planned_from_the_most_runs_there_may_be() {
        let looks = |most: u32| {
            let limits = Limits {
                runs: most,
                time: Duration::MAX,
            };
            let looks = (0..=most).filter_map(move |runs| Some((runs, look(runs, limits)?)));
            looks
                .map(|(runs, look)| (runs, look.number, look.of))
                .collect::<Vec<_>>()
        };
        assert_eq!(looks(9), [(4, 1, 3), (6, 2, 3), (8, 3, 3)]);
        assert_eq!(looks(4), [(4, 1, 1)]);
        assert_eq!(looks(3), []);
    }
}
