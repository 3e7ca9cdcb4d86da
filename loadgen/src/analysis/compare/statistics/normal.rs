//! The normal distribution, for what is planned ahead and for more runs than are counted out.

use libm::erfc;

/// Chance of more than `z` standard deviations above the mean.
pub(crate) fn above(z: f64) -> f64 {
    0.5 * erfc(z / std::f64::consts::SQRT_2)
}

/// The standard deviations above which that chance is `p`: the inverse of [`above`], by halving.
pub(crate) fn deviations(p: f64) -> f64 {
    let (mut low, mut high) = (-40.0, 40.0);
    // 80 / 2^60 is below what an f64 near 1 can tell.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if above(middle) > p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_agree() {
        for (p, z) in [(0.5, 0.0), (0.05, 1.644_853_627), (0.001, 3.090_232_306)] {
            assert!((deviations(p) - z).abs() < 1e-8, "{p}");
            assert!((above(z) - p).abs() < 1e-9, "{z}");
        }
    }
}
