//! Runs whose sides are known to differ by so much, or not at all: what the gate is held to.

mod trouble;

use std::sync::LazyLock;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::Serialize;

pub use self::trouble::Trouble;
use super::sample::{Sample, Samples};
use super::seconds::Seconds;
use super::statistics::normal;
use super::{AllGated, Answer, Gated, Look, Margin, Options};
use crate::measure::Metric;

/// How runs of the same thing differ. Each percentile differs alone: what all have in common makes false alarms rarer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Noise {
    /// Standard deviation of a run's level, in logarithms.
    pub between_runs: f64,
    /// Standard deviation of a second's level around its run's, in logarithms.
    pub within_run: f64,
    /// How much of that is still there a second later.
    pub autocorrelation: f64,
    /// Share of runs that something else on the machine disturbed.
    pub disturbed: f64,
    /// By how much that raises their level, in logarithms.
    pub disturbance: f64,
}

/// A comparison of simulated runs, of the default percentiles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Case {
    /// How runs vary.
    pub noise: Noise,
    /// Head's gaps over base's; all else is the same on both sides.
    pub ratio: f64,
    /// How much worse is no regression.
    pub margin: Margin,
    /// Runs of each side, at the end.
    pub runs: u32,
    /// At how many times it is looked, each with two runs more a side: 1 is at the end only.
    pub looks: u32,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The first answer that is not inconclusive, or the last.
    pub answer: Answer,
    /// Runs of each side until then.
    pub runs: u32,
}

/// Of a run.
const SECONDS: usize = 5;
/// In each of them: together more than a 99th percentile takes, and few enough that it is uncertain by itself, by 3 %.
const EVENTS: usize = 200;
/// Of a second's latencies around its level, in logarithms: their 99th percentile is then 1.8 times the median.
const SPREAD: f64 = 0.25;
/// The median latency: a tenth of it is more than the absolute margin.
const MEDIAN_NS: f64 = 5e6;
/// The steps that a second's latencies lie apart, in logarithms: coarser than those of reports, and finer than any margin.
const STEP: f64 = 0.02;

impl Case {
    /// Simulates it once.
    #[must_use]
    pub fn compare(self, seed: u64) -> Found {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut samples = Gated::DEFAULTS.map(|_| Samples::default());
        let mut found = Found {
            answer: Answer::Inconclusive,
            runs: 0,
        };
        for number in 1..=self.looks {
            found.runs = self.runs - 2 * (self.looks - number);
            for (gated, samples) in Gated::DEFAULTS.into_iter().zip(&mut samples) {
                self.run_until(found.runs as usize, gated, samples, &mut random);
            }
            let look = Look {
                number,
                of: self.looks,
            };
            found.answer = self.judge(&samples, look, &mut random);
            if found.answer != Answer::Inconclusive {
                break;
            }
        }
        found
    }

    fn judge(self, samples: &[Samples], look: Look, random: &mut Pcg64Mcg) -> Answer {
        let margins = Gated::DEFAULTS.map(|gated| (gated, self.margin));
        let options = Options {
            margins: margins.to_vec(),
            look,
            ..Options::default()
        };
        let gated: Vec<_> = Gated::DEFAULTS
            .into_iter()
            .zip(samples.iter().cloned())
            .collect();
        let gated = AllGated {
            percentiles: gated,
            ..AllGated::default()
        };
        let level = gated.level(&options);
        gated.judge(&options, level, random).answer()
    }

    fn run_until(self, runs: usize, gated: Gated, samples: &mut Samples, random: &mut Pcg64Mcg) {
        let Samples {
            runs: made,
            base,
            head,
        } = samples;
        let planted = if gated.metric == Metric::Gap {
            self.ratio
        } else {
            1.0
        };
        for (side, ratio) in [(base, 1.0), (head, planted)] {
            while side.len() < runs {
                side.push(self.noise.run(ratio, gated.quantile, random));
            }
        }
        *made = (runs, runs);
    }
}

impl Noise {
    /// By how much the logarithm of a percentile differs from run to run: the standard deviation of so many.
    #[must_use]
    pub fn deviation(self, quantile: f64, runs: u32) -> f64 {
        let mut random = Pcg64Mcg::seed_from_u64(0);
        let lns: Vec<f64> = (0..runs)
            .map(|_| self.run(1.0, quantile, &mut random).ln())
            .collect();
        let mean = lns.iter().sum::<f64>() / lns.len() as f64;
        let squares: f64 = lns.iter().map(|ln| (ln - mean).powi(2)).sum();
        (squares / (lns.len() - 1) as f64).sqrt()
    }

