//! What a comparison found, with all that went into its answer.

use serde::Serialize;

use super::{DeliveredKind, Gated, Look, LossKind, Margin, Runs};
use crate::exit::Exit;

/// The schema's name and version.
pub const SCHEMA: &str = "weir.compare/1";

/// Whether head is worse than base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Not by more than the margins.
    Pass,
    /// Not enough data to say.
    Inconclusive,
    /// It is.
    Regression,
    /// A run of either side may not be believed.
    Invalid,
}

impl Answer {
    /// As in the JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Regression => "regression",
            Self::Invalid => "invalid",
        }
    }
}

impl From<Answer> for Exit {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Pass => Self::Success,
            Answer::Inconclusive => Self::Inconclusive,
            Answer::Regression => Self::Breached,
            Answer::Invalid => Self::Invalid,
        }
    }
}

/// Two sides held against each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The worst of what follows; [`Answer::Invalid`] if a run of either side is, whatever its figures say.
    pub answer: Answer,
    /// Runs of each side.
    pub runs: Runs,
    /// Runs of each side that were invalid, and made again.
    pub remade: Runs,
    /// How often, at most, two sides that are the same may be called a regression.
    pub alpha: f64,
    /// Which look this is.
    pub look: Look,
    /// What of `alpha` this look may use.
    pub alpha_of_look: f64,
    /// How surely the intervals of ratios hold what they estimate: 1 less twice `alpha_of_look`.
    pub confidence: f64,
    /// Of what the bootstrap drew.
    pub seed: u64,
    /// The gated percentiles.
    pub metrics: Vec<MetricComparison>,
    /// What came: whatever base has any of.
    pub delivered: Vec<DeliveredComparison>,
    /// Lost events and failed streams: those that either side has any of.
    pub losses: Vec<LossComparison>,
    /// What keeps it from passing, whatever the figures say: each a sentence.
    pub doubts: Vec<String>,
    /// What else has to be known to read this.
    pub remarks: Vec<String>,
}

impl Comparison {
    /// How many more runs of each side would decide whatever is open, as far as that can be said.
    #[must_use]
    pub fn runs_needed(&self) -> Option<u32> {
        let metrics = self.metrics.iter().map(|metric| metric.runs_needed);
        let delivered = self.delivered.iter().map(|kind| kind.runs_needed);
        let losses = self.losses.iter().map(|loss| loss.runs_needed);
        metrics.chain(delivered).chain(losses).flatten().max()
    }
}

/// One percentile of one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricComparison {
    /// Which, as in `gap.p99`.
    pub gated: Gated,
    /// What head is held against.
    pub base: Side,
    /// What is judged.
    pub head: Side,
    /// Head over base: the median of the ratios of each run of head to each of base (Hodges and Lehmann, 1963). Absent if
    /// either side has no samples.
    pub ratio: Option<f64>,
    /// The lower end of its interval; absent where so few runs bound nothing.
    pub ratio_low: Option<f64>,
    /// The upper end.
    pub ratio_high: Option<f64>,
    /// Both must be exceeded.
    pub margin: Margin,
    /// Chance of ranks as bad for head, or worse, if the sides were the same (exact, one-sided).
    pub p_mann_whitney: f64,
    /// Share of bootstrap samples in which head is no worse.
    pub p_bootstrap: f64,
    /// The larger of the two, adjusted for all that is gated: percentiles, what was delivered, losses (Holm, 1979).
    pub p_holm: f64,
    /// The larger of the two against the margin: if head were worse by that and no more. Not adjusted, and decides nothing: how surely
    /// a regression is larger than the margin.
    pub p_within_margin: f64,
    /// What follows.
    pub answer: Answer,
    /// Why, in a sentence.
    pub reason: String,
    /// How many more runs of each side would decide; absent if it is decided, or no number of runs would.
    pub runs_needed: Option<u32>,
    /// Independent samples behind the percentile, of the side that has fewer.
    pub effective_samples: u64,
    /// How many it takes.
    pub samples_needed: u64,
}

impl MetricComparison {
    /// An answer that would be none, for what is said.
    pub(super) fn leave_open(&mut self, why: &str) {
        leave_open(
            &mut self.answer,
            &mut self.reason,
            &mut self.runs_needed,
            why,
        );
    }
}

fn leave_open(answer: &mut Answer, reason: &mut String, runs_needed: &mut Option<u32>, why: &str) {
    if *answer != Answer::Inconclusive {
        *answer = Answer::Inconclusive;
        *reason = format!("it would be {reason}, but {why}");
        *runs_needed = None;
    }
}

/// Something of which less is worse.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeliveredComparison {
    /// What.
    pub what: DeliveredKind,
    /// The median of base's runs.
    pub base_median: f64,
    /// The median of head's.
    pub head_median: f64,
    /// Each run of base, in the order given; none counts for half of one.
    pub base: Vec<f64>,
    /// Each run of head.
    pub head: Vec<f64>,
    /// Head over base: the median of the ratios of each run of head to each of base.
    pub ratio: f64,
    /// The lower end of its interval; absent where so few runs bound nothing.
    pub ratio_low: Option<f64>,
    /// The upper end.
    pub ratio_high: Option<f64>,
    /// The share of base's that may be missing.
    pub margin: f64,
    /// Chance of ranks as bad for head, or worse, if the sides were the same (exact, one-sided); adjusted for all that is gated.
    pub p: f64,
    /// What follows.
    pub answer: Answer,
    /// Why, in a sentence.
    pub reason: String,
    /// How many more runs of each side would decide; absent if it is decided, or no number of runs would.
    pub runs_needed: Option<u32>,
}

impl DeliveredComparison {
    /// An answer that would be none, for what is said.
    pub(super) fn leave_open(&mut self, why: &str) {
        leave_open(
            &mut self.answer,
            &mut self.reason,
            &mut self.runs_needed,
            why,
        );
    }
}

/// What the runs of one side have of a percentile.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// The median of the runs, 0 without samples.
    pub median_ns: f64,
    /// The lower end of its interval at 95 % (ranks of the runs; of the samples of a single run). Absent where that takes more.
    pub low_ns: Option<f64>,
    /// The upper end.
    pub high_ns: Option<f64>,
    /// Each run's percentile in nanoseconds, of those that have samples, in the order given.
    pub runs: Vec<f64>,
    /// Whether a run's percentile reaches into waits that had not ended, so that it is a lower bound.
    pub is_lower_bound: bool,
}

/// One way to lose events or streams.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LossComparison {
    /// Which.
    pub what: LossKind,
    /// How many base has, in all its runs.
    pub base_count: u64,
    /// Of how many events or streams.
    pub base_of: u64,
    /// How many head has.
    pub head_count: u64,
    /// Of how many.
    pub head_of: u64,
    /// Chance of head's runs losing as large shares, or larger, if the sides were the same (exact Mann-Whitney, one-sided; where all
    /// runs of head have some and none of base has any, that of independent runs); adjusted for all that is gated.
    pub p: f64,
    /// What follows.
    pub answer: Answer,
    /// Why, in a sentence.
    pub reason: String,
    /// How many more runs of each side would decide; absent if it is decided.
    pub runs_needed: Option<u32>,
}
