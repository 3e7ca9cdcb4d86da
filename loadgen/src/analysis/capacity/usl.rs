//! How throughput goes with the number of streams.

mod fit;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::fit::{Fit, fit};

/// Fewest different loads: twice as many as there are parameters.
const LOADS_MIN: usize = 6;
/// Least ratio of the highest load to the lowest: over less than two doublings a line fits as well as any curve.
const RANGE_MIN: f64 = 4.0;
/// A throughput at the highest load this close to what the first stream alone promises is a line: runs repeat no better.
const BEND_MIN: f64 = 0.01;
/// Nothing is said of loads beyond so many times the highest measured.
const EXTRAPOLATION_MAX: f64 = 2.0;

/// The Universal Scalability Law (Gunther, Guerrilla Capacity Planning, 2007, chapter 4), fitted to throughputs by nonlinear
/// least squares: X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Usl {
    /// Throughput of one stream alone, a second.
    pub lambda: Estimate,
    /// Contention: what of the work queues for what cannot be shared.
    pub sigma: Estimate,
    /// Coherency: what keeping everybody in agreement costs each.
    pub kappa: Estimate,
    /// Root mean square of the residuals, a second.
    pub residual_per_s: f64,
    /// The load at which throughput is highest; only where kappa is above zero for sure, and the load near what was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_max: Option<f64>,
    /// Nothing is said of loads above this.
    pub load_limit: f64,
}

/// A figure with its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// Why the law is not fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Too few different loads.
    #[error("{0} different loads were measured, and a fit needs {LOADS_MIN}")]
    Loads(usize),
    /// They are too close together.
    #[error("the highest load measured is less than {RANGE_MIN} times the lowest")]
    Range,
    /// No parameters of the law describe it.
    #[error("throughput does not go with the load as the law says")]
    Shape,
    /// It is a line, as far as can be told.
    #[error(
        "throughput went up in proportion to the load as far as was measured: no limit shows in it"
    )]
    Linear,
}

impl Usl {
    /// Fits the law to loads and the throughput at each, which may stand there several times.
    ///
    /// # Errors
    /// When the data does not carry it.
    pub fn of(points: &[(f64, f64)]) -> Result<Self, Refusal> {
        let loads = || points.iter().map(|(load, _)| *load);
        let lowest = loads().fold(f64::INFINITY, f64::min);
        let highest = loads().fold(0.0, f64::max);
        let mut different: Vec<f64> = loads().collect();
        different.sort_by(f64::total_cmp);
        different.dedup();
        if different.len() < LOADS_MIN {
            return Err(Refusal::Loads(different.len()));
        }
        if highest < RANGE_MIN * lowest {
            return Err(Refusal::Range);
        }
        let fit = fit(points).ok_or(Refusal::Shape)?;
        Self::judged(&fit, highest)
    }

    fn judged(fit: &Fit, highest: f64) -> Result<Self, Refusal> {
        let [lambda, sigma, kappa] = fit.estimates();
        let load_limit = EXTRAPOLATION_MAX * highest;
        let proportional = lambda.value * highest;
        let bend = proportional / fit::throughput(fit.parameters(), highest) - 1.0;
        if bend.abs() < BEND_MIN {
            return Err(Refusal::Linear);
        }
        // A tail that only noise makes negative is none; beyond that the law does not hold.
        let is_negative = |estimate: Estimate| estimate.high < 0.0;
        if lambda.low <= 0.0 || [sigma, kappa].into_iter().any(is_negative) {
            return Err(Refusal::Shape);
        }
        if sigma.low <= 0.0 && kappa.low <= 0.0 {
            return Err(Refusal::Linear);
        }
        if sigma.value < 0.0 || kappa.value < 0.0 {
            return Err(Refusal::Shape);
        }
        let peak = ((1.0 - sigma.value) / kappa.value).sqrt();
        Ok(Self {
            lambda,
            sigma,
            kappa,
            residual_per_s: fit.residual(),
            load_max: (kappa.low > 0.0 && peak <= load_limit).then_some(peak),
            load_limit,
        })
    }

