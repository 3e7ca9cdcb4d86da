//! One measurement at one load.

use serde::{Deserialize, Serialize};

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
    },
    /// The generator was the limit: nothing is known of the target.
    Invalid {
        /// Why.
        because: String,
    },
}

impl Trial {
    /// The loss ratio for a goal, if the trial has one.
    #[must_use]
    pub fn loss_ratio(&self, goal: usize) -> Option<f64> {
        match &self.outcome {
            Outcome::Measured { loss_ratios } => loss_ratios.get(goal).copied(),
            Outcome::Invalid { .. } => None,
        }
    }

    /// Whether the generator was the limit.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        matches!(self.outcome, Outcome::Invalid { .. })
    }
}
