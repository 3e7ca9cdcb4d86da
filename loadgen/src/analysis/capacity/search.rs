//! Which load to try next.

use super::bounds::{Bounds, INVALID_TRIALS, Point, inverted, last_step, points, rough_points};
use super::{Class, Goal, Outcome, Said, Trial};

/// A load goes up by no more than this at once: a target that is overloaded far may take long to recover, or not at all.
const STEP_MAX: f64 = 2.0;

/// A search for several goals at once. A value: what is next follows from the trials made so far and nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// What is looked for; of trials that are equally long the lowest load comes first, whichever goal wants it.
    pub goals: Vec<Goal>,
    /// No load below this is tried.
    pub from: f64,
    /// No load above this is tried.
    pub to: f64,
    /// Whether that is all the generator can do, and not what was asked for.
    pub to_is_generators: bool,
    /// Whether loads are whole numbers.
    pub whole: bool,
    /// After so many trials it ends.
    pub trials_max: usize,
    /// A trial that would not be over after so many seconds of trials is not begun.
    pub time_max_s: f64,
}

/// A trial to make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// At which load.
    pub load: f64,
    /// How long.
    pub trial_s: f64,
}

impl Step {
    /// The trial that was made of it.
    #[must_use]
    pub fn trial(self, took_s: f64, outcome: Outcome) -> Trial {
        Trial {
            load: self.load,
            trial_s: self.trial_s,
            took_s,
            outcome,
        }
    }
}

impl Search {
    /// The trial to make next; `None` when every goal is found, or trials or time are used up.
    #[must_use]
    pub fn next(&self, trials: &[Trial]) -> Option<Step> {
        let spent_s: f64 = trials.iter().map(|trial| trial.took_s).sum();
        let wanted = (0..self.goals.len()).filter_map(|goal| self.wanted(goal, trials));
        let by_length_and_load = |one: &Step, other: &Step| {
            let by_length = one.trial_s.total_cmp(&other.trial_s);
            by_length.then(one.load.total_cmp(&other.load))
        };
        wanted
            .min_by(by_length_and_load)
            .filter(|_| trials.len() < self.trials_max)
            .filter(|step| spent_s + step.trial_s <= self.time_max_s)
    }

    /// The bounds of a goal, by trials of full length and by those that only find where to look.
    #[must_use]
    pub fn bounds(&self, goal: usize, trials: &[Trial]) -> (Bounds, Bounds) {
        let (points, rough) = self.points(goal, trials);
        (Bounds::of(&points), Bounds::of(&rough))
    }

    /// Whether bounds are as close as a goal wants them, or as loads can be.
    #[must_use]
    pub fn is_close(&self, goal: usize, bounds: &Bounds) -> bool {
        let is_narrow = |width: f64| width <= self.goals[goal].width;
        bounds.width().is_some_and(is_narrow)
            || bounds
                .lower
                .zip(bounds.upper)
                .is_some_and(|(lower, upper)| {
                    let middle = self.rounded((lower * upper).sqrt());
                    middle <= lower || middle >= upper
                })
    }

    /// What a goal still wants to know: first about where to look, by short trials, then for sure.
    fn wanted(&self, index: usize, trials: &[Trial]) -> Option<Step> {
        let goal = self.goals[index];
        let (points, rough_points) = self.points(index, trials);
        let (bounds, rough) = (Bounds::of(&points), Bounds::of(&rough_points));
        let step = |load, goal: Goal| Step {
            load,
            trial_s: goal.final_trial_s,
        };
        let roughly = self.candidate(index, &rough_points, &rough, &Bounds::default());
        if let Some(load) = roughly {
            return Some(step(load, goal.rough()));
        }
        inverted(&goal, &points, &rough_points)
            .or_else(|| self.candidate(index, &points, &bounds, &rough))
            .map(|load| step(load, goal))
            .or_else(|| self.confirming(index, bounds.holds?, trials))
    }

    /// Whether a trial that is longer than those that decide says that a load holds.
    #[must_use]
    pub fn is_confirmed(&self, goal: usize, load: f64, trials: &[Trial]) -> bool {
        self.long_trials(goal, load, trials)
            .any(|trial| trial.says(goal, &self.goals[goal]) == Said::Holds)
    }

    /// That trial, if it is still to be made, and can be.
    fn confirming(&self, index: usize, load: f64, trials: &[Trial]) -> Option<Step> {
        let in_vain = self
            .long_trials(index, load, trials)
            .filter(|trial| trial.says(index, &self.goals[index]) != Said::Fails)
            .count();
        let is_over = self.is_confirmed(index, load, trials) || in_vain >= INVALID_TRIALS;
        (!is_over).then(|| Step {
            load,
            trial_s: self.goals[index].confirming_s(),
        })
    }

