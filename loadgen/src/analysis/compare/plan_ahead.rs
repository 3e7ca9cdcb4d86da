//! How many more runs would decide.

use super::multiplicity::Level;
use super::statistics::{normal, ranks};

/// How likely they are to.
const POWER: f64 = 0.8;
/// More runs of a side than this are not worth naming.
const RUNS_MAX: usize = 500;
/// Runs that ranks need for what a mean needs 3 of, times pi: their efficiency where runs vary normally (Hodges & Lehmann,
/// 1956).
const EFFICIENCY: f64 = 3.0 / std::f64::consts::PI;

/// How runs vary.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    /// Runs of each side.
    runs: (usize, usize),
    /// The standard deviation inside a side; `None` of one run each.
    deviation: Option<f64>,
}

impl Spread {
    pub(super) fn of(base: &[f64], head: &[f64]) -> Self {
        let freedom = base.len() + head.len() - 2;
        let squares = squares(base) + squares(head);
        Self {
            runs: (base.len(), head.len()),
            deviation: (freedom > 0).then(|| (squares / freedom as f64).sqrt()),
        }
    }
}

/// Around their mean.
fn squares(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

/// The fewest further runs of each side with which an answer is likely, if the sides differ by `estimate` and vary as they
/// did: a regression, if that is above the margin, else a pass. Of a single run each it is how many can give one at all.
pub(super) fn runs_needed(spread: Spread, estimate: f64, margin: f64, level: Level) -> Option<u32> {
    let alpha = level.alpha_last;
    let (alpha, distance) = if estimate > margin {
        (alpha / level.gated as f64, estimate)
    } else {
        (alpha, margin - estimate)
    };
    let deviations = normal::deviations(alpha) + normal::deviations(1.0 - POWER);
    let suffice = |&more: &usize| {
        let (base, head) = (spread.runs.0 + more, spread.runs.1 + more);
        let error = spread.deviation.map_or(0.0, |deviation| {
            deviation * ((1.0 / base as f64 + 1.0 / head as f64) / EFFICIENCY).sqrt()
        });
        ranks::smallest_p(base, head) <= alpha && distance >= deviations * error
    };
    let more = (1..=RUNS_MAX).find(suffice)?;
    u32::try_from(more).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVEL: Level = Level {
        alpha: 0.05,
        alpha_last: 0.05,
        gated: 3,
    };

    #[test]
    fn of_single_runs_it_is_what_ranks_need() {
        // C(6, 3) is 20: three a side can pass. C(8, 4) is 70, 3/70 is below 0.05: four can show a regression.
        let single = Spread::of(&[1.0], &[1.0]);
        assert_eq!(runs_needed(single, 0.0, 0.1, LEVEL), Some(2));
        assert_eq!(runs_needed(single, 0.2, 0.1, LEVEL), Some(3));
    }

    #[test]
    fn noise_takes_runs_with_its_square() {
        let needed = |deviation: f64| {
            let side: Vec<f64> = [-1.0, 1.0, -1.0, 1.0].map(|sign| sign * deviation).to_vec();
            4 + runs_needed(Spread::of(&side, &side), 0.0, 0.1, LEVEL).unwrap()
        };
        let (quiet, loud) = (needed(0.1), needed(0.2));
        assert!((12..=18).contains(&quiet), "{quiet}");
        assert!(
            (loud as i64 - 4 * quiet as i64).abs() <= 4,
            "{quiet} {loud}"
        );
    }

    #[test]
    fn at_the_margin_no_number_of_runs_decides() {
        let side = [0.1, -0.1, 0.1, -0.1];
        assert_eq!(runs_needed(Spread::of(&side, &side), 0.1, 0.1, LEVEL), None);
    }
}
