//! Lost events, failed streams, and whatever else a side has less of than it should: counted a run, and judged by the runs.

mod count;
mod kind;

pub use kind::LossKind;

use self::count::{Count, stalled_above_ns};
use super::multiplicity::{Level, holm};
use super::statistics::{fisher, ranks};
use super::{Answer, LossComparison, Runs};
use crate::measure::ErrorKind;
use crate::report::Report;

/// Everything that either side lost; `remade` are the runs that were invalid, and made again.
pub(super) fn found(base: &[Report], head: &[Report], remade: Runs) -> Vec<Evidence> {
    let stalled_ns = stalled_above_ns(base, head);
    let side = |kind: LossKind, reports: &[Report]| -> Vec<Count> {
        let counts = reports.iter();
        counts
            .map(|report| Count::of(kind, report, stalled_ns))
            .collect()
    };
    let with_remade = |kind: LossKind, mut counts: Vec<Count>, remade: u32| {
        if kind == LossKind::InvalidRuns {
            counts.extend((0..remade).map(|_| Count { lost: 1, of: 1 }));
        }
        counts
    };
    let evidence = kinds().map(|kind| Evidence {
        kind,
        base: with_remade(kind, side(kind, base), remade.base),
        head: with_remade(kind, side(kind, head), remade.head),
    });
    evidence
        .filter(|evidence| total(&evidence.base).lost + total(&evidence.head).lost > 0)
        .collect()
}

/// Judges them, each with its chance adjusted for all else that is gated.
pub(super) fn judge(
    found: Vec<Evidence>,
    adjusted: impl Iterator<Item = f64>,
    level: Level,
) -> Vec<LossComparison> {
    let by_count: Vec<f64> = found.iter().map(Evidence::p_fisher).collect();
    let judged = found.into_iter().zip(adjusted.zip(holm(&by_count)));
    judged
        .map(|(evidence, (p, p_fisher))| evidence.judge(p, p_fisher, level))
        .collect()
}

fn kinds() -> impl Iterator<Item = LossKind> {
    let errors = ErrorKind::ALL.into_iter().filter(|kind| !kind.is_local());
    [
        LossKind::Lost,
        LossKind::Duplicated,
        LossKind::Reordered,
        LossKind::Failed,
    ]
    .into_iter()
    .chain(errors.map(LossKind::Error))
    .chain([
        LossKind::Unanswered,
        LossKind::Unstarted,
        LossKind::Stalled,
        LossKind::InvalidRuns,
    ])
}

fn total(counts: &[Count]) -> Count {
    counts
        .iter()
        .fold(Count::default(), |sum, count| sum.plus(*count))
}

/// What the runs of both sides lost in one way.
pub(super) struct Evidence {
    kind: LossKind,
    base: Vec<Count>,
    head: Vec<Count>,
}

impl Evidence {
    /// Chance of as many, if every event, stream or run were lost for itself. Losses come in bursts, so that it is smaller than it
    /// should be: where it is not small there is nothing, and where it is, the runs have to say so.
    fn p_fisher(&self) -> f64 {
        let (base, head) = (total(&self.base), total(&self.head));
        fisher::more_on_head(base.lost, base.of, head.lost, head.of)
    }

    /// Chance of the runs' shares being so much larger on head, whatever makes those of one run alike.
    pub(super) fn p(&self) -> f64 {
        p_of_runs(&self.base, &self.head)
    }

    /// An event that is lost, comes twice or out of order is a fault, and a stream that fails may be one: where base has none, it is
    /// not passed over. The others happen wherever a run ends.
    fn is_fault(&self) -> bool {
        matches!(
            self.kind,
            LossKind::Lost
                | LossKind::Duplicated
                | LossKind::Reordered
                | LossKind::Failed
                | LossKind::Error(_)
        )
    }

    fn judge(self, p: f64, p_fisher: f64, level: Level) -> LossComparison {
        let (base, head) = (total(&self.base), total(&self.head));
        let is_new = base.lost == 0 && head.lost > 0 && self.is_fault();
        let (answer, reason) = if p <= level.alpha {
            (Answer::Regression, "more than chance would have it")
        } else if is_new {
            (
                Answer::Inconclusive,
                "base has none, but too few runs of head have them to tell chance from a change",
            )
        } else if p_fisher <= level.alpha {
            (
                Answer::Inconclusive,
                "more, but too few runs have them to tell a burst from a change",
            )
        } else {
            (Answer::Pass, "no more than chance would have it")
        };
        LossComparison {
            what: self.kind,
            base_count: base.lost,
            base_of: base.of,
            head_count: head.lost,
            head_of: head.of,
            p,
            answer,
            reason: reason.to_owned(),
            runs_needed: (answer == Answer::Inconclusive)
                .then(|| self.runs_needed(p, level))
                .flatten(),
        }
    }

    /// How many more runs of each side would decide, if they lose as these did: all of them again, and again.
    fn runs_needed(&self, p: f64, level: Level) -> Option<u32> {
        let adjustment = (p / self.p()).max(1.0);
        let again = |side: &[Count], times: usize| side.repeat(times);
        let runs = self.base.len().min(self.head.len());
        let suffice = |&times: &usize| {
            let p = p_of_runs(&again(&self.base, times), &again(&self.head, times));
            p * adjustment <= level.alpha_last
        };
        let times = (2..=RUNS_MAX / runs + 1).find(suffice)?;
        u32::try_from(runs * (times - 1)).ok()
    }
}

/// More runs of a side than this are not worth naming.
const RUNS_MAX: usize = 100;

/// By ranks. Where every run of head has some and none of base has any, it is enough that runs are independent: with any chance `q` of
/// a run having some, that is `q` to the power of head's runs times `1 - q` to that of base's, at most.
fn p_of_runs(base: &[Count], head: &[Count]) -> f64 {
    let ratios = |side: &[Count]| -> Vec<f64> { side.iter().map(|count| count.ratio()).collect() };
    let by_ranks = ranks::mann_whitney(&ratios(base), &ratios(head)).p_greater;
    let is_apart =
        base.iter().all(|count| count.lost == 0) && head.iter().all(|count| count.lost > 0);
    if !is_apart {
        return by_ranks;
    }
    let (of_base, of_head) = (base.len() as f64, head.len() as f64);
    let q = of_head / (of_base + of_head);
    by_ranks.min(q.powf(of_head) * (1.0 - q).powf(of_base))
}
