//! The answer as a whole.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::{Answer, Cost, Goal, Limit, Measurement, Search, Sizing, Slo, Trial, Usl, Why};
use crate::exit::Exit;
use crate::plan::Plan;
use crate::report::{Machine, Tool};

/// The schema's name and version.
pub const SCHEMA: &str = "weir.capacity/1";

/// What makes the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Vary {
    /// Streams kept open.
    Streams,
    /// Streams that arrive a second.
    Arrivals,
    /// Events a second of each stream, as `{rate}` in the URL.
    Rate,
}

/// How much the target carries, and all that it is known from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// [`SCHEMA`].
    pub schema: String,
    /// What measured.
    pub tool: Tool,
    /// When the first trial began, RFC 3339 in UTC.
    pub started_at: String,
    /// What was typed.
    pub command: String,
    /// Where it ran.
    pub machine: Machine,
    /// The target, as typed.
    pub url: String,
    /// Whether it is weir's own server in this process.
    pub embedded: bool,
    /// What was varied.
    pub vary: Vary,
    /// Whether the user ended the search.
    pub interrupted: bool,
    /// Why the search ended before it was done, if the target was gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<String>,
    /// The highest load that holds every service level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<f64>,
    /// Each service level.
    pub levels: Vec<Level>,
    /// Every trial, in their order.
    pub trials: Vec<Measurement>,
    /// Throughput by the number of streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usl: Option<Usl>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usl_refused: Option<String>,
    /// What a stream costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Machines for what is needed, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sizing: Option<Sizing>,
}

/// A service level and the highest load that holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// As typed.
    pub expression: String,
    /// Whether its figure is a duration in nanoseconds, and not a part of all.
    pub is_latency: bool,
    /// The figure's limit, likewise.
    pub limit: f64,
    /// What was looked for.
    pub goal: Goal,
    /// What was found.
    pub answer: Answer,
    /// Why the lowest load that does not hold does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

impl Vary {
    /// The unit of loads.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Streams => "streams",
            Self::Arrivals => "streams/s",
            Self::Rate => "events/s a stream",
        }
    }
}

impl Capacity {
    /// What the trials of a search come to; `plan` is that of any of them, `need` the load asked for and the headroom.
    #[must_use]
    pub fn of(
        search: &Search,
        slos: &[Slo],
        (plan, vary): (&Plan, Vary),
        measurements: Vec<Measurement>,
        need: Option<(f64, f64)>,
    ) -> Self {
        let trials: Vec<Trial> = measurements
            .iter()
            .map(|measurement| measurement.trial.clone())
            .collect();
        let levels = slos.iter().zip(&search.goals).enumerate();
        let levels: Vec<Level> = levels
            .map(|(index, (slo, goal))| {
                let answer = Answer::of(search, index, &trials);
                let why = |load| Why::of(&measurements, (index, goal), load);
                Level {
                    expression: slo.threshold.expression().to_owned(),
                    is_latency: slo.is_latency(),
                    limit: slo.limit(),
                    goal: *goal,
                    why: answer.does_not.and_then(why),
                    answer,
                }
            })
            .collect();
        let holds = lowest(&levels);
        let usl = usl(vary, &measurements);
        let at_most = levels
            .iter()
            .filter(|level| level.answer.holds == holds)
            .all(|level| level.answer.is_at_least());
        Self {
            schema: SCHEMA.to_owned(),
            tool: Tool::this(),
            started_at: String::new(),
            command: Tool::command(),
            machine: Machine::this(),
            url: plan.target.url.clone(),
            embedded: plan.embedded,
            vary,
            interrupted: false,
            lost: None,
            holds,
            cost: Cost::of(&measurements, holds),
            sizing: holds.zip(need).map(|(holds, (need, headroom))| {
                Sizing::of(need, headroom, holds, search.whole, at_most)
            }),
            levels,
            trials: measurements,
            usl_refused: usl.as_ref().err().cloned(),
            usl: usl.ok(),
        }
    }

    /// The exit code that it calls for: the worst of the levels' answers, where that a level does not hold at all is worse than
    /// that it is not known.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let limits = || self.levels.iter().map(|level| level.answer.limit);
        let all_invalid =
            || !self.trials.is_empty() && self.trials.iter().all(|trial| trial.trial.is_invalid());
        if limits().any(|limit| limit == Limit::TargetBelow) {
            Exit::Breached
        } else if limits().any(|limit| limit == Limit::Generator) || all_invalid() {
            Exit::Invalid
        } else if limits().any(|limit| matches!(limit, Limit::Unfinished | Limit::FewSamples)) {
            Exit::Inconclusive
        } else {
            Exit::Success
        }
    }
}

impl Answer {
    /// Whether the target may carry more than was found.
    #[must_use]
    pub fn is_at_least(&self) -> bool {
        match self.limit {
            Limit::Generator | Limit::Asked => true,
            Limit::Unfinished | Limit::FewSamples => {
                self.does_not.is_none() || self.undecided.is_some()
            }
            Limit::Target | Limit::TargetBelow => false,
        }
    }
}

/// The load that holds every level, if there is one for each.
fn lowest(levels: &[Level]) -> Option<f64> {
    let holds = levels.iter().map(|level| level.answer.holds);
    let all: Option<Vec<f64>> = holds.collect();
    all?.into_iter().min_by(f64::total_cmp)
}

