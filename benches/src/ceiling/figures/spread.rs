//! A figure over the rounds.

use serde::Serialize;

/// Lowest, middle and highest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of one value or more.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let middle = |upper: usize| values[(values.len() - 1 + upper) / 2];
        Self {
            min: values[0],
            median: f64::midpoint(middle(0), middle(1)),
            max: values[values.len() - 1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        let spread = |min, median, max| Spread { min, median, max };
        assert_eq!(Spread::of([4.0, 1.0, 3.0, 2.0]), spread(1.0, 2.5, 4.0));
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), spread(1.0, 2.0, 3.0));
        assert_eq!(Spread::of([7.0]), spread(7.0, 7.0, 7.0));
    }
}
