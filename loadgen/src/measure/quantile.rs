//! What a histogram of so many samples can say of a quantile.

use hdrhistogram::Histogram;

/// Fewest samples behind a quantile: with so many the second largest of them is an upper bound for it with 99 %
/// confidence, since fewer than two of them above it are that unlikely (binomial; MLPerf's early stopping).
#[must_use]
pub fn samples_needed(quantile: f64) -> u64 {
    let above = 1.0 - quantile;
    let fewer_than_two_above = |samples: u64| {
        let samples = samples as f64;
        quantile.powf(samples) + samples * above * quantile.powf(samples - 1.0)
    };
    let (mut too_few, mut enough) = (1, 2);
    while fewer_than_two_above(enough) > 0.01 {
        (too_few, enough) = (enough, enough * 2);
    }
    while enough - too_few > 1 {
        let middle = u64::midpoint(too_few, enough);
        if fewer_than_two_above(middle) > 0.01 {
            too_few = middle;
        } else {
            enough = middle;
        }
    }
    enough
}

/// The 99th percentile, or of fewer samples than that needs the highest one that they carry, down to the median.
#[must_use]
pub fn p99_or_what_is_carried(histogram: &Histogram<u64>) -> u64 {
    let carried = [0.99, 0.95, 0.9, 0.75]
        .into_iter()
        .find(|&quantile| samples_needed(quantile) <= histogram.len());
    histogram.value_at_quantile(carried.unwrap_or(0.5))
}

/// How much more a tail may hold than was counted before its values are lower bounds.
const TAIL_GROWTH: f64 = 1.05;

/// Up to which quantile the values of `all` hold, of which some are `censored`: waits that had not ended, each counted
/// at what had passed of it.
///
/// Had they ended as the others did that lasted longer, the tail above them would hold more than was counted; how much
/// the product-limit estimator says (Kaplan & Meier, 1958). Where that is over a twentieth more, and where nothing is
/// known but that waits lasted longer, values are lower bounds.
#[must_use]
pub fn known_to(all: &Histogram<u64>, censored: &Histogram<u64>) -> f64 {
    if censored.is_empty() {
        return 1.0;
    }
    let total = all.len() as f64;
    let mut at_risk = all.len();
    let mut surviving = 1.0;
    for value in all.iter_recorded() {
        let count = value.count_at_value();
        let ended = count.saturating_sub(censored.count_at(value.value_iterated_to()));
        surviving *= 1.0 - ended as f64 / at_risk as f64;
        at_risk -= count;
        if surviving > TAIL_GROWTH * at_risk as f64 / total {
            return 1.0 - surviving;
        }
    }
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::new_histogram;

    fn histogram(values_ms: impl IntoIterator<Item = u64>) -> Histogram<u64> {
        let mut histogram = new_histogram();
        for value_ms in values_ms {
            histogram.record(value_ms * 1_000_000).unwrap();
        }
        histogram
    }

    #[test]
    fn as_many_samples_are_needed_as_early_stopping_asks_for() {
        let oracles = include_str!("../../tests/fixtures/oracles.json");
        let oracles: serde_json::Value = serde_json::from_str(oracles).unwrap();
        let floor = oracles["early_stopping"]["floor_n"].as_object().unwrap();
        assert_eq!(floor.len(), 8);
        for (name, samples) in floor {
            let percentile: f64 = name.strip_prefix('p').unwrap().parse().unwrap();
            let needed = samples_needed(percentile / 100.0);
            assert_eq!(Some(needed), samples.as_u64(), "{name}");
        }
    }

    #[test]
    fn few_samples_carry_a_lower_percentile() {
        let worst_is_far = |count: u64| histogram((1..count).chain([10_000]));
        let about_ms = |histogram: &Histogram<u64>| p99_or_what_is_carried(histogram) / 1_000_000;
        assert_eq!(about_ms(&worst_is_far(10)), 5);
        assert_eq!(about_ms(&worst_is_far(100)), 90);
        assert_eq!(about_ms(&worst_is_far(700)), 693);
    }

    #[test]
    fn without_censored_samples_all_is_known() {
        assert_eq!(known_to(&histogram(1..100), &new_histogram()), 1.0);
    }

    #[test]
    fn what_is_longer_than_the_last_wait_that_ended_is_not_known() {
        // 90 waits ended; 10 had lasted longer than any of them.
        let censored = histogram([500; 10]);
        let all = histogram((1..=90).chain([500; 10]));
        assert!((known_to(&all, &censored) - 0.9).abs() < 1e-9);
    }

    #[test]
    fn a_few_short_waits_that_did_not_end_change_nothing() {
        let all = histogram((2..=999).chain([1; 2]));
        assert_eq!(known_to(&all, &histogram([1; 2])), 1.0);
    }

    #[test]
    fn many_waits_that_did_not_end_make_lower_bounds_of_all_that_is_longer() {
        // A quarter had waited for 50 when it ended: had they waited on, the upper half would be larger.
        let all = histogram((1..=75).chain([50; 25]));
        let known = known_to(&all, &histogram([50; 25]));
        assert!((known - 0.5).abs() < 0.02, "{known}");
    }
}
