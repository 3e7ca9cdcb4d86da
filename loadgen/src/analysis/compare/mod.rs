//! The gate: whether one side's runs are worse than the other's.
//!
//! The run is the sample. What is held against each other is the logarithm of each run's percentile; the seconds inside a
//! run only say how surely it is known. The statistics and their sources: `docs/gate.md`.

mod bootstrap;
mod comparison;
mod loss;
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

pub use comparison::{Answer, Comparison, LossComparison, MetricComparison, Runs, SCHEMA, Side};
pub use loss::LossKind;
pub use options::{Gated, Look, Margin, OptionError, Options};
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
        defaults(&mut of)
    } else {
        let named = options.metrics.iter();
        (named.map(|&gated| (gated, of(gated))).collect(), Vec::new())
    };
    let level = level(options, gated.len());
    let mut metrics = judge(gated, options, level, &mut random);
    let losses = losses::judge(base, head, level);
    let mut doubts = sides::doubts(&runs);
    if let Some(order) = sides::out_of_turn(&runs) {
        metrics
            .iter_mut()
            .for_each(|metric| metric.leave_open(&order));
        doubts.push(order);
    }
    let invalid = sides::invalid(&runs);
    let answer = match (invalid.is_empty(), doubts.is_empty()) {
        (false, _) => Answer::Invalid,
        (true, false) => overall(&metrics, &losses).max(Answer::Inconclusive),
        (true, true) => overall(&metrics, &losses),
    };
    doubts.splice(..0, invalid);
    remarks.extend(sides::all(&runs));
    let count = |reports: &[Report]| u32::try_from(reports.len()).unwrap_or(u32::MAX);
    Ok(Comparison {
        schema: SCHEMA,
        answer,
        runs: Runs {
            base: count(base),
            head: count(head),
        },
        alpha: options.alpha,
        look: options.look,
        alpha_of_look: level.alpha,
        confidence: 1.0 - 2.0 * level.alpha,
        seed: options.seed,
        metrics,
        losses,
        doubts,
        remarks,
    })
}

/// What is gated if nothing is said: what either side has the samples for, and a remark for what neither has.
fn defaults(samples: &mut impl FnMut(Gated) -> Samples) -> (Vec<(Gated, Samples)>, Vec<String>) {
    let all = Gated::DEFAULTS.map(|gated| (gated, samples(gated)));
    let (gated, left_out): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|(gated, samples)| samples.either_has_enough(gated.quantile));
    let remarks = left_out.into_iter().map(|(gated, _)| {
        format!("{gated} is not gated: on either side a run has too few samples of it, or none")
    });
    (gated, remarks.collect())
}

fn level(options: &Options, metrics: usize) -> Level {
    let Options { look, alpha, .. } = *options;
    let last = Look {
        number: look.of,
        ..look
    };
    Level {
        alpha: multiplicity::alpha_of(look, alpha),
        alpha_last: multiplicity::alpha_of(last, alpha),
        metrics: metrics.max(1),
    }
}

/// Judges percentiles together, since they share what chance of a false alarm there is.
fn judge(
    gated: Vec<(Gated, Samples)>,
    options: &Options,
    level: Level,
    random: &mut Pcg64Mcg,
) -> Vec<MetricComparison> {
    let evidence =
        |(gated, samples)| Evidence::of(gated, options.margin(gated), samples, level, random);
    let evidence: Vec<Evidence> = gated.into_iter().map(evidence).collect();
    let chances: Vec<f64> = evidence.iter().map(Evidence::p).collect();
    let adjusted = multiplicity::holm(&chances);
    let judged = evidence.into_iter().zip(adjusted);
    judged
        .map(|(evidence, p_holm)| evidence.judge(p_holm, level))
        .collect()
}

/// The worst of all; without a percentile to go by nothing passes.
fn overall(metrics: &[MetricComparison], losses: &[LossComparison]) -> Answer {
    let of_metrics = metrics.iter().map(|metric| metric.answer).max();
    let of_losses = losses.iter().map(|loss| loss.answer).max();
    of_metrics
        .unwrap_or(Answer::Inconclusive)
        .max(of_losses.unwrap_or(Answer::Pass))
}

#[cfg(test)]
mod tests;
