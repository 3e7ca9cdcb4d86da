//! One percentile of both sides, judged.

use rand_pcg::Pcg64Mcg;

use super::bootstrap::bootstrap;
use super::multiplicity::Level;
use super::plan_ahead::{self, Spread};
use super::sample::{CONFIDENCE, Lack, Sample, Samples};
use super::statistics::ranks;
use super::{Answer, Gated, Margin, MetricComparison, Side};
use crate::measure::samples_needed;

/// What the runs say of a percentile, before the others that are gated with it are known.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    pub(super) gated: Gated,
    pub(super) margin: Margin,
    pub(super) samples: Samples,
    lack: Option<Lack>,
    shift: Option<Shift>,
}

/// How far head lies from base, in logarithms.
#[derive(Debug, Clone, Copy)]
struct Shift {
    estimate: f64,
    /// By ranks and bootstrap both: the wider of the two.
    bounds: Option<(f64, f64)>,
    p_mann_whitney: f64,
    p_bootstrap: f64,
    /// Of such a difference, were it the margin: by both.
    p_within_margin: f64,
}

impl Evidence {
    pub(super) fn of(
        gated: Gated,
        margin: Margin,
        samples: Samples,
        level: Level,
        random: &mut Pcg64Mcg,
    ) -> Self {
        let has_both = !samples.base.is_empty() && !samples.head.is_empty();
        Self {
            gated,
            margin,
            lack: samples.lack(gated.quantile),
            shift: has_both.then(|| Shift::of(&samples, margin, level, random)),
            samples,
        }
    }

    /// The chance of such a difference, were there none: by ranks and bootstrap both.
    pub(super) fn p(&self) -> f64 {
        let shift = self.shift.filter(|_| self.lack.is_none());
        shift.map_or(1.0, |shift| shift.p_mann_whitney.max(shift.p_bootstrap))
    }

    /// The answer, given the chance adjusted for the other metrics.
    pub(super) fn judge(self, p_holm: f64, level: Level) -> MetricComparison {
        let (base, head) = (side(&self.samples.base), side(&self.samples.head));
        let verdict = self.verdict(&base, &head, p_holm, level);
        let ratio = |ln: f64| ln.exp();
        let bounds = self.shift.and_then(|shift| shift.bounds);
        MetricComparison {
            gated: self.gated,
            base,
            head,
            ratio: self.shift.map(|shift| ratio(shift.estimate)),
            ratio_low: bounds.map(|(low, _)| ratio(low)),
            ratio_high: bounds.map(|(_, high)| ratio(high)),
            margin: self.margin,
            p_mann_whitney: self.shift.map_or(1.0, |shift| shift.p_mann_whitney),
            p_bootstrap: self.shift.map_or(1.0, |shift| shift.p_bootstrap),
            p_holm,
            p_within_margin: self.shift.map_or(1.0, |shift| shift.p_within_margin),
            answer: verdict.answer,
            reason: verdict.reason,
            runs_needed: verdict.runs_needed,
            effective_samples: self.samples.effective(),
            samples_needed: samples_needed(self.gated.quantile),
        }
    }

    fn verdict(&self, base: &Side, head: &Side, p_holm: f64, level: Level) -> Verdict {
        if let Some(lack) = self.lack {
            return self.too_few(lack);
        }
        let shift = self.shift.expect("nothing is lacking");
        let margin = self.margin.ln_ratio(base.median_ns);
        let is_worse = p_holm <= level.alpha && shift.estimate > margin;
        let holds = shift.bounds.is_some_and(|(_, high)| high < margin);
        if is_worse && !base.is_lower_bound {
            let is_sure = shift.p_within_margin * level.gated as f64 <= level.alpha;
            let reason = if is_sure {
                format!("worse by more than {}", self.margin)
            } else {
                format!(
                    "worse, and by its estimate by more than {}: that it is worse is no chance, by how much may be",
                    self.margin
                )
            };
            return Verdict::decided(Answer::Regression, reason);
        }
        if holds && !head.is_lower_bound {
            let is_better = shift.bounds.is_some_and(|(_, high)| high < 0.0);
            let reason = if is_better {
                "better"
            } else {
                "not worse by more than"
            };
            let reason = match is_better {
                true => reason.to_owned(),
                false => format!("{reason} {}", self.margin),
            };
            return Verdict::decided(Answer::Pass, reason);
        }
        if (is_worse && base.is_lower_bound) || (holds && head.is_lower_bound) {
            let side = if is_worse { "base" } else { "head" };
            return Verdict::open(
                format!("{side}'s figure is a lower bound: waits had not ended when its runs did"),
                None,
            );
        }
        self.undecided(shift, margin, level)
    }

