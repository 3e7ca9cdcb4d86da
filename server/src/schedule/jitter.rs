//! What of a schedule is drawn rather than fixed: the length of gaps, and stalls. Each stream has its draws from a generator of its
//! own, in the order of its events, so that its due instants are as fixed in advance as those of a fixed pace.

use std::f64::consts::TAU;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use weir_time::exponential;

/// How a schedule strays from its fixed pace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Jitter {
    gaps: Gaps,
    stall: Stall,
    seed: u64,
}

impl Jitter {
    /// None where nothing is to be drawn.
    pub(crate) fn new(gaps: Gaps, stall: Stall, seed: u64) -> Option<Self> {
        let fixed = gaps == Gaps::Fixed && stall.is_never();
        (!fixed).then_some(Self { gaps, stall, seed })
    }

    /// The draws of the stream that is number `ordinal` of its server, the same ones for the same seed. Streams do not
    /// share them, or what a thousand streams show would rest on a single sequence.
    pub(crate) fn draws(self, ordinal: u64) -> Draws {
        Draws {
            gaps: self.gaps,
            stall: self.stall,
            random: generator(self.seed, ordinal),
        }
    }
}

/// Of the stream that is number `ordinal` of its server: unlike that of any other ordinal or seed.
pub(crate) fn generator(seed: u64, ordinal: u64) -> Pcg64Mcg {
    // Ordinals count on from a point that is far from that of any other seed, and `seed_from_u64` takes neighbours
    // apart.
    let origin: u64 = Pcg64Mcg::seed_from_u64(seed).random();
    Pcg64Mcg::seed_from_u64(origin.wrapping_add(ordinal))
}

/// How gaps are spread about their mean, which is the gap of the fixed pace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Gaps {
    /// Not at all.
    Fixed,
    /// As between the events of a Poisson process: exponentially.
    Poisson,
    /// Log-normally: a few are much longer than the others.
    Lognormal {
        /// Standard deviation of a gap's logarithm.
        sigma: f64,
    },
}

impl Gaps {
    /// Log-normal gaps whose standard deviation is `cv` times their mean.
    pub(crate) fn lognormal(cv: f64) -> Self {
        Self::Lognormal {
            sigma: (cv * cv).ln_1p().sqrt(),
        }
    }

    fn draw_ns(self, mean_ns: u64, random: &mut Pcg64Mcg) -> u64 {
        let share = match self {
            Self::Fixed => return mean_ns,
            Self::Poisson => exponential(random.random()),
            // The mean of a log-normal variable is exp(mu + sigma^2 / 2).
            Self::Lognormal { sigma } => (sigma * normal(random) - sigma * sigma / 2.0).exp(),
        };
        // Cut off instead, gaps would be half a nanosecond short on average: drift, at a million events a second.
        (mean_ns as f64 * share).round() as u64
    }
}

/// How often a schedule stalls, and for how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stall {
    /// Of a million gaps, so many are longer.
    pub(crate) per_million: u32,
    /// By this.
    pub(crate) length_ns: u64,
}

impl Stall {
    /// No gap is longer than it was drawn.
    pub(crate) const NEVER: Self = Self {
        per_million: 0,
        length_ns: 0,
    };

    /// Whether it makes no difference.
    pub(crate) fn is_never(self) -> bool {
        self.per_million == 0 || self.length_ns == 0
    }

    /// Takes as much from `random` whatever the probability is, so that the gaps beside it stay the same.
    fn draw_ns(self, random: &mut Pcg64Mcg) -> u64 {
        if random.random_range(0..1_000_000) < self.per_million {
            self.length_ns
        } else {
            0
        }
    }
}

/// The draws of one stream.
#[derive(Debug)]
pub(crate) struct Draws {
    gaps: Gaps,
    stall: Stall,
    random: Pcg64Mcg,
}

