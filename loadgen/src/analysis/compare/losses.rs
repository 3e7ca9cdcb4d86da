//! Lost events and failed streams, judged.

use super::multiplicity::Level;
use super::multiplicity::holm;
use super::statistics::{fisher, ranks};
use super::{Answer, LossComparison, LossKind};
use crate::measure::ErrorKind;
use crate::report::Report;

/// How many of what a run lost.
#[derive(Debug, Clone, Copy)]
struct Count {
    lost: u64,
    of: u64,
}

/// Everything that either side lost.
pub(super) fn judge(base: &[Report], head: &[Report], level: Level) -> Vec<LossComparison> {
    let found: Vec<Evidence> = kinds()
        .map(|kind| Evidence::of(kind, base, head))
        .filter(|evidence| {
            evidence.total(|evidence| &evidence.base).lost
                + evidence.total(|evidence| &evidence.head).lost
                > 0
        })
        .collect();
    let chances: Vec<f64> = found.iter().map(Evidence::p).collect();
    let by_count: Vec<f64> = found.iter().map(Evidence::p_fisher).collect();
    let adjusted = holm(&chances).into_iter().zip(holm(&by_count));
    let judged = found.into_iter().zip(adjusted);
    judged
        .map(|(evidence, (p, p_fisher))| evidence.judge(p, p_fisher, level))
        .collect()
}

fn kinds() -> impl Iterator<Item = LossKind> {
    let of_machine = |kind: &ErrorKind| !kind.is_local();
    [
        LossKind::Lost,
        LossKind::Duplicated,
        LossKind::Reordered,
        LossKind::Failed,
    ]
    .into_iter()
    .chain(
        ErrorKind::ALL
            .into_iter()
            .filter(of_machine)
            .map(LossKind::Error),
    )
}

impl Count {
    fn of(kind: LossKind, report: &Report) -> Self {
        let counters = &report.counters;
        let failed = |kind: ErrorKind| report.errors.get(&kind).copied().unwrap_or(0);
        let local = || {
            ErrorKind::ALL
                .into_iter()
                .filter(|kind| kind.is_local())
                .map(failed)
                .sum()
        };
        let (lost, of) = match kind {
            LossKind::Lost => (counters.lost, counters.events.saturating_add(counters.lost)),
            LossKind::Duplicated => (counters.duplicated, counters.events),
            LossKind::Reordered => (counters.reordered, counters.events),
            LossKind::Failed => (
                counters.streams_failed.saturating_sub(local()),
                counters.streams_started,
            ),
            LossKind::Error(kind) => (failed(kind), counters.streams_started),
        };
        Self {
            lost,
            of: of.max(lost),
        }
    }

    fn ratio(self) -> f64 {
        if self.of == 0 {
            0.0
        } else {
            self.lost as f64 / self.of as f64
        }
    }
}

/// What the runs of both sides lost in one way.
struct Evidence {
    kind: LossKind,
    base: Vec<Count>,
    head: Vec<Count>,
}

impl Evidence {
    fn of(kind: LossKind, base: &[Report], head: &[Report]) -> Self {
        let side = |reports: &[Report]| {
            reports
                .iter()
                .map(|report| Count::of(kind, report))
                .collect()
        };
        Self {
            kind,
            base: side(base),
            head: side(head),
        }
    }

    fn total(&self, side: impl Fn(&Self) -> &Vec<Count>) -> Count {
        let sum =
            |what: fn(&Count) -> u64| side(self).iter().map(what).fold(0, u64::saturating_add);
        Count {
            lost: sum(|count| count.lost),
            of: sum(|count| count.of),
        }
    }

    fn totals(&self) -> (Count, Count) {
        (
            self.total(|evidence| &evidence.base),
            self.total(|evidence| &evidence.head),
        )
    }

    fn p_fisher(&self) -> f64 {
        let (base, head) = self.totals();
        fisher::more_on_head(base.lost, base.of, head.lost, head.of)
    }

    /// Base has none, and more runs of head than one, if there are more.
    fn is_spread(&self) -> bool {
        let having = self.head.iter().filter(|count| count.lost > 0).count();
        self.totals().0.lost == 0 && having >= self.head.len().min(2)
    }

    /// Losses come in bursts, so that those of one run are no independent trials: where both sides have some, or a single one
    /// of several runs, the runs must say it too.
    fn p(&self) -> f64 {
        let ratios =
            |side: &[Count]| -> Vec<f64> { side.iter().map(|count| count.ratio()).collect() };
        if self.is_spread() {
            return self.p_fisher();
        }
        let by_run = ranks::mann_whitney(&ratios(&self.base), &ratios(&self.head));
        self.p_fisher().max(by_run.p_greater)
    }

    /// An event that is lost, comes twice or out of order is a fault, not noise: where base has none, one is enough. Streams
    /// fail for reasons of the network too.
    fn one_is_enough(&self) -> bool {
        matches!(
            self.kind,
            LossKind::Lost | LossKind::Duplicated | LossKind::Reordered
        )
    }

    fn judge(self, p: f64, p_fisher: f64, level: Level) -> LossComparison {
        let (base, head) = self.totals();
        let is_new = base.lost == 0 && head.lost > 0;
        let (answer, reason) = if is_new && self.one_is_enough() {
            (Answer::Regression, "base has none, and one is a fault")
        } else if p <= level.alpha {
            (Answer::Regression, "more than chance would have it")
        } else if is_new {
            (
                Answer::Inconclusive,
                "base has none, but so few may be chance",
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

    /// How many more runs of each side would decide, if they lose as these did.
    fn runs_needed(&self, p: f64, level: Level) -> Option<u32> {
        let runs = self.base.len().min(self.head.len());
        let (base, head) = self.totals();
        let adjustment = p / self.p();
        let suffice = |&more: &usize| {
            let grown = |count: u64| count.saturating_mul((runs + more) as u64) / runs as u64;
            let fisher = fisher::more_on_head(
                grown(base.lost),
                grown(base.of),
                grown(head.lost),
                grown(head.of),
            );
            let by_run = ranks::smallest_p(self.base.len() + more, self.head.len() + more);
            let p = if self.is_spread() {
                fisher
            } else {
                fisher.max(by_run)
            };
            p * adjustment <= level.alpha_last
        };
        u32::try_from((1..=RUNS_MAX).find(suffice)?).ok()
    }
}

/// More runs of a side than this are not worth naming.
const RUNS_MAX: usize = 500;
