//! A share with its exact interval.

use std::fmt;

use serde::Serialize;

/// What lies outside the interval on either side: 95 % lies in it.
const TAIL: f64 = 0.025;

/// How many of how many, with the exact binomial confidence interval of 95 % (Clopper & Pearson, 1934).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// Those that are counted.
    pub count: u64,
    /// Their part of all.
    pub ratio: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

impl Share {
    /// Those of all that are counted.
    pub(crate) fn of_those<T>(all: &[T], is_counted: impl Fn(&T) -> bool) -> Self {
        let count = all.iter().filter(|&one| is_counted(one)).count();
        Self::of(count as u64, all.len() as u64)
    }

    /// `count` of `all`.
    #[must_use]
    pub fn of(count: u64, all: u64) -> Self {
        // At the lower end it would be as unlikely as that to count so many, at the upper end so few.
        let low = |probability| 1.0 - at_most(count.wrapping_sub(1), all, probability);
        let high = |probability| at_most(count, all, probability);
        Self {
            count,
            ratio: count as f64 / all as f64,
            low: if count == 0 {
                0.0
            } else {
                root(|p| low(p) < TAIL)
            },
            high: if count == all {
                1.0
            } else {
                root(|p| high(p) > TAIL)
            },
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            ratio, low, high, ..
        } = self;
        let text = format!(
            "{:.1} % ({:.1}..{:.1})",
            ratio * 100.0,
            low * 100.0,
            high * 100.0
        );
        formatter.pad(&text)
    }
}

/// Where a condition that holds at 0 and not at 1 ceases to.
fn root(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut below, mut above) = (0.0, 1.0);
    while above - below > 1e-9 {
        let middle = f64::midpoint(below, above);
        *(if holds(middle) {
            &mut below
        } else {
            &mut above
        }) = middle;
    }
    below
}

/// The probability of `count` or fewer of `all`.
fn at_most(count: u64, all: u64, probability: f64) -> f64 {
    let (odds, fails) = (
        probability.ln() - (1.0 - probability).ln(),
        (1.0 - probability).ln(),
    );
    let mut term = all as f64 * fails;
    let mut sum = term.exp();
    for k in 1..=count {
        term += ((all - k + 1) as f64 / k as f64).ln() + odds;
        sum += term.exp();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_tables() {
        let close = |found: f64, wanted: f64| (found - wanted).abs() < 5e-5;
        let none = Share::of(0, 10);
        assert!(none.low == 0.0 && close(none.high, 0.3085), "{none:?}");
        let half = Share::of(5, 10);
        assert!(
            close(half.low, 0.1871) && close(half.high, 0.8129),
            "{half:?}"
        );
        let most = Share::of(95, 100);
        assert!(
            close(most.low, 0.8872) && close(most.high, 0.9836),
            "{most:?}"
        );
        let all = Share::of(1_000, 1_000);
        assert!(close(all.low, 0.9963) && all.high == 1.0, "{all:?}");
    }
}