    /// Throughput at a load; `None` above [`Usl::load_limit`].
    #[must_use]
    pub fn throughput_at(&self, load: f64) -> Option<f64> {
        let parameters = [self.lambda, self.sigma, self.kappa].map(|estimate| estimate.value);
        (load <= self.load_limit).then(|| fit::throughput(parameters, load))
    }

    /// Seconds from one event of a stream to the next at a load, by Little's law: load over throughput.
    #[must_use]
    pub fn spacing_s_at(&self, load: f64) -> Option<f64> {
        Some(load / self.throughput_at(load)?)
    }

    /// The load at which that spacing is reached: the law solved for the load, kappa and sigma as they stand in it.
    #[must_use]
    pub fn load_at_spacing_s(&self, spacing_s: f64) -> Option<f64> {
        let [lambda, sigma, kappa] =
            [self.lambda, self.sigma, self.kappa].map(|estimate| estimate.value);
        // kappa N^2 + (sigma - kappa) N + (1 - sigma - lambda R) = 0, in the form that also holds for kappa = 0.
        let linear = sigma - kappa;
        let constant = 1.0 - sigma - lambda * spacing_s;
        let root = (linear * linear - 4.0 * kappa * constant).sqrt();
        let load = -2.0 * constant / (linear + root);
        (load > 0.0 && load <= self.load_limit).then_some(load)
    }

