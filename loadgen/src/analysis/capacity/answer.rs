//! What a search found for one goal.

use serde::{Deserialize, Serialize};

use super::{Search, Trial, conditional_throughput};

/// The highest load that holds a service level, with its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The highest load that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<f64>,
    /// The lowest load above it that does not, or that could not be measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub does_not: Option<f64>,
    /// Whether that is because it could not be measured.
    pub by_generator: bool,
    /// Whether a longer trial confirmed that `holds` does.
    #[serde(default)]
    pub confirmed: bool,
    /// The highest load that lost too little to fail, where it has too few samples to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided: Option<f64>,
    /// How far the two are apart, as a part of the upper one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<f64>,
    /// What was the limit.
    pub limit: Limit,
    /// The load at `holds` less what was lost of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditional_throughput: Option<f64>,
    /// What short trials found, which only say where to look: the highest load that held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roughly_holds: Option<f64>,
    /// And the lowest above it that did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roughly_does_not: Option<f64>,
}

/// What kept a load from being higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// The target: the bounds are as close as was asked for.
    Target,
    /// The target, at the lowest load already.
    TargetBelow,
    /// The generator: the target carries at least this.
    Generator,
    /// The highest load that was to be tried.
    Asked,
    /// Trials have too few samples for the level's percentile.
    FewSamples,
    /// Time or trials ran out before the bounds were close, or the answer could not be confirmed.
    Unfinished,
}

impl Answer {
    /// For the goal with this number, from all trials.
    #[must_use]
    pub fn of(search: &Search, index: usize, trials: &[Trial]) -> Self {
        let (bounds, rough) = search.bounds(index, trials);
        let confirmed = bounds
            .holds
            .is_some_and(|load| search.is_confirmed(index, load, trials));
        let is_few = bounds.is_few();
        let limit = match (bounds.lower, bounds.upper) {
            (Some(lower), _) if is_few => {
                match search.is_close(index, &bounds) || lower >= search.to {
                    true => Limit::FewSamples,
                    false => Limit::Unfinished,
                }
            }
            (Some(_), _) if !confirmed => Limit::Unfinished,
            (lower, Some(upper)) if bounds.by_generator => match lower {
                Some(_) if search.is_close(index, &bounds) => Limit::Generator,
                None if upper <= search.from => Limit::Generator,
                _ => Limit::Unfinished,
            },
            (Some(_), Some(_)) if search.is_close(index, &bounds) => Limit::Target,
            (Some(lower), None) if lower >= search.to => match search.to_is_generators {
                true => Limit::Generator,
                false => Limit::Asked,
            },
            (None, Some(upper)) if upper <= search.from => Limit::TargetBelow,
            // Short trials that none of full length followed, since all of them were invalid.
            (None, None) if rough.by_generator && rough.lower.is_none() => Limit::Generator,
            _ => Limit::Unfinished,
        };
        let at = |load: f64| {
            trials
                .iter()
                .filter(move |trial| trial.load == load)
                .filter_map(move |trial| Some((trial.trial_s, trial.loss_ratio(index)?)))
        };
        let goal = &search.goals[index];
        Self {
            holds: bounds.holds,
            does_not: bounds.upper,
            by_generator: bounds.by_generator,
            confirmed,
            undecided: bounds.lower.filter(|_| is_few),
            width: bounds.width(),
            limit,
            conditional_throughput: bounds
                .holds
                .map(|load| conditional_throughput(goal, load, at(load))),
            roughly_holds: rough.lower,
            roughly_does_not: rough.upper,
        }
    }
}
