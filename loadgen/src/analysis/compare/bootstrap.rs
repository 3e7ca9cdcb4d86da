//! The hierarchical bootstrap: runs are drawn, and of each run drawn the seconds that it might have had.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::sample::{Sample, Samples};

/// Fewest and most samples drawn. With 1,000 a chance of 0.05 is known to 0.007; smaller ones take more, so that a few of
/// them would lie beyond the level.
const DRAWN: (f64, f64) = (1_000.0, 20_000.0);
/// How many samples would lie beyond the level.
const BEYOND_LEVEL: f64 = 5.0;

/// What the samples drawn say of the shift from base to head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bootstrap {
    /// Share of them in which head is no larger; never 0, as one more that is none would change it (Davison & Hinkley,
    /// Bootstrap Methods, 1997, 4.25).
    pub(super) p_no_larger: f64,
    /// Share of them in which it is larger by no more than the margin.
    pub(super) p_within_margin: f64,
    /// Each exceeded by `alpha` of them.
    pub(super) bounds: (f64, f64),
}

/// Draws from both sides, neither of them empty, until chances of `level` can be told. The margin is a logarithm, as the shift is.
pub(super) fn bootstrap(
    samples: &Samples,
    margin: f64,
    alpha: f64,
    level: f64,
    random: &mut Pcg64Mcg,
) -> Bootstrap {
    let drawn = (BEYOND_LEVEL / level).clamp(DRAWN.0, DRAWN.1) as usize;
    let (of_base, of_head) = (Runs::of(&samples.base), Runs::of(&samples.head));
    let (mut base, mut head, mut differences) = (Vec::new(), Vec::new(), Vec::new());
    let draw = |_| {
        of_base.redraw(&mut base, random);
        of_head.redraw(&mut head, random);
        hodges_lehmann(&base, &head, &mut differences)
    };
    let mut shifts: Vec<f64> = (0..drawn).map(draw).collect();
    shifts.sort_by(f64::total_cmp);
    let share_up_to = |most: f64| {
        let up_to = shifts.partition_point(|shift| *shift <= most);
        (up_to + 1) as f64 / (drawn + 1) as f64
    };
    let beyond = (alpha * drawn as f64) as usize;
    Bootstrap {
        p_no_larger: share_up_to(0.0),
        p_within_margin: share_up_to(margin),
        bounds: (shifts[beyond], shifts[drawn - 1 - beyond]),
    }
}

/// The runs of one side: each one's logarithm, and by how much it might have been another.
struct Runs<'samples> {
    runs: Vec<(f64, &'samples [f64])>,
    /// Of those deviations.
    scale: f64,
}

impl<'samples> Runs<'samples> {
    fn of(samples: &'samples [Sample]) -> Self {
        let runs = samples.iter();
        let runs: Vec<_> = runs
            .map(|sample| (sample.ln(), sample.deviations.as_slice()))
            .collect();
        Self {
            scale: scale(&runs),
            runs,
        }
    }

    /// As many runs as there are, with replacement, each at what it might have been.
    fn redraw(&self, into: &mut Vec<f64>, random: &mut Pcg64Mcg) {
        into.clear();
        for _ in &self.runs {
            let (ln, deviations) = self.runs[random.random_range(0..self.runs.len())];
            let deviation = deviations[random.random_range(0..deviations.len())];
            into.push(ln + self.scale * deviation);
        }
    }
}

/// What the deviations inside runs are to be multiplied by. Runs differ by them already, so to draw them as they are counts
/// them twice; not to draw them leaves out the n-th part of the variance, as the mean is the runs' own, and believes runs
/// that are alike by chance. With them the variance is what the runs have, without bias, and never less than what the seconds
/// say that it must be.
fn scale(runs: &[(f64, &[f64])]) -> f64 {
    let n = runs.len() as f64;
    let mean = runs.iter().map(|(ln, _)| ln).sum::<f64>() / n;
    let drawn = runs.iter().map(|(ln, _)| (ln - mean).powi(2)).sum::<f64>() / n;
    let squares = |deviations: &[f64]| -> f64 {
        let squares = deviations.iter().map(|deviation| deviation.powi(2));
        squares.sum::<f64>() / deviations.len() as f64
    };
    let within = runs.iter().map(|(_, of)| squares(of)).sum::<f64>() / n;
    if within == 0.0 {
        return 0.0;
    }
    let unbiased = if runs.len() < 2 {
        0.0
    } else {
        drawn * n / (n - 1.0)
    };
    ((unbiased.max(within) - drawn) / within).sqrt()
}

/// The median of all differences, with room for them.
fn hodges_lehmann(base: &[f64], head: &[f64], differences: &mut Vec<f64>) -> f64 {
    differences.clear();
    for head in head {
        for base in base {
            differences.push(head - base);
        }
    }
    let (middle, is_odd) = (differences.len() / 2, differences.len() % 2 == 1);
    let (lower, upper, _) = differences.select_nth_unstable_by(middle, f64::total_cmp);
    if is_odd {
        return *upper;
    }
    let below = lower.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    f64::midpoint(below, *upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_drawn_with_the_variance_that_they_have() {
        let deviations = [0.1, -0.1];
        let variance = |lns: [f64; 4]| {
            let runs = lns.map(|ln| (ln, deviations.as_slice()));
            let mean = lns.iter().sum::<f64>() / 4.0;
            let drawn = lns.iter().map(|ln| (ln - mean).powi(2)).sum::<f64>() / 4.0;
            drawn + (scale(&runs) * 0.1).powi(2)
        };
        // Squares around the mean, -0.05, sum to 0.11: a third of that.
        assert!((variance([0.1, 0.1, -0.1, -0.3]) - 0.11 / 3.0).abs() < 1e-12);
        // Runs that are more alike than their seconds let them be.
        assert!((variance([0.0; 4]) - 0.01).abs() < 1e-12);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_two() {
        let median = |base: &[f64], head: &[f64]| hodges_lehmann(base, head, &mut Vec::new());
        assert_eq!(median(&[0.0, 1.0], &[5.0, 7.0]), 5.5);
        assert_eq!(median(&[0.0], &[5.0, 7.0, 6.0]), 6.0);
    }
}