    fn undecided(&self, shift: Shift, margin: f64, level: Level) -> Verdict {
        let (base, head) = self.samples.lns();
        let spread = Spread::of(&base, &head);
        let runs_needed = plan_ahead::runs_needed(spread, shift.estimate, margin, level);
        let reason = if shift.bounds.is_none() {
            "so few runs bound no difference".to_owned()
        } else if shift.estimate > margin {
            "worse, but by no more than runs differ by chance".to_owned()
        } else {
            format!("it may be worse by more than {}, and may not", self.margin)
        };
        let reason = match runs_needed {
            Some(_) => reason,
            None => format!(
                "{reason}; the difference is so near the margin that no number of runs in reach decides"
            ),
        };
        Verdict::open(reason, runs_needed)
    }

    fn too_few(&self, lack: Lack) -> Verdict {
        let needed = samples_needed(self.gated.quantile);
        match lack {
            Lack::Absent { side } => {
                Verdict::open(format!("a run of {side} has no samples of it"), None)
            }
            Lack::Measured { side, measured } => Verdict::open(
                format!(
                    "a run of {side} has {measured} samples, and this percentile takes {needed}: measure longer, or more streams"
                ),
                None,
            ),
            Lack::Effective {
                side,
                effective,
                design_effect,
            } => Verdict::open(
                format!(
                    "{side} is worth {effective} independent samples, and this percentile takes {needed}: those of a second \
                     are alike (design effect {design_effect:.0}), or share their reads"
                ),
                self.runs_for(effective, needed),
            ),
        }
    }

    /// How many more runs bring as many samples as are needed, if they are like those there are.
    fn runs_for(&self, effective: u64, needed: u64) -> Option<u32> {
        let runs = self.samples.runs.0.min(self.samples.runs.1) as u64;
        let wanted = (needed * runs).checked_div(effective)? + 1;
        u32::try_from(wanted.saturating_sub(runs).max(1)).ok()
    }
}

impl Shift {
    fn of(samples: &Samples, margin: Margin, level: Level, random: &mut Pcg64Mcg) -> Self {
        let (base, head) = samples.lns();
        let by_ranks = ranks::shift(&base, &head, level.alpha);
        let margin = ln_margin(margin, samples);
        let moved: Vec<f64> = base.iter().map(|ln| ln + margin).collect();
        let drawn = bootstrap(
            samples,
            margin,
            level.alpha,
            level.alpha / level.gated as f64,
            random,
        );
        let widest = |(low, high): (f64, f64)| (low.min(drawn.bounds.0), high.max(drawn.bounds.1));
        Self {
            estimate: by_ranks.estimate,
            bounds: by_ranks.bounds.map(widest),
            p_mann_whitney: ranks::mann_whitney(&base, &head).p_greater,
            p_bootstrap: drawn.p_no_larger,
            p_within_margin: ranks::mann_whitney(&moved, &head)
                .p_greater
                .max(drawn.p_within_margin),
        }
    }
}

/// The margin as a logarithm of a ratio to what base has.
fn ln_margin(margin: Margin, samples: &Samples) -> f64 {
    let runs: Vec<f64> = samples.base.iter().map(|sample| sample.value_ns).collect();
    margin.ln_ratio(ranks::median(&runs).unwrap_or(0.0))
}

/// An answer with its reason.
struct Verdict {
    answer: Answer,
    reason: String,
    runs_needed: Option<u32>,
}

impl Verdict {
    fn decided(answer: Answer, reason: String) -> Self {
        Self {
            answer,
            reason,
            runs_needed: None,
        }
    }

    fn open(reason: String, runs_needed: Option<u32>) -> Self {
        Self {
            answer: Answer::Inconclusive,
            reason,
            runs_needed,
        }
    }
}

fn side(samples: &[Sample]) -> Side {
    let runs: Vec<f64> = samples.iter().map(|sample| sample.value_ns).collect();
    let interval = match samples {
        [only] => only.interval,
        _ => interval_of_median(&runs),
    };
    Side {
        median_ns: ranks::median(&runs).unwrap_or(0.0),
        low_ns: interval.map(|(low, _)| low),
        high_ns: interval.map(|(_, high)| high),
        is_lower_bound: samples.iter().any(|sample| sample.is_lower_bound),
        runs,
    }
}

fn interval_of_median(runs: &[f64]) -> Option<(f64, f64)> {
    let mut sorted = runs.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = ranks::quantile_ranks(runs.len() as u64, 0.5, CONFIDENCE)?;
    Some((sorted[low as usize - 1], sorted[high as usize - 1]))
}