/// The law is about how many work at a time: of arrivals and rates it says nothing.
fn usl(vary: Vary, measurements: &[Measurement]) -> Result<Usl, String> {
    if vary != Vary::Streams {
        return Err("it is a law of how many streams are open, which was not varied".to_owned());
    }
    let valid = measurements
        .iter()
        .filter(|trial| !trial.trial.is_invalid());
    let points: Vec<(f64, f64)> = valid
        .map(|trial| (trial.trial.load, trial.events_per_s))
        .collect();
    Usl::of(&points).map_err(|refusal| refusal.to_string())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::super::{LostStreams, Outcome};
    use super::*;
    use crate::plan::tests::plan;
    use crate::verdict::Status;

    /// What becomes of a search up to 1,000 streams on a target that loses what `loss` says of a load; `None` is an invalid trial.
    pub(crate) fn capacity(slos: &[&str], loss: impl Fn(f64) -> Option<f64>) -> Capacity {
        capacity_within(60, slos, loss)
    }

    pub(crate) fn capacity_within(
        trials_max: usize,
        slos: &[&str],
        loss: impl Fn(f64) -> Option<f64>,
    ) -> Capacity {
        let slos: Vec<Slo> = slos.iter().map(|slo| slo.parse().unwrap()).collect();
        let goal = |slo: &Slo| Goal::new(slo.loss_ratio, 5.0, 0.05);
        let search = Search {
            goals: slos.iter().map(goal).collect(),
            from: 10.0,
            to: 1_000.0,
            to_is_generators: false,
            whole: true,
            trials_max,
            time_max_s: f64::INFINITY,
        };
        let mut found: Vec<Measurement> = Vec::new();
        loop {
            let trials: Vec<Trial> = found.iter().map(|found| found.trial.clone()).collect();
            let Some(step) = search.next(&trials) else {
                break;
            };
            let outcome = match loss(step.load) {
                Some(loss_ratio) => Outcome::lost(vec![loss_ratio; slos.len()]),
                None => Outcome::Invalid {
                    because: "client_lag: too late".into(),
                },
            };
            found.push(Measurement {
                trial: step.trial(6.0, outcome),
                status: Status::Valid,
                codes: Vec::new(),
                events_per_s: 10.0 * step.load,
                streams_open_peak: step.load as u64,
                observed: vec![loss(step.load); slos.len()],
                streams_started: step.load as u64,
                streams_lost: LostStreams::default(),
                errors: BTreeMap::new(),
                error_samples: BTreeMap::new(),
                little: None,
                window_s: step.trial_s,
                target: None,
            });
        }
        let plan = plan("http://127.0.0.1:1/");
        let need = Some((5_000.0, 0.3));
        Capacity::of(&search, &slos, (&plan, Vary::Streams), found, need)
    }

    /// Nothing is lost up to here, and everything beyond.
    pub(crate) fn hard(limit: f64) -> impl Fn(f64) -> Option<f64> {
        move |load| Some(if load > limit { 1.0 } else { 0.0 })
    }

    #[test]
    fn all_levels_hold_where_the_lowest_does_and_machines_are_counted_by_it() {
        // Of 400 streams and above two in a hundred fail, of 700 and above all.
        let loss = |load: f64| Some(hard(400.0)(load)? * 0.02 + hard(700.0)(load)? * 0.98);
        let found = capacity(&["failed_rate<5%", "failed_rate<1%"], loss);
        let holds = found.holds.unwrap();
        assert!((380.0..=400.0).contains(&holds), "{holds}");
        assert!(found.levels[0].answer.holds.unwrap() > 660.0);
        let sizing = found.sizing.unwrap();
        assert_eq!(sizing.load_per_machine, (holds * 0.7).floor());
        assert_eq!(
            sizing.machines,
            (5_000.0 / sizing.load_per_machine).ceil() as u64
        );
        assert!(!sizing.at_most);
        assert_eq!(found.exit(), Exit::Success);
        assert!(found.usl_refused.unwrap().contains("in proportion"));
    }

    #[test]
    fn the_exit_code_says_whether_how_much_was_answered() {
        let exit = |loss: &dyn Fn(f64) -> Option<f64>| capacity(&["failed_rate<1%"], loss).exit();
        assert_eq!(exit(&hard(400.0)), Exit::Success);
        assert_eq!(exit(&|_| Some(0.0)), Exit::Success);
        assert_eq!(exit(&|_| Some(1.0)), Exit::Breached);
        assert_eq!(exit(&|_| None), Exit::Invalid);
        assert_eq!(exit(&|load| (load < 300.0).then_some(0.0)), Exit::Invalid);
        for trials_max in [0, 1, 9, 12] {
            let cut = capacity_within(trials_max, &["failed_rate<1%"], hard(400.0));
            assert_eq!(cut.exit(), Exit::Inconclusive, "{trials_max}");
        }
    }

    #[test]
    fn what_could_not_be_measured_leaves_machines_an_upper_bound() {
        let found = capacity(&["failed_rate<1%"], |load| (load < 300.0).then_some(0.0));
        assert!(found.sizing.unwrap().at_most);
        assert_eq!(found.levels[0].answer.limit, Limit::Generator);
        let nothing = capacity(&["failed_rate<1%"], |_| Some(1.0));
        assert_eq!((nothing.sizing, nothing.holds), (None, None));
    }

    #[test]
    fn it_comes_back_from_json_as_it_was() {
        let found = capacity(&["delivery.p99<20ms"], hard(400.0));
        let json = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<Capacity>(&json).unwrap(), found);
        assert!(json.starts_with("{\"schema\":\"weir.capacity/1\""));
    }
}
