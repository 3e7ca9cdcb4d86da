//! Runs of both sides, turn about.

use std::fs;
use std::future::Future;
use std::io;
use std::path::Path;

use anyhow::Context as _;

use super::CompareArgs;
use crate::analysis::compare::{Comparison, Difference, Options, compare};
use crate::campaign::Interrupt;
use crate::campaign::compare::{Contender, Contest, ContestError, Limits, Progress, contest};
use crate::campaign::server::Command;
use crate::cli::{UsageError, lookup};
use crate::output::{self, Destination};
use crate::plan::Plan;
use crate::report::Report;

impl CompareArgs {
    /// The answer, and why there are no more runs, or not all were kept.
    pub(super) async fn contest(
        &self,
        base: &str,
        interrupt: impl Future<Output = ()>,
    ) -> anyhow::Result<(Comparison, Option<anyhow::Error>)> {
        let head = match self.to.as_slice() {
            [] if self.base_cmd != self.head_cmd => base,
            [head] => head,
            _ => return Err(UsageError::OneHead.into()),
        };
        if let Some(directory) = &self.save {
            prepare(directory)?;
        }
        let contenders = [
            self.contender(base, self.base_cmd.as_ref()).await?,
            self.contender(head, self.head_cmd.as_ref()).await?,
        ];
        let limits = Limits {
            runs: self.max_runs,
            time: self.max_time,
        };
        let options = Options {
            may_differ: vec![Difference::Path, Difference::Query],
            ..self.gate.options()
        };
        let mut saved = Ok(());
        let mut interrupt = Interrupt::new(interrupt);
        let make = async |side, number| {
            let contender: &Contender = &contenders[side as usize];
            contender.make(side, number, &mut interrupt).await
        };
        let gate = |base: &[Report], head: &[Report], remade, look| {
            let options = Options {
                remade,
                look,
                ..options.clone()
            };
            compare(base, head, &options)
        };
        let found = contest(limits, make, gate, |progress| {
            if !self.gate.quiet {
                tell(&progress);
            }
            if saved.is_ok() {
                saved = self.save(&progress);
            }
        })
        .await;
        let Contest {
            comparison, lost, ..
        } = found.map_err(usage_or_not)?;
        let unsaved = saved.err().map(anyhow::Error::from);
        let lost = unsaved.or_else(|| lost.map(anyhow::Error::from));
        match (comparison, lost) {
            (Some(comparison), lost) => Ok((comparison, lost)),
            (None, Some(lost)) => Err(lost),
            (None, None) => Err(ContestError::Interrupted.into()),
        }
    }

    async fn contender(
        &self,
        url: &str,
        command: Option<&String>,
    ) -> Result<Contender, UsageError> {
        let settings = self.load.plan(lookup(url).await?, false).await?;
        let plan = Plan::build(settings)?;
        if plan.watch.is_some() {
            return Err(UsageError::WatchTwo);
        }
        let command = command.map(|command| Command(command.clone()));
        Ok(Contender { plan, command })
    }

    /// Keeps a run that has just ended: what ends the rest of them does not cost it.
    fn save(&self, progress: &Progress<'_>) -> io::Result<()> {
        let (Some(directory), Progress::Ended(side, number, report)) = (&self.save, progress)
        else {
            return Ok(());
        };
        let mut path = directory.join(format!("{}-{number:02}.json", side.name()));
        if report.is_spoilt() {
            path = (1..)
                .map(|again| {
                    directory.join(format!("invalid-{}-{number:02}-{again}.json", side.name()))
                })
                .find(|path| !path.exists())
                .expect("numbers do not end");
        }
        output::json::write(report, &Destination::File(path))
    }
}

fn tell(progress: &Progress<'_>) {
    match progress {
        Progress::Begins(side, number) => output::compare::begins(side.name(), *number),
        Progress::Ended(_, _, report) => output::compare::ended(report),
        Progress::Looked(comparison) => output::compare::looked(comparison),
    }
}

fn prepare(directory: &Path) -> anyhow::Result<()> {
    let named = || directory.display().to_string();
    fs::create_dir_all(directory).with_context(named)?;
    match fs::read_dir(directory).with_context(named)?.next() {
        None => Ok(()),
        Some(_) => Err(UsageError::NotEmpty(directory.to_owned()).into()),
    }
}

/// What cannot be compared was typed.
fn usage_or_not(error: ContestError) -> anyhow::Error {
    match error {
        ContestError::Incomparable(error) => UsageError::from(error).into(),
        error => error.into(),
    }
}
