//! One measurement at one load.

use serde::{Deserialize, Serialize};

use super::{Goal, Growth};

/// A Trial (RFC 9971, "Trial") and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The load, in units of what is varied.
    pub load: f64,
    /// The measuring time that was planned.
    pub trial_s: f64,
    /// What it took, with opening, warm-up and settling.
    pub took_s: f64,
    /// What it found.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What a trial found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// What was lost.
    Measured {
        /// Of each goal, in their order.
        loss_ratios: Vec<f64>,
        /// Of each goal, why that no more was lost than may be does not say that it holds; empty where it does for all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        undecided: Vec<Option<String>>,
        /// What grew through the trial: such a load is not carried, whatever was lost meanwhile.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grows: Option<Growth>,
    },
    /// The generator was the limit: nothing is known of the target.
    Invalid {
        /// Why.
        because: String,
    },
}

/// What a trial says of a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It lost no more than may be lost.
    Holds,
    /// It lost more, or did not carry the load.
    Fails,
    /// It lost no more, but has too few samples to say so.
    Undecided,
    /// Nothing.
    Invalid,
}

impl Outcome {
    /// Of a trial that carried its load, with samples enough.
    #[must_use]
    pub fn lost(loss_ratios: Vec<f64>) -> Self {
        Self::Measured {
            loss_ratios,
            undecided: Vec::new(),
            grows: None,
        }
    }
}

impl Trial {
    /// The loss ratio for a goal, if the trial has one. Of a load that is not carried all is lost in the end.
    #[must_use]
    pub fn loss_ratio(&self, goal: usize) -> Option<f64> {
        match &self.outcome {
            Outcome::Measured { grows: Some(_), .. } => Some(1.0),
            Outcome::Measured { loss_ratios, .. } => loss_ratios.get(goal).copied(),
            Outcome::Invalid { .. } => None,
        }
    }

    /// Why too few samples are behind a goal's loss ratio, if they are.
    #[must_use]
    pub fn undecided(&self, goal: usize) -> Option<&str> {
        match &self.outcome {
            Outcome::Measured {
                undecided,
                grows: None,
                ..
            } => undecided.get(goal)?.as_deref(),
            Outcome::Measured { .. } | Outcome::Invalid { .. } => None,
        }
    }

    /// What grew through it, if anything did.
    #[must_use]
    pub fn grows(&self) -> Option<&Growth> {
        match &self.outcome {
            Outcome::Measured { grows, .. } => grows.as_ref(),
            Outcome::Invalid { .. } => None,
        }
    }

    /// What it says of the goal with this number.
    #[must_use]
    pub fn says(&self, index: usize, goal: &Goal) -> Said {
        match self.loss_ratio(index) {
            None => Said::Invalid,
            Some(_) if self.undecided(index).is_some() => Said::Undecided,
            Some(loss_ratio) if loss_ratio <= goal.loss_ratio => Said::Holds,
            Some(_) => Said::Fails,
        }
    }

    /// Whether the generator was the limit.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        matches!(self.outcome, Outcome::Invalid { .. })
    }
}