    /// The throughput at the peak's whole number of streams below it, if there is a peak.
    #[must_use]
    pub fn throughput_max(&self) -> Option<f64> {
        self.throughput_at(self.load_max?.floor())
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;
    use serde_json::Value;

    use super::fit::throughput as law;
    use super::*;

    fn oracle() -> Value {
        let oracles = include_str!("../../../tests/fixtures/oracles.json");
        serde_json::from_str::<Value>(oracles).unwrap()["usl"].take()
    }

    fn points(oracle: &Value) -> Vec<(f64, f64)> {
        let pair = |pair: &Value| (pair[0].as_f64().unwrap(), pair[1].as_f64().unwrap());
        let data = oracle["data_n_x"].as_array().unwrap();
        data.iter().map(pair).collect()
    }

    fn assert_close(found: f64, wanted: &Value, relative: f64) {
        let wanted = wanted.as_f64().unwrap();
        assert!(
            (found / wanted - 1.0).abs() < relative,
            "{found} for {wanted}"
        );
    }

    #[test]
    fn the_published_data_give_the_published_parameters() {
        let oracle = oracle();
        let usl = Usl::of(&points(&oracle)).unwrap();
        let fit = &oracle["fit"];
        assert_close(usl.lambda.value, &fit["lambda"], 1e-7);
        assert_close(usl.sigma.value, &fit["sigma"], 1e-6);
        assert_close(usl.kappa.value, &fit["kappa"], 1e-6);
        assert_close(usl.load_max.unwrap(), &fit["n_max_real"], 1e-6);
        assert_close(usl.throughput_max().unwrap(), &fit["x_max_floor"], 1e-7);
        let book = &oracle["book"];
        assert_close(usl.lambda.value, &book["lambda"], 1e-6);
        assert_close(usl.load_max.unwrap().floor(), &book["n_max"], 1e-12);
    }

    #[test]
    fn load_and_spacing_invert_each_other() {
        let oracle = oracle();
        let usl = Usl::of(&points(&oracle)).unwrap();
        let known = &oracle["use"];
        assert_close(usl.throughput_at(20.0).unwrap(), &known["X(20)"], 1e-7);
        let spacing_s = usl.spacing_s_at(20.0).unwrap();
        assert_close(spacing_s, &known["R(20)"], 1e-7);
        let load = usl.load_at_spacing_s(spacing_s).unwrap();
        assert_close(load, &known["N(R(20))"], 1e-9);
    }

    /// By the law of large numbers: of 400 intervals, 380 should hold what the data were made from, give or take three times
    /// the square root of 400 * 0.95 * 0.05.
    #[test]
    fn nineteen_of_twenty_intervals_hold_the_truth() {
        let truth = [1_000.0, 0.03, 8e-4];
        let mut random = Pcg64Mcg::seed_from_u64(11);
        let mut noise = || -> f64 { (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0 };
        let mut holding = [0; 3];
        for _ in 0..400 {
            let points: Vec<_> = (1..=32)
                .map(|load| (f64::from(load), law(truth, load.into()) + 100.0 * noise()))
                .collect();
            let estimates = fit(&points).unwrap().estimates();
            for at in 0..3 {
                let Estimate { low, high, .. } = estimates[at];
                holding[at] += u32::from((low..=high).contains(&truth[at]));
            }
        }
        for count in holding {
            assert!((367..=393).contains(&count), "{holding:?}");
        }
    }

    #[test]
    fn nothing_is_said_beyond_twice_the_highest_load() {
        let usl = Usl::of(&points(&oracle())).unwrap();
        assert_eq!(usl.load_limit, 64.0);
        assert!(usl.throughput_at(64.0).is_some());
        assert_eq!(usl.throughput_at(64.1), None);
        let below_peak: Vec<_> = points(&oracle()).into_iter().take(12).collect();
        let usl = Usl::of(&below_peak);
        assert!(usl.is_err() || usl.unwrap().load_max.is_none_or(|peak| peak <= 24.0));
    }

    fn of(loads: &[f64], throughput: impl Fn(f64) -> f64) -> Result<Usl, Refusal> {
        let points: Vec<_> = loads.iter().map(|&load| (load, throughput(load))).collect();
        Usl::of(&points)
    }

    #[test]
    fn data_that_does_not_carry_it_is_refused() {
        let six = [10.0, 20.0, 40.0, 80.0, 160.0, 320.0];
        let wobble = |load: f64| 1.0 + 0.01 * (load * 7.3).sin();
        let bend = |load: f64| law([10.0, 0.01, 1e-5], load) * wobble(load);
        assert!(of(&six, bend).is_ok());
        let repeated = [10.0, 20.0, 40.0, 80.0, 160.0, 160.0];
        assert_eq!(of(&repeated, bend).unwrap_err(), Refusal::Loads(5));
        let close = [10.0, 11.0, 12.0, 13.0, 14.0, 39.0];
        assert_eq!(of(&close, bend).unwrap_err(), Refusal::Range);
        let up_and_down = |load: f64| 1.0 + 0.03 * (load / 10.0).log2().mul_add(2.0, 1.0).sin();
        let noisy_line = |load: f64| 10.0 * load * up_and_down(load);
        assert_eq!(of(&six, noisy_line).unwrap_err(), Refusal::Linear);
        let exact_line = |load: f64| 10.0 * load;
        assert_eq!(of(&six, exact_line).unwrap_err(), Refusal::Linear);
        let faster_than_in_proportion = |load: f64| load.powf(1.4) * wobble(load);
        assert_eq!(
            of(&six, faster_than_in_proportion).unwrap_err(),
            Refusal::Shape
        );
        assert_eq!(of(&six, |_| 0.0).unwrap_err(), Refusal::Shape);
    }

    #[test]
    fn thousands_of_streams_are_fitted_as_tens_are() {
        let loads: Vec<f64> = (0..10).map(|k| 100.0 * 2f64.powi(k)).collect();
        let (lambda, sigma, kappa) = (10.0, 2e-6, 1e-9);
        let usl = of(&loads, |load| law([lambda, sigma, kappa], load)).unwrap();
        assert!(
            (usl.kappa.value / kappa - 1.0).abs() < 1e-4,
            "{:?}",
            usl.kappa
        );
        assert!(
            (usl.sigma.value / sigma - 1.0).abs() < 1e-3,
            "{:?}",
            usl.sigma
        );
        let peak = ((1.0 - sigma) / kappa).sqrt();
        assert!((usl.load_max.unwrap() / peak - 1.0).abs() < 1e-3);
    }
}
