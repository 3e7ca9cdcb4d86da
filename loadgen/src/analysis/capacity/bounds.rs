//! Between which loads a goal's limit lies.

use super::{Class, Goal, LoadStat, Said, Trial};

/// So many invalid trials at a load, and more than others, and it is the generator's limit: one alone may have been a moment's.
pub(super) const INVALID_TRIALS: usize = 2;

/// A load that was tried, for one goal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) load: f64,
    pub(super) class: Class,
    /// Whether the generator cannot measure it.
    pub(super) beyond_generator: bool,
    /// Whether trials have too few samples to decide it.
    pub(super) is_few: bool,
    /// Seconds of trials of full length.
    full_s: f64,
}

/// The Relevant Bounds (RFC 9971, "Relevant Bounds"), and which of the two limits the upper one is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bounds {
    /// The highest load below the upper bound that holds, or that lost too little to fail and has too few samples to hold.
    pub lower: Option<f64>,
    /// The highest load below the upper bound that holds.
    pub holds: Option<f64>,
    /// The lowest load that does not, or that the generator cannot measure.
    pub upper: Option<f64>,
    /// Whether the upper one is the generator's.
    pub by_generator: bool,
}

/// Every load tried, from the lowest.
pub(super) fn points(goal: &Goal, index: usize, trials: &[Trial]) -> Vec<Point> {
    of_trials(goal, index, trials, f64::INFINITY)
}

/// The same by trials that only say where to look: by those that are no longer, and however few samples they have.
pub(super) fn rough_points(goal: &Goal, index: usize, trials: &[Trial]) -> Vec<Point> {
    let rough = goal.rough();
    of_trials(&rough, index, trials, rough.final_trial_s)
}

fn of_trials(goal: &Goal, index: usize, trials: &[Trial], longest_s: f64) -> Vec<Point> {
    let mut loads: Vec<f64> = trials.iter().map(|trial| trial.load).collect();
    loads.sort_by(f64::total_cmp);
    loads.dedup();
    // What was too much for a short trial is tried again for a long one.
    let is_full = |trial: &&Trial| trial.trial_s >= goal.final_trial_s;
    let decides = |trial: &&Trial| {
        let is_undecided = trial.says(index, goal) == Said::Undecided;
        longest_s.is_finite() || !(is_full(trial) && is_undecided)
    };
    let point = |load| {
        let at = || {
            let at_load = move |trial: &&Trial| trial.load == load && trial.trial_s <= longest_s;
            trials.iter().filter(at_load)
        };
        let measured = || {
            let deciding = at().filter(decides);
            deciding.filter_map(|trial| Some((trial.trial_s, trial.loss_ratio(index)?)))
        };
        let invalid = at()
            .filter(is_full)
            .filter(|trial| trial.is_invalid())
            .count();
        let few = at().filter(|trial| !decides(trial)).count();
        let stat = LoadStat::of(goal, measured());
        let class = stat.class(goal);
        Point {
            load,
            class,
            beyond_generator: invalid >= INVALID_TRIALS && invalid > measured().count(),
            is_few: class == Class::Undecided && few > full_count(goal, measured()),
            full_s: stat.full_s(),
        }
    };
    loads.into_iter().map(point).collect()
}

fn full_count(goal: &Goal, trials: impl Iterator<Item = (f64, f64)>) -> usize {
    trials
        .filter(|(trial_s, _)| *trial_s >= goal.final_trial_s)
        .count()
}

impl Bounds {
    pub(super) fn of(points: &[Point]) -> Self {
        let is_upper = |point: &&Point| point.class == Class::Upper || point.beyond_generator;
        let upper = points.iter().find(is_upper);
        let is_below = |point: &&Point| upper.is_none_or(|upper| point.load < upper.load);
        let below = || points.iter().filter(is_below);
        Self {
            lower: below()
                .filter(is_not_upper)
                .map(|point| point.load)
                .next_back(),
            holds: below().filter(is_lower).map(|point| point.load).next_back(),
            upper: upper.map(|upper| upper.load),
            by_generator: upper.is_some_and(|upper| upper.beyond_generator),
        }
    }

    /// Whether the lower one has too few samples to hold.
    #[must_use]
    pub fn is_few(&self) -> bool {
        self.lower != self.holds
    }

    /// How far apart they are, as a part of the upper one.
    #[must_use]
    pub fn width(&self) -> Option<f64> {
        let (lower, upper) = self.lower.zip(self.upper)?;
        Some((upper - lower) / upper)
    }
}

