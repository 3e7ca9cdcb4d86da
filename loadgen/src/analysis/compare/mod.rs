//! The gate: whether one side's runs are worse than the other's.
//!
//! The run is the sample. What is held against each other is the logarithm of each run's percentile; the seconds inside a
//! run only say how surely it is known.

mod comparable;
mod comparison;
mod loss;
mod options;

pub use comparable::Incomparable;
pub use comparison::{Answer, Comparison, LossComparison, MetricComparison, Runs, SCHEMA, Side};
pub use loss::LossKind;
pub use options::{Gated, Look, Margin, OptionError, Options};

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
    comparable::check(base, head, options)?;
    let count = |reports: &[Report]| u32::try_from(reports.len()).unwrap_or(u32::MAX);
    Ok(Comparison {
        schema: SCHEMA,
        answer: Answer::Inconclusive,
        runs: Runs {
            base: count(base),
            head: count(head),
        },
        alpha: options.alpha,
        look: options.look,
        alpha_of_look: options.alpha,
        confidence: 1.0 - 2.0 * options.alpha,
        seed: options.seed,
        metrics: Vec::new(),
        losses: Vec::new(),
        remarks: Vec::new(),
    })
}