    /// One run's percentile, taken from seconds as those of a report are.
    fn run(self, ratio: f64, quantile: f64, random: &mut Pcg64Mcg) -> Sample {
        let is_disturbed = random.random_bool(self.disturbed);
        let disturbance = if is_disturbed { self.disturbance } else { 0.0 };
        let run = self.between_runs * gauss(random) + disturbance + ratio.ln();
        let mut second = gauss(random);
        let fresh = (1.0 - self.autocorrelation.powi(2)).sqrt();
        let mut recorded = Vec::with_capacity(SECONDS);
        for _ in 0..SECONDS {
            let level = run + self.within_run * second;
            recorded.push(latencies(level, EVENTS, random));
            second = self.autocorrelation * second + fresh * gauss(random);
        }
        Sample::of_seconds(&Seconds::new(&recorded), quantile, random)
    }
}

/// What a second recorded: log-normal around its level.
fn latencies(level: f64, events: usize, random: &mut Pcg64Mcg) -> Vec<(u64, u64)> {
    let mut counts = [0; OFFSETS];
    for _ in 0..events {
        counts[EVENTS_TABLE[random.random_range(0..EVENTS_TABLE.len())]] += 1;
    }
    let recorded = counts
        .into_iter()
        .enumerate()
        .filter(|(_, count)| *count > 0);
    let value = |offset: usize| {
        let ln = level + (offset as f64 - MIDDLE) * STEP;
        (MEDIAN_NS * ln.exp()) as u64
    };
    recorded
        .map(|(offset, count)| (value(offset), count))
        .collect()
}

/// How many steps an event can lie from the lowest, and where the median does.
const OFFSETS: usize = 129;
const MIDDLE: f64 = 64.0;

/// Every event is as likely to be one of these: steps from the lowest, as many as are normally distributed to four deviations.
static EVENTS_TABLE: LazyLock<Vec<usize>> = LazyLock::new(|| {
    const LENGTH: u32 = 16_384;
    let offset = |place: u32| {
        let above = (f64::from(place) + 0.5) / f64::from(LENGTH);
        (normal::deviations(above) * SPREAD / STEP + MIDDLE).round() as usize
    };
    (0..LENGTH).map(offset).collect()
});

/// Normally distributed, around 0 with a standard deviation of 1 (Box & Muller, 1958).
fn gauss(random: &mut Pcg64Mcg) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What gap.p99 showed in repeated runs on a busy machine of two cores is about twice this.
    const NOISE: Noise = Noise {
        between_runs: 0.05,
        within_run: 0.1,
        autocorrelation: 0.3,
        disturbed: 0.0,
        disturbance: 0.0,
    };
    const NO_MARGIN: Margin = Margin {
        relative: 0.0,
        absolute_ns: 0,
    };
    const COMPARISONS: u64 = 200;

    /// How many of the comparisons call it a regression.
    fn regressions(case: Case) -> u64 {
        let answers = (0..COMPARISONS).map(|seed| case.compare(seed).answer);
        answers
            .filter(|answer| *answer == Answer::Regression)
            .count() as u64
    }

    #[test]
    fn two_sides_that_are_the_same_are_called_so_but_for_one_in_twenty() {
        let same = Case {
            noise: NOISE,
            ratio: 1.0,
            margin: NO_MARGIN,
            runs: 6,
            looks: 1,
        };
        assert!(regressions(same) <= COMPARISONS / 20);
    }

    #[test]
    fn looking_again_and_again_does_not_change_that() {
        let same = Case {
            noise: NOISE,
            ratio: 1.0,
            margin: NO_MARGIN,
            runs: 6,
            looks: 2,
        };
        assert!(regressions(same) <= COMPARISONS / 20);
    }

    #[test]
    fn a_fifth_more_is_found_in_eight_runs_a_side() {
        let worse = Case {
            noise: NOISE,
            ratio: 1.2,
            margin: Margin::DEFAULT,
            runs: 8,
            looks: 1,
        };
        assert!(regressions(worse) >= COMPARISONS * 8 / 10);
    }
}
