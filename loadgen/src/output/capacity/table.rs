//! The trials, from the lowest load.

use std::io::{self, Write};

use super::{BOLD, DIM, bare, figure, lost};
use crate::analysis::capacity::{Capacity, Measurement, Outcome, Said};
use crate::verdict::Code;

/// Of a level's column: figure, what was lost, and whether it holds: X is a level that does not, ? one that is not decided.
const COLUMN: usize = 26;

pub(super) fn write(capacity: &Capacity, out: &mut impl Write) -> io::Result<()> {
    if capacity.trials.is_empty() {
        return Ok(());
    }
    write!(out, "{BOLD}{:>12}  {:>6}", capacity.vary.unit(), "for")?;
    for level in &capacity.levels {
        write!(out, "  {:>COLUMN$}", level.expression)?;
    }
    writeln!(out, "  verdict{BOLD:#}")?;
    let mut trials: Vec<&Measurement> = capacity.trials.iter().collect();
    trials.sort_by(|one, other| one.trial.load.total_cmp(&other.trial.load));
    for trial in trials {
        write!(
            out,
            "{:>12}  {:>4.1} s",
            bare(trial.trial.load),
            trial.trial.trial_s
        )?;
        levels(capacity, trial, out)?;
        writeln!(out, "  {DIM}{}{DIM:#}", verdict(trial))?;
    }
    Ok(())
}

fn levels(capacity: &Capacity, trial: &Measurement, out: &mut impl Write) -> io::Result<()> {
    for (index, level) in capacity.levels.iter().enumerate() {
        let text = match &trial.trial.outcome {
            Outcome::Invalid { .. } => "not counted".to_owned(),
            Outcome::Measured { loss_ratios, .. } => {
                let mark = match trial.trial.says(index, &level.goal) {
                    Said::Holds => " ",
                    Said::Fails => "X",
                    Said::Undecided | Said::Invalid => "?",
                };
                format!(
                    "{}{} {mark}",
                    figure(trial.observed[index], level.is_latency),
                    lost(loss_ratios[index], level.is_latency)
                )
            }
        };
        write!(out, "  {text:>COLUMN$}")?;
    }
    Ok(())
}

fn verdict(trial: &Measurement) -> String {
    let codes: Vec<&str> = trial.codes.iter().copied().map(Code::name).collect();
    let status = match codes.as_slice() {
        [] => trial.status.name().to_owned(),
        codes => format!("{} ({})", trial.status.name(), codes.join(", ")),
    };
    let grew = trial.trial.grows().map(super::grew);
    [status]
        .into_iter()
        .chain(grew)
        .collect::<Vec<_>>()
        .join("; ")
}