/// A load that does not hold although it or a higher one does, if only by short trials, and that has not been measured twice as
/// long as others: noise made one of the two, and since the lower load rules, it is the one to be sure of.
pub(super) fn inverted(goal: &Goal, points: &[Point], rough: &[Point]) -> Option<f64> {
    let highest = |points: &[Point]| {
        points
            .iter()
            .filter(is_lower)
            .map(|point| point.load)
            .next_back()
    };
    let highest = [highest(points), highest(rough)]
        .into_iter()
        .flatten()
        .max_by(f64::total_cmp)?;
    points
        .iter()
        .filter(|point| point.load <= highest && point.class == Class::Upper)
        .find(|point| point.full_s < 2.0 * goal.duration_sum_s)
        .map(|point| point.load)
}

/// The highest two loads that hold below the upper bound: how far the last step went.
pub(super) fn last_step(points: &[Point], bounds: &Bounds) -> Option<f64> {
    let mut holding = points
        .iter()
        .filter(is_not_upper)
        .map(|point| point.load)
        .filter(|&load| bounds.lower.is_some_and(|lower| load <= lower))
        .rev();
    let (last, before) = (holding.next()?, holding.next()?);
    Some(last / before)
}

fn is_lower(point: &&Point) -> bool {
    point.class == Class::Lower && !point.beyond_generator
}

fn is_not_upper(point: &&Point) -> bool {
    is_lower(point) || point.is_few && !point.beyond_generator
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;

    const GOAL: Goal = Goal {
        loss_ratio: 0.01,
        exceed_ratio: 0.5,
        final_trial_s: 1.0,
        duration_sum_s: 1.0,
        width: 0.05,
    };

    fn trial(load: f64, loss_ratio: Option<f64>) -> Trial {
        let invalid = || Outcome::Invalid {
            because: "client_lag".into(),
        };
        let measured = |loss_ratio| Outcome::lost(vec![loss_ratio]);
        Trial {
            load,
            trial_s: 1.0,
            took_s: 1.0,
            outcome: loss_ratio.map_or_else(invalid, measured),
        }
    }

    fn points_of(trials: &[(f64, Option<f64>)]) -> Vec<Point> {
        let trials: Vec<Trial> = trials
            .iter()
            .map(|(load, loss_ratio)| trial(*load, *loss_ratio))
            .collect();
        points(&GOAL, 0, &trials)
    }

    #[test]
    fn of_an_inversion_the_lower_load_rules() {
        let points = points_of(&[
            (10.0, Some(0.0)),
            (20.0, Some(0.5)),
            (30.0, Some(0.0)),
            (40.0, Some(0.5)),
        ]);
        let bounds = Bounds::of(&points);
        assert_eq!((bounds.lower, bounds.upper), (Some(10.0), Some(20.0)));
        assert_eq!(bounds.width(), Some(0.5));
        assert_eq!(inverted(&GOAL, &points, &[]), Some(20.0));
    }

    #[test]
    fn an_inversion_that_was_measured_twice_as_long_stands() {
        let twice = points_of(&[
            (20.0, Some(0.5)),
            (20.0, Some(0.5)),
            (30.0, Some(0.0)),
            (40.0, Some(0.5)),
        ]);
        assert_eq!(inverted(&GOAL, &twice, &[]), None);
    }

    #[test]
    fn invalid_trials_bound_the_search_and_are_no_loss() {
        let once = points_of(&[(10.0, Some(0.0)), (20.0, None)]);
        assert_eq!(Bounds::of(&once).upper, None);
        assert_eq!(once[1].class, Class::Undecided);
        let twice = points_of(&[(10.0, Some(0.0)), (20.0, None), (20.0, None)]);
        let bounds = Bounds::of(&twice);
        assert_eq!((bounds.lower, bounds.upper), (Some(10.0), Some(20.0)));
        assert!(bounds.by_generator);
        let outnumbered = [None, None, Some(0.0), Some(0.0)].map(|loss_ratio| (20.0, loss_ratio));
        assert_eq!(Bounds::of(&points_of(&outnumbered)).lower, Some(20.0));
    }

    #[test]
    fn a_load_with_too_few_samples_neither_holds_nor_fails() {
        let few = |load| Trial {
            outcome: Outcome::Measured {
                loss_ratios: vec![0.0],
                undecided: vec![Some("7 samples".into())],
                grows: None,
            },
            ..trial(load, None)
        };
        let of = |trials: &[Trial]| Bounds::of(&points(&GOAL, 0, trials));
        let bounds = of(&[trial(10.0, Some(0.0)), few(20.0), trial(30.0, Some(0.5))]);
        assert_eq!((bounds.holds, bounds.lower), (Some(10.0), Some(20.0)));
        assert!(bounds.is_few() && bounds.upper == Some(30.0));
        let failed = of(&[few(20.0), trial(20.0, Some(0.5))]);
        assert_eq!((failed.lower, failed.upper), (None, Some(20.0)));
        // Where to look is said by what there is.
        let rough = Bounds::of(&rough_points(&GOAL, 0, &[few(20.0)]));
        assert_eq!(rough.holds, Some(20.0));
    }
}
