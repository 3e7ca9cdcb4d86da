//! The hierarchical bootstrap: runs are drawn, and of each run drawn the seconds that it might have had.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::ranks;
use super::sample::{Sample, Samples};

/// Fewest and most samples drawn. With 2,000 a chance of 0.05 is known to 0.005; smaller ones take more, so that a few of
/// them would lie beyond the level.
const DRAWN: (f64, f64) = (2_000.0, 20_000.0);
/// How many samples would lie beyond the level.
const BEYOND_LEVEL: f64 = 5.0;

/// What the samples drawn say of the shift from base to head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bootstrap {
    /// Share of them in which head is no larger; never 0, as one more that is none would change it (Davison & Hinkley,
    /// Bootstrap Methods, 1997, 4.25).
    pub(super) p_no_larger: f64,
    /// Each exceeded by `alpha` of them.
    pub(super) bounds: (f64, f64),
}

/// Draws from both sides, neither of them empty, until chances of `level` can be told.
pub(super) fn bootstrap(
    samples: &Samples,
    alpha: f64,
    level: f64,
    random: &mut Pcg64Mcg,
) -> Bootstrap {
    let drawn = (BEYOND_LEVEL / level).clamp(DRAWN.0, DRAWN.1) as usize;
    let (mut base, mut head) = (Vec::new(), Vec::new());
    let draw = |_| {
        redraw(&samples.base, &mut base, random);
        redraw(&samples.head, &mut head, random);
        hodges_lehmann(&base, &head)
    };
    let mut shifts: Vec<f64> = (0..drawn).map(draw).collect();
    shifts.sort_by(f64::total_cmp);
    let no_larger = shifts.partition_point(|shift| *shift <= 0.0);
    let beyond = (alpha * drawn as f64) as usize;
    Bootstrap {
        p_no_larger: (no_larger + 1) as f64 / (drawn + 1) as f64,
        bounds: (shifts[beyond], shifts[drawn - 1 - beyond]),
    }
}

/// As many runs as there are, with replacement, each at what it might have been.
fn redraw(samples: &[Sample], into: &mut Vec<f64>, random: &mut Pcg64Mcg) {
    into.clear();
    for _ in samples {
        let sample = &samples[random.random_range(0..samples.len())];
        let deviation = sample.deviations[random.random_range(0..sample.deviations.len())];
        into.push(sample.ln() + deviation);
    }
}

fn hodges_lehmann(base: &[f64], head: &[f64]) -> f64 {
    let mut differences = ranks::differences(base, head);
    let (middle, is_odd) = (differences.len() / 2, differences.len() % 2 == 1);
    let (lower, upper, _) = differences.select_nth_unstable_by(middle, f64::total_cmp);
    if is_odd {
        return *upper;
    }
    let below = lower.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    f64::midpoint(below, *upper)
}
