//! The answer as a whole.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::{Answer, Cost, Goal, Limit, Measurement, Search, Sizing, Slo, Trial, Usl};
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
    /// What was looked for.
    pub goal: Goal,
    /// What was found.
    pub answer: Answer,
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
            .map(|(index, (slo, goal))| Level {
                expression: slo.expression.clone(),
                is_latency: slo.is_latency(),
                goal: *goal,
                answer: Answer::of(search, index, &trials),
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
            sizing: holds
                .zip(need)
                .map(|(holds, (need, headroom))| Sizing::of(need, headroom, holds, at_most)),
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
        let all_invalid = || self.trials.iter().all(|trial| trial.trial.is_invalid());
        if limits().any(|limit| limit == Limit::TargetBelow) {
            Exit::Breached
        } else if limits().any(|limit| limit == Limit::Generator) || all_invalid() {
            Exit::Invalid
        } else if limits().any(|limit| limit == Limit::Unfinished) {
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
            Limit::Unfinished => self.does_not.is_none(),
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
