//! What a search looks for.

use serde::{Deserialize, Serialize};

/// A Search Goal (RFC 9971, "Search Goal").
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// The most of a trial that may be lost.
    pub loss_ratio: f64,
    /// The part of the time, by trials, in which more may be lost.
    pub exceed_ratio: f64,
    /// A trial of this length counts in full.
    pub final_trial_s: f64,
    /// How long a load is measured before it is decided, all trials of full length together.
    pub duration_sum_s: f64,
    /// The bounds may be so far apart, as a part of the upper one.
    pub width: f64,
}

/// Half of the trials may lose more: the load at which as many trials hold the level as do not is what is looked for, and a trial
/// that the machine spoilt for a moment does not decide alone (RFC 9971 recommends it for software).
const EXCEED_RATIO: f64 = 0.5;

/// Three trials decide by majority, two if they agree. Where every tenth trial fails for no reason of the target's, one load in 36
/// is misjudged instead of one in ten (3 p^2 - 2 p^3), for one or two trials more.
const TRIALS: f64 = 3.0;

/// Trials that only find where to look are so much shorter: of four halvings all but the last two loads are theirs, and then they
/// take as long together as one load that is decided.
const ROUGH: f64 = 0.25;

/// A window below a second holds too little of a stream.
const SHORTEST_S: f64 = 1.0;

/// The answer is confirmed by a trial that is so much longer: what grows so slowly that nothing of it shows within one trial shows
/// there, and since it outweighs the three trials that decide, it has the last word.
const CONFIRMING: f64 = 4.0;

impl Goal {
    /// That of a service level: `loss_ratio` may be lost of a trial, and trials take `trial_s`.
    #[must_use]
    pub fn new(loss_ratio: f64, trial_s: f64, width: f64) -> Self {
        Self {
            loss_ratio,
            exceed_ratio: EXCEED_RATIO,
            final_trial_s: trial_s,
            duration_sum_s: TRIALS * trial_s,
            width,
        }
    }

    /// How long the trial is that confirms the answer.
    #[must_use]
    pub fn confirming_s(&self) -> f64 {
        CONFIRMING * self.final_trial_s
    }

    /// The same for finding where to look: one short trial decides a load.
    #[must_use]
    pub(super) fn rough(self) -> Self {
        let trial_s = (self.final_trial_s * ROUGH).max(SHORTEST_S);
        let trial_s = trial_s.min(self.final_trial_s);
        Self {
            final_trial_s: trial_s,
            duration_sum_s: trial_s,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rough_trials_are_shorter_but_not_below_a_second() {
        let rough = |trial_s| Goal::new(0.01, trial_s, 0.05).rough().final_trial_s;
        assert_eq!(rough(20.0), 5.0);
        assert_eq!(rough(2.0), 1.0);
        assert_eq!(rough(0.5), 0.5);
    }
}
