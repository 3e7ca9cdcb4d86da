//! The exit codes, in one place.

use std::process::ExitCode;

use crate::report::{Outcome, Report};
use crate::verdict::Status;

/// How a command ended, for the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All good.
    Success,
    /// Could not run: target unreachable, no stream established, I/O.
    CouldNotRun,
    /// What was typed makes no sense.
    Usage,
    /// A threshold or service level is breached, or something got worse.
    Breached,
    /// There is not enough data to say.
    Inconclusive,
    /// The run is invalid: its figures may not be believed, as its verdict says.
    Invalid,
    /// The user ended it before there was anything to say; what a shell reports of a program that ^C ended.
    Interrupted,
}

impl Exit {
    /// Every code, with what it means.
    pub const ALL: [Self; 7] = [
        Self::Success,
        Self::CouldNotRun,
        Self::Usage,
        Self::Breached,
        Self::Inconclusive,
        Self::Invalid,
        Self::Interrupted,
    ];

    /// What a report calls for. A run that may not be believed breaches nothing, and holds nothing.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let outcomes = report.thresholds.iter().map(|threshold| threshold.outcome);
        if report.counters.streams_established == 0 {
            Self::CouldNotRun
        } else if report.is_mostly_failed() && !report.is_spoilt() {
            Self::Breached
        } else if report.verdict.status == Status::Invalid {
            Self::Invalid
        } else {
            match outcomes.max() {
                Some(Outcome::Failed) => Self::Breached,
                Some(Outcome::Inconclusive) => Self::Inconclusive,
                Some(Outcome::Passed) | None => Self::Success,
            }
        }
    }

    /// The worst of several: what says nothing about the target hides what others say of it.
    #[must_use]
    pub fn worst(exits: impl IntoIterator<Item = Self>) -> Self {
        let badness = |exit: &Self| match exit {
            Self::Success => 0,
            Self::Inconclusive => 1,
            Self::Breached => 2,
            Self::Invalid => 3,
            Self::CouldNotRun => 4,
            Self::Usage => 5,
            Self::Interrupted => 6,
        };
        let worst = exits.into_iter().max_by_key(badness);
        worst.unwrap_or(Self::Success)
    }

    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::CouldNotRun => 1,
            Self::Usage => 2,
            Self::Breached => 10,
            Self::Inconclusive => 11,
            Self::Invalid => 12,
            Self::Interrupted => 130,
        }
    }

    /// What the number says.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Success => "all good",
            Self::CouldNotRun => "could not run: target unreachable, no stream established, I/O",
            Self::Usage => "usage: what was typed makes no sense",
            Self::Breached => {
                "breached: a threshold or service level does not hold, most streams failed, or a regression"
            }
            Self::Inconclusive => "inconclusive: not enough data to say",
            Self::Invalid => "invalid: the figures may not be believed, as the verdict says",
            Self::Interrupted => "interrupted before there was anything to say",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