impl Draws {
    /// From the instant at which a batch is due to that of the next, where the fixed pace has `fixed_ns`. Nothing is drawn
    /// for what the fixed pace has due together: neither a gap nor a stall.
    pub(crate) fn gap_ns(&mut self, fixed_ns: u64) -> u64 {
        if fixed_ns == 0 {
            return 0;
        }
        let paced_ns = self.gaps.draw_ns(fixed_ns, &mut self.random);
        paced_ns.saturating_add(self.stall.draw_ns(&mut self.random))
    }
}

/// Numbers the streams that have draws, on whichever core of a server they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ordinals(Arc<AtomicU64>);

impl Ordinals {
    /// The next one, from 0.
    pub(crate) fn take(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    /// The one that is taken next.
    pub(crate) fn next(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Of mean 0 and standard deviation 1 (Box and Muller, 1958).
fn normal(random: &mut Pcg64Mcg) -> f64 {
    let radius = (2.0 * exponential(random.random())).sqrt();
    radius * (TAU * random.random::<f64>()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEAN_NS: u64 = 1_000_000;
    const DRAWS: usize = 100_000;

    fn gaps_ns(gaps: Gaps, stall: Stall, seed: u64, ordinal: u64) -> impl Iterator<Item = u64> {
        let jitter = Jitter::new(gaps, stall, seed).unwrap();
        let mut draws = jitter.draws(ordinal);
        std::iter::repeat_with(move || draws.gap_ns(MEAN_NS))
    }

    /// The mean in units of the mean asked for, and the coefficient of variation.
    fn mean_and_cv(gaps_ns: &[u64]) -> (f64, f64) {
        let shares: Vec<f64> = gaps_ns
            .iter()
            .map(|&gap_ns| gap_ns as f64 / MEAN_NS as f64)
            .collect();
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        let squares: f64 = shares.iter().map(|share| (share - mean).powi(2)).sum();
        (mean, (squares / shares.len() as f64).sqrt() / mean)
    }

    #[track_caller]
    fn assert_near(actual: f64, expected: f64, tolerance: f64) {
        let off = (actual / expected - 1.0).abs();
        assert!(off < tolerance, "{actual} for {expected}");
    }

    #[test]
    fn gaps_have_the_mean_of_the_fixed_pace_and_the_spread_asked_for() {
        for (gaps, cv) in [
            (Gaps::Poisson, 1.0),
            (Gaps::lognormal(0.01), 0.01),
            (Gaps::lognormal(0.5), 0.5),
            (Gaps::lognormal(2.0), 2.0),
        ] {
            let drawn: Vec<u64> = gaps_ns(gaps, Stall::NEVER, 0, 0).take(DRAWS).collect();
            let (mean, drawn_cv) = mean_and_cv(&drawn);
            assert_near(mean, 1.0, 0.03);
            // The tail of the widest is hardly in a sample of this size.
            assert_near(drawn_cv, cv, 0.1);
        }
    }

    /// Unlike other distributions of the same mean and spread.
    #[test]
    fn gaps_are_exponential_or_log_normal() {
        let shares = |gaps, at_most_ns: u64| {
            let drawn = gaps_ns(gaps, Stall::NEVER, 0, 0).take(DRAWS);
            drawn.filter(|&gap_ns| gap_ns <= at_most_ns).count() as f64 / DRAWS as f64
        };
        assert_near(shares(Gaps::Poisson, MEAN_NS), 1.0 - (-1.0f64).exp(), 0.02);
        // The median of a log-normal variable is its mean over the root of 1 + cv^2.
        let median_ns = (MEAN_NS as f64 / 5.0f64.sqrt()) as u64;
        assert_near(shares(Gaps::lognormal(2.0), median_ns), 0.5, 0.02);
    }

    #[test]
    fn a_short_mean_is_not_lost_in_rounding() {
        let jitter = Jitter::new(Gaps::Poisson, Stall::NEVER, 0).unwrap();
        let mut draws = jitter.draws(0);
        let total_ns: u64 = (0..DRAWS).map(|_| draws.gap_ns(10)).sum();
        assert_near(total_ns as f64 / DRAWS as f64, 10.0, 0.02);
    }

    #[test]
    fn stalls_are_as_many_and_as_long_as_asked_for() {
        let stall = Stall {
            per_million: 250_000,
            length_ns: 7,
        };
        let gaps: Vec<u64> = gaps_ns(Gaps::Fixed, stall, 0, 0).take(DRAWS).collect();
        let stalled = gaps.iter().filter(|&&gap_ns| gap_ns == MEAN_NS + 7).count();
        let others = gaps.iter().filter(|&&gap_ns| gap_ns == MEAN_NS).count();
        assert_eq!(stalled + others, DRAWS);
        assert_near(stalled as f64 / DRAWS as f64, 0.25, 0.03);
    }

    #[test]
    fn a_stall_of_probability_1_is_in_every_gap_and_leaves_the_rest_as_it_was() {
        let always = Stall {
            per_million: 1_000_000,
            length_ns: 7,
        };
        let stalled = gaps_ns(Gaps::Poisson, always, 3, 5);
        let plain = gaps_ns(Gaps::Poisson, Stall::NEVER, 3, 5);
        assert!(
            stalled
                .take(100)
                .eq(plain.map(|gap_ns| gap_ns + 7).take(100))
        );
    }

    #[test]
    fn what_is_due_together_stays_together_and_draws_nothing() {
        let always = Stall {
            per_million: 1_000_000,
            length_ns: 7,
        };
        let jitter = Jitter::new(Gaps::Poisson, always, 3).unwrap();
        let (mut draws, mut others) = (jitter.draws(5), jitter.draws(5));
        assert_eq!([draws.gap_ns(0), draws.gap_ns(0)], [0, 0]);
        assert_eq!(draws.gap_ns(MEAN_NS), others.gap_ns(MEAN_NS));
    }

    #[test]
    fn nothing_is_drawn_for_a_fixed_pace_without_stalls() {
        let without_length = Stall {
            per_million: 1_000_000,
            length_ns: 0,
        };
        let without_probability = Stall {
            per_million: 0,
            length_ns: 7,
        };
        for stall in [Stall::NEVER, without_length, without_probability] {
            assert!(Jitter::new(Gaps::Fixed, stall, 0).is_none());
            assert!(Jitter::new(Gaps::Poisson, stall, 0).is_some());
        }
    }

    #[test]
    fn seed_and_ordinal_decide_the_draws() {
        let of = |seed, ordinal| -> Vec<u64> {
            let gaps = gaps_ns(Gaps::Poisson, Stall::NEVER, seed, ordinal);
            gaps.take(8).collect()
        };
        assert_eq!(of(1, 2), of(1, 2));
        let all: std::collections::HashSet<_> = (0..32)
            .flat_map(|seed| (0..32).map(move |ordinal| (seed, ordinal)))
            .map(|(seed, ordinal)| of(seed, ordinal))
            .collect();
        assert_eq!(all.len(), 32 * 32);
    }

    /// What is pooled over streams must be as if it were of one: spread as asked, and no stream like the one before it.
    #[test]
    fn streams_of_neighbouring_ordinals_are_independent() {
        let first: Vec<u64> = (0..DRAWS as u64)
            .map(|ordinal| {
                let mut gaps = gaps_ns(Gaps::Poisson, Stall::NEVER, 0, ordinal);
                gaps.next().unwrap()
            })
            .collect();
        let (mean, cv) = mean_and_cv(&first);
        assert_near(mean, 1.0, 0.03);
        assert_near(cv, 1.0, 0.03);
        let off = |gap_ns: u64| gap_ns as f64 / MEAN_NS as f64 - 1.0;
        let covariance: f64 = first
            .windows(2)
            .map(|pair| off(pair[0]) * off(pair[1]))
            .sum();
        let correlation = covariance / DRAWS as f64;
        assert!(correlation.abs() < 0.02, "{correlation}");
    }

    #[test]
    fn cores_share_one_count() {
        let ordinals = Ordinals::default();
        let other = ordinals.clone();
        assert_eq!([ordinals.take(), other.take(), ordinals.take()], [0, 1, 2]);
    }
}
