//! The open model: streams start when they start, whatever became of the others (Schroeder, Wierman & Harchol-Balter,
//! "Open Versus Closed: A Cautionary Tale", NSDI 2006).

use clap::ValueEnum;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Arrivals of streams at a fixed mean rate.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Arrivals {
    /// Arrivals a second, of all workers together, on average.
    pub rate_per_s: f64,
    /// How they are spread.
    pub process: Process,
}

/// How arrivals are spread over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Process {
    /// One every 1/rate.
    Uniform,
    /// Independent of each other, as those of many users are: exponential times between them.
    Poisson,
}

impl Arrivals {
    /// When streams start, in nanoseconds from the beginning, rising, without end.
    pub(super) fn instants_ns(self, seed: u64) -> impl Iterator<Item = u64> {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut poisson_s = 0.0;
        (0u64..).map(move |number| {
            let at_s = match self.process {
                Process::Uniform => number as f64 / self.rate_per_s,
                Process::Poisson => {
                    poisson_s += weir_time::exponential(random.random()) / self.rate_per_s;
                    poisson_s
                }
            };
            (at_s * 1e9) as u64
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(process: Process, seed: u64) -> Vec<u64> {
        let arrivals = Arrivals {
            rate_per_s: 1_000.0,
            process,
        };
        arrivals.instants_ns(seed).take(100_000).collect()
    }

    #[test]
    fn uniform_arrivals_are_even() {
        let starts = starts(Process::Uniform, 0);
        for (number, start_ns) in (0u64..).zip(starts) {
            assert!(start_ns.abs_diff(number * 1_000_000) <= 1);
        }
    }

    #[test]
    fn poisson_arrivals_have_the_rate_and_the_spread_of_independent_ones() {
        let starts = starts(Process::Poisson, 1);
        let gaps_ms: Vec<f64> = starts
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) as f64 / 1e6)
            .collect();
        let count = gaps_ms.len() as f64;
        let mean = gaps_ms.iter().sum::<f64>() / count;
        let variance = gaps_ms.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / count;
        // Of 100,000 draws the mean's standard error is 0.3 %, the standard deviation's 0.6 %.
        assert!((0.98..1.02).contains(&mean), "{mean}");
        assert!((0.97..1.03).contains(&variance.sqrt()), "{variance}");
        let longer = gaps_ms.iter().filter(|&&gap| gap > 1.0).count() as f64 / count;
        assert!((longer - (-1.0f64).exp()).abs() < 0.01, "{longer}");
    }
}