    fn long_trials<'a>(
        &self,
        goal: usize,
        load: f64,
        trials: &'a [Trial],
    ) -> impl Iterator<Item = &'a Trial> {
        let long_s = self.goals[goal].confirming_s();
        trials
            .iter()
            .filter(move |trial| trial.load == load && trial.trial_s >= long_s)
    }

    fn points(&self, index: usize, trials: &[Trial]) -> (Vec<Point>, Vec<Point>) {
        let goal = self.goals[index];
        (
            points(&goal, index, trials),
            rough_points(&goal, index, trials),
        )
    }

    /// The load whose class says most: a bound that is so only roughly, then between the bounds, or beyond the only one.
    fn candidate(
        &self,
        goal: usize,
        points: &[Point],
        bounds: &Bounds,
        rough: &Bounds,
    ) -> Option<f64> {
        if self.is_close(goal, bounds) {
            return None;
        }
        let is_between = |load: &f64| {
            bounds.lower.is_none_or(|lower| *load > lower)
                && bounds.upper.is_none_or(|upper| *load < upper)
        };
        let mut roughly = [rough.lower, rough.upper].into_iter().flatten();
        roughly
            .find(is_between)
            .or_else(|| match (bounds.lower, bounds.upper) {
                (None, None) => Some(self.from),
                (Some(lower), None) => {
                    (lower < self.to).then(|| self.above(lower, self.step(goal, points, bounds)))
                }
                (None, Some(upper)) => (upper > self.from)
                    .then(|| self.below(upper, self.descent(goal, points, upper))),
                (Some(lower), Some(upper)) => Some(self.rounded((lower * upper).sqrt())),
            })
    }

    /// How far up: twice the way of the last step, from the goal's width on. Where nothing was known but the lowest load,
    /// as far as is allowed.
    fn step(&self, goal: usize, points: &[Point], bounds: &Bounds) -> f64 {
        let is_first = bounds.lower == Some(self.from);
        let usual = if is_first {
            STEP_MAX
        } else {
            self.narrow(goal)
        };
        last_step(points, bounds).map_or(usual, |last| self.twice(goal, last))
    }

    /// How far down, likewise: the way from the highest load that failed in a row.
    fn descent(&self, goal: usize, points: &[Point], upper: f64) -> f64 {
        let failed_above = points
            .iter()
            .filter(|point| point.load > upper && point.class == Class::Upper)
            .map(|point| point.load / upper)
            .next();
        failed_above.map_or(self.narrow(goal), |last| self.twice(goal, last))
    }

    fn twice(&self, goal: usize, step: f64) -> f64 {
        step.powi(2).min(STEP_MAX).max(self.narrow(goal))
    }

    /// The step between bounds that are just close enough.
    fn narrow(&self, goal: usize) -> f64 {
        1.0 / (1.0 - self.goals[goal].width)
    }

    fn above(&self, load: f64, step: f64) -> f64 {
        let above = self.rounded(load * step);
        let above = if self.whole {
            above.max(load + 1.0)
        } else {
            above
        };
        above.min(self.to)
    }

    fn below(&self, load: f64, step: f64) -> f64 {
        let below = self.rounded(load / step);
        let below = if self.whole {
            below.min(load - 1.0)
        } else {
            below
        };
        below.max(self.from)
    }

    /// A load that can be offered, and typed again: whole, or of five digits.
    fn rounded(&self, load: f64) -> f64 {
        if self.whole {
            return load.round();
        }
        let digits = 4 - load.log10().floor() as i32;
        let unit = 10f64.powi(digits.abs());
        if digits >= 0 {
            (load * unit).round() / unit
        } else {
            (load / unit).round() * unit
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search() -> Search {
        Search {
            goals: vec![Goal::new(0.01, 4.0, 0.05)],
            from: 10.0,
            to: 1_000.0,
            to_is_generators: false,
            whole: true,
            trials_max: 100,
            time_max_s: 1_000.0,
        }
    }

    /// All trials of a search on a target that loses what `loss` says; `None` is an invalid trial.
    fn run(search: &Search, mut loss: impl FnMut(f64) -> Option<f64>) -> Vec<Trial> {
        let mut trials = Vec::new();
        while let Some(step) = search.next(&trials) {
            let outcome = loss(step.load).map_or_else(
                || Outcome::Invalid {
                    because: "client_lag".into(),
                },
                |loss_ratio| Outcome::lost(vec![loss_ratio; search.goals.len()]),
            );
            trials.push(step.trial(step.trial_s + 1.0, outcome));
        }
        trials
    }

    fn loads(trials: &[Trial], trial_s: f64) -> Vec<f64> {
        let of_length = trials.iter().filter(|trial| trial.trial_s == trial_s);
        of_length.map(|trial| trial.load).collect()
    }

    fn hard(limit: f64) -> impl Fn(f64) -> Option<f64> {
        move |load| Some((1.0 - limit / load).max(0.0))
    }

    #[test]
    fn short_trials_double_and_halve_and_long_ones_confirm() {
        let search = search();
        let trials = run(&search, hard(300.0));
        let rough = [
            10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 226.0, 269.0, 293.0, 306.0,
        ];
        assert_eq!(loads(&trials, 1.0), rough);
        assert_eq!(loads(&trials, 4.0), [293.0, 293.0, 306.0, 306.0]);
        assert_eq!(loads(&trials, 16.0), [293.0]);
        assert!(search.is_confirmed(0, 293.0, &trials));
        let (bounds, _) = search.bounds(0, &trials);
        assert_eq!((bounds.lower, bounds.upper), (Some(293.0), Some(306.0)));
        assert!(search.is_close(0, &bounds));
    }

    #[test]
    fn short_trials_that_were_wrong_are_left_behind_by_growing_steps() {
        let search = search();
        let mut short = 0;
        let misled = run(&search, |load| {
            // The first seven say that there is nothing above 100.
            short += 1;
            let limit = if short <= 8 { 100.0 } else { 400.0 };
            hard(limit)(load)
        });
        let (bounds, rough) = search.bounds(0, &misled);
        assert!(rough.upper.unwrap() < 130.0, "{rough:?}");
        assert!(
            bounds.lower.unwrap() <= 400.0 && bounds.upper.unwrap() > 400.0,
            "{bounds:?}"
        );
        assert!(search.is_close(0, &bounds));
        assert!(loads(&misled, 4.0).len() < 25, "{misled:?}");
    }

    #[test]
    fn it_ends_where_no_lower_and_where_no_higher_load_may_be_tried() {
        let search = search();
        let nothing = run(&search, |_| Some(1.0));
        assert_eq!(loads(&nothing, 1.0), [10.0]);
        assert_eq!(loads(&nothing, 4.0), [10.0, 10.0]);
        let everything = run(&search, |_| Some(0.0));
        let highest = everything
            .iter()
            .map(|trial| trial.load)
            .fold(0.0, f64::max);
        assert_eq!(highest, 1_000.0);
        let (bounds, _) = search.bounds(0, &everything);
        assert_eq!((bounds.lower, bounds.upper), (Some(1_000.0), None));
    }

    #[test]
    fn the_generators_limit_is_searched_like_the_targets_but_is_not_its() {
        let search = search();
        let trials = run(&search, |load| (load <= 150.0).then_some(0.0));
        let (bounds, _) = search.bounds(0, &trials);
        assert!(bounds.by_generator);
        assert!(bounds.lower.unwrap() <= 150.0 && bounds.upper.unwrap() > 150.0);
        assert!(search.is_close(0, &bounds));
        let never = run(&search, |_| None);
        assert_eq!(loads(&never, 1.0), [10.0, 10.0]);
    }

    #[test]
    fn an_answer_that_a_longer_trial_does_not_confirm_is_none() {
        let search = search();
        let mut trials = Vec::new();
        while let Some(step) = search.next(&trials) {
            // Nothing shows above 300 before eight seconds are over.
            let limit = if step.trial_s > 8.0 { 200.0 } else { 300.0 };
            let outcome = Outcome::lost(vec![hard(limit)(step.load).unwrap()]);
            trials.push(step.trial(step.trial_s + 1.0, outcome));
        }
        let (bounds, _) = search.bounds(0, &trials);
        let holds = bounds.holds.unwrap();
        assert!((180.0..=202.0).contains(&holds), "{bounds:?}");
        assert!(search.is_confirmed(0, holds, &trials));
    }

    #[test]
    fn a_trial_that_cannot_be_made_longer_confirms_nothing() {
        let search = search();
        let mut trials = Vec::new();
        while let Some(step) = search.next(&trials) {
            let because = "client_lag".to_owned();
            let outcome = match step.trial_s > 8.0 {
                true => Outcome::Invalid { because },
                false => Outcome::lost(vec![hard(300.0)(step.load).unwrap()]),
            };
            trials.push(step.trial(step.trial_s + 1.0, outcome));
        }
        assert_eq!(loads(&trials, 16.0), [293.0, 293.0]);
        assert!(!search.is_confirmed(0, 293.0, &trials));
    }

    #[test]
    fn several_goals_share_their_trials() {
        let two = Search {
            goals: vec![Goal::new(0.01, 4.0, 0.05), Goal::new(0.5, 4.0, 0.05)],
            ..search()
        };
        let shared = run(&two, hard(100.0));
        let bounds = [0, 1].map(|goal| two.bounds(goal, &shared).0);
        assert!(bounds[0].lower.unwrap() <= 101.0 && bounds[0].upper.unwrap() > 101.0);
        assert!(bounds[1].lower.unwrap() <= 200.0 && bounds[1].upper.unwrap() > 200.0);
        let alone = |limit| run(&search(), hard(limit)).len();
        assert!(shared.len() < alone(101.0) + alone(200.0));
    }

    #[test]
    fn trials_and_time_are_bounded() {
        let few = Search {
            trials_max: 3,
            ..search()
        };
        assert_eq!(run(&few, hard(300.0)).len(), 3);
        let short = Search {
            time_max_s: 9.0,
            ..search()
        };
        // Short trials take two seconds with what is around them.
        assert_eq!(run(&short, hard(300.0)).len(), 5);
    }

    #[test]
    fn loads_are_whole_or_have_five_digits() {
        let whole = search();
        assert_eq!(whole.rounded(123.6), 124.0);
        let fine = Search {
            whole: false,
            ..whole
        };
        assert_eq!(fine.rounded(0.012_345_67), 0.012_346);
        assert_eq!(fine.rounded(1_234_567.0), 1_234_600.0);
    }
}
