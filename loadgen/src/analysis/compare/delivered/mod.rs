//! What came: a side that delivers less is worse, whatever the latencies of the rest say.

mod kind;

pub use kind::DeliveredKind;

use super::multiplicity::Level;
use super::plan_ahead::{self, Spread};
use super::statistics::ranks::{self, Shift};
use super::{Answer, DeliveredComparison};
use crate::report::Report;

/// How much less is not yet a regression; of few, one less of each run is not either.
const MARGIN: f64 = 0.1;

/// What the runs of both sides delivered of a kind, before what else is gated is known.
pub(super) struct Evidence {
    kind: DeliveredKind,
    base: Vec<f64>,
    head: Vec<f64>,
    margin: f64,
    shift: Shift,
    p: f64,
}

/// Of every kind that base has.
pub(super) fn found(base: &[Report], head: &[Report], alpha: f64) -> Vec<Evidence> {
    let kinds = DeliveredKind::ALL.into_iter();
    let has_some = |kind: &DeliveredKind| base.iter().any(|report| kind.of(report).0 > 0);
    let evidence = |kind| Evidence::of(kind, base, head, alpha);
    kinds.filter(has_some).map(evidence).collect()
}

/// Judges them, each with its chance adjusted for all else that is gated.
pub(super) fn judge(
    found: Vec<Evidence>,
    adjusted: impl Iterator<Item = f64>,
    level: Level,
) -> Vec<DeliveredComparison> {
    let judged = found.into_iter().zip(adjusted);
    judged
        .map(|(evidence, p)| evidence.judge(p, level))
        .collect()
}

impl Evidence {
    fn of(kind: DeliveredKind, base: &[Report], head: &[Report], alpha: f64) -> Self {
        // None is less than one, and has a logarithm all the same.
        let per = |report: &Report| {
            let (count, of) = kind.of(report);
            if of > 0.0 {
                (count as f64).max(0.5) / of
            } else {
                f64::MIN_POSITIVE
            }
        };
        let side = |reports: &[Report]| -> Vec<f64> { reports.iter().map(per).collect() };
        let counts: Vec<f64> = base.iter().map(|report| kind.of(report).0 as f64).collect();
        let count = ranks::median(&counts).unwrap_or(0.0).max(1.0);
        let margin = MARGIN.max(1.0 / count);
        let (base, head) = (side(base), side(head));
        // Less is worse: what the gate calls a shift is how much less head has.
        let (of_base, of_head) = (fewness(&base), fewness(&head));
        Self {
            kind,
            margin,
            shift: ranks::shift(&of_base, &of_head, alpha),
            p: ranks::mann_whitney(&of_base, &of_head).p_greater,
            base,
            head,
        }
    }

    pub(super) fn p(&self) -> f64 {
        self.p
    }

    fn judge(self, p: f64, level: Level) -> DeliveredComparison {
        let margin = ln_less(self.margin);
        let holds = self.shift.bounds.is_some_and(|(_, most)| most < margin);
        let lowest = |side: &[f64]| side.iter().copied().fold(f64::INFINITY, f64::min);
        let has_outlier = lowest(&self.head) < lowest(&self.base) * (1.0 - self.margin);
        let (answer, reason) = if p <= level.alpha && self.shift.estimate > margin {
            (
                Answer::Regression,
                "less than chance would have it, and by more than the margin",
            )
        } else if holds && has_outlier {
            (
                Answer::Inconclusive,
                "a run of head has less than any of base, by more than the margin: too few to tell chance from a change",
            )
        } else if holds {
            (Answer::Pass, "not less by more than the margin")
        } else if self.shift.bounds.is_none() {
            (Answer::Inconclusive, "so few runs bound no difference")
        } else {
            (
                Answer::Inconclusive,
                "it may be less by more than the margin, and may not",
            )
        };
        let ratio = |ln: f64| (-ln).exp();
        let runs_needed = || {
            let spread = Spread::of(&fewness(&self.base), &fewness(&self.head));
            plan_ahead::runs_needed(spread, self.shift.estimate, margin, level)
        };
        DeliveredComparison {
            what: self.kind,
            runs_needed: (answer == Answer::Inconclusive).then(runs_needed).flatten(),
            base_median: ranks::median(&self.base).unwrap_or(0.0),
            head_median: ranks::median(&self.head).unwrap_or(0.0),
            base: self.base,
            head: self.head,
            ratio: ratio(self.shift.estimate),
            ratio_low: self.shift.bounds.map(|(_, most)| ratio(most)),
            ratio_high: self.shift.bounds.map(|(least, _)| ratio(least)),
            margin: self.margin,
            p,
            answer,
            reason: reason.to_owned(),
        }
    }
}

/// How few, in logarithms: less is more.
fn fewness(side: &[f64]) -> Vec<f64> {
    side.iter().map(|figure| -figure.ln()).collect()
}

/// By how much that grows where a share of it is missing.
fn ln_less(share: f64) -> f64 {
    -(-share.min(0.9)).ln_1p()
}
