//! Times between the events of a Poisson process.

/// What is exponentially distributed with mean 1, where `uniform` is drawn from 0 up to but not including 1: by inversion,
/// since one less such a number has a logarithm. Times between the events of a Poisson process of rate `r` are this over
/// `r`.
#[must_use]
pub fn exponential(uniform: f64) -> f64 {
    -(1.0 - uniform).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_inverse_of_the_distribution() {
        for share in [0.0, 0.1, 0.5, 0.9, 1.0 - f64::EPSILON] {
            let distribution = 1.0 - (-exponential(share)).exp();
            assert!((distribution - share).abs() < 1e-15, "{share}");
        }
    }

    /// Evenly spread numbers have the mean and the spread of the distribution.
    #[test]
    fn its_mean_and_deviation_are_1() {
        const COUNT: u32 = 100_000;
        let drawn = (0..COUNT).map(|at| exponential((f64::from(at) + 0.5) / f64::from(COUNT)));
        let (sum, squares) = drawn.fold((0.0, 0.0), |(sum, squares), value| {
            (sum + value, squares + value * value)
        });
        let mean = sum / f64::from(COUNT);
        let variance = squares / f64::from(COUNT) - mean * mean;
        assert!((mean - 1.0).abs() < 1e-3 && (variance - 1.0).abs() < 1e-2);
    }
}
