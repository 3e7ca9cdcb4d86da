//! The gate: whether one side's runs are worse than the other's.
//!
//! The run is the sample. What is held against each other is the logarithm of each run's percentile; the seconds inside a
//! run only say how surely it is known. The statistics and their sources: `docs/gate.md`.

mod bootstrap;
mod carried;
mod comparison;
mod delivered;
mod losses;
mod metric;
mod multiplicity;
mod options;
mod plan_ahead;
mod sample;
mod seconds;
mod sides;
pub mod simulated;
mod statistics;

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

pub use comparison::{
    Answer, Comparison, DeliveredComparison, LossComparison, MetricComparison, SCHEMA, Side,
};
pub use delivered::DeliveredKind;
pub use losses::LossKind;
pub use options::{Gated, Look, Margin, OptionError, Options, Runs};
pub use sides::{Difference, DifferenceError, Incomparable};

use self::metric::Evidence;
use self::multiplicity::Level;
use self::sample::Samples;
use crate::report::Report;

/// Holds `head` against `base`.
///
/// # Errors
/// When their figures do not say the same thing; the error says what differs.
pub fn compare(
    base: &[Report],
    head: &[Report],
    options: &Options,
) -> Result<Comparison, Incomparable> {
    let runs = sides::runs(base, head, &options.files);
    sides::check(&runs, options)?;
    let mut random = Pcg64Mcg::seed_from_u64(options.seed);
    let mut of = |gated: Gated| Samples::of(base, head, gated, &mut random);
    let (gated, mut remarks) = if options.metrics.is_empty() {
        carried::gated(base, head, &mut of)
    } else {
        let named = options.metrics.iter();
        (named.map(|&gated| (gated, of(gated))).collect(), Vec::new())
    };
    let alpha = multiplicity::alpha_of(options.look, options.alpha);
    let gated = AllGated {
        percentiles: gated,
        delivered: delivered::found(base, head, alpha),
        losses: losses::found(base, head, options.remade),
    };
    let level = gated.level(options);
    let mut judged = gated.judge(options, level, &mut random);
    let mut doubts = sides::doubts(&runs);
    if let Some(order) = sides::out_of_turn(&runs) {
        judged.leave_open(&order);
        doubts.push(order);
    }
    let invalid = sides::invalid(&runs);
    let answer = match (invalid.is_empty(), doubts.is_empty()) {
        (false, _) => Answer::Invalid,
        (true, false) => judged.answer().max(Answer::Inconclusive),
        (true, true) => judged.answer(),
    };
    doubts.splice(..0, invalid);
    remarks.extend(sides::all(&runs));
    let Judged {
        metrics,
        delivered,
        losses,
    } = judged;
    let count = |reports: &[Report]| u32::try_from(reports.len()).unwrap_or(u32::MAX);
    Ok(Comparison {
        schema: SCHEMA,
        answer,
        runs: Runs {
            base: count(base),
            head: count(head),
        },
        remade: options.remade,
        alpha: options.alpha,
        look: options.look,
        alpha_of_look: level.alpha,
        confidence: 1.0 - 2.0 * level.alpha,
        seed: options.seed,
        metrics,
        delivered,
        losses,
        doubts,
        remarks,
    })
}

/// All that is gated, which shares what chance of a false alarm there is.
#[derive(Default)]
struct AllGated {
    percentiles: Vec<(Gated, Samples)>,
    delivered: Vec<delivered::Evidence>,
    losses: Vec<losses::Evidence>,
}

impl AllGated {
    fn level(&self, options: &Options) -> Level {
        let Options { look, alpha, .. } = *options;
        let last = Look {
            number: look.of,
            ..look
        };
        let gated = self.percentiles.len() + self.delivered.len() + self.losses.len();
        Level {
            alpha: multiplicity::alpha_of(look, alpha),
            alpha_last: multiplicity::alpha_of(last, alpha),
            gated: gated.max(1),
        }
    }

    fn judge(self, options: &Options, level: Level, random: &mut Pcg64Mcg) -> Judged {
        let evidence =
            |(gated, samples)| Evidence::of(gated, options.margin(gated), samples, level, random);
        let percentiles: Vec<Evidence> = self.percentiles.into_iter().map(evidence).collect();
        let of_percentiles = percentiles.iter().map(Evidence::p);
        let of_delivered = self.delivered.iter().map(delivered::Evidence::p);
        let of_losses = self.losses.iter().map(losses::Evidence::p);
        let chances: Vec<f64> = of_percentiles
            .chain(of_delivered)
            .chain(of_losses)
            .collect();
        let mut adjusted = multiplicity::holm(&chances).into_iter();
        let metrics = percentiles.into_iter().zip(adjusted.by_ref());
        Judged {
            metrics: metrics
                .map(|(evidence, p_holm)| evidence.judge(p_holm, level))
                .collect(),
            delivered: delivered::judge(self.delivered, adjusted.by_ref(), level),
            losses: losses::judge(self.losses, adjusted, level),
        }
    }
}

/// All that was judged.
struct Judged {
    metrics: Vec<MetricComparison>,
    delivered: Vec<DeliveredComparison>,
    losses: Vec<LossComparison>,
}

impl Judged {
    /// Of what a machine changes that drifts, nothing is decided.
    fn leave_open(&mut self, why: &str) {
        self.metrics
            .iter_mut()
            .for_each(|found| found.leave_open(why));
        self.delivered
            .iter_mut()
            .for_each(|found| found.leave_open(why));
    }

    /// The worst of all; without a percentile to go by nothing passes.
    fn answer(&self) -> Answer {
        let of_metrics = self.metrics.iter().map(|found| found.answer).max();
        let of_delivered = self.delivered.iter().map(|found| found.answer);
        let of_losses = self.losses.iter().map(|found| found.answer);
        of_delivered
            .chain(of_losses)
            .fold(of_metrics.unwrap_or(Answer::Inconclusive), Answer::max)
    }
}

#[cfg(test)]
mod tests;
