//! Fisher's exact test.

use super::ranks::ln_choose;

/// Chance of `head` or more of `head_of` being among the `base + head` of both sides together, if each of all were as likely
/// (Fisher, 1935; one-sided). The counts are no larger than what they are of.
pub(crate) fn more_on_head(base: u64, base_of: u64, head: u64, head_of: u64) -> f64 {
    let (marked, all) = (base + head, base_of + head_of);
    if marked == 0 {
        return 1.0;
    }
    let fewest = marked.saturating_sub(base_of);
    let most = marked.min(head_of);
    let at = |count: u64| {
        let ln = ln_choose(head_of, count) + ln_choose(base_of, marked - count);
        (ln - ln_choose(all, marked)).exp()
    };
    // Terms shrink away from the mean: sum the side that does.
    let mean = marked as f64 * head_of as f64 / all as f64;
    if head as f64 > mean {
        sum_of_tail((head..=most).map(at)).min(1.0)
    } else {
        (1.0 - sum_of_tail((fewest..head).rev().map(at))).max(0.0)
    }
}

/// Until what follows no longer matters.
fn sum_of_tail(terms: impl Iterator<Item = f64>) -> f64 {
    let mut sum = 0.0;
    for term in terms {
        sum += term;
        if term < sum * 1e-12 {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lady_tasting_tea() {
        // Fisher, The Design of Experiments, 1935: of 70 ways to choose 4 cups of 8 one is right, and 17 have 3 right or more.
        assert!((more_on_head(0, 4, 4, 4) - 1.0 / 70.0).abs() < 1e-12);
        assert!((more_on_head(1, 4, 3, 4) - 17.0 / 70.0).abs() < 1e-12);
        assert!((more_on_head(3, 4, 1, 4) - 69.0 / 70.0).abs() < 1e-12);
    }

    #[test]
    fn of_many_events_each_loss_is_a_coin() {
        assert!((more_on_head(0, 10_000_000, 5, 10_000_000) - 1.0 / 32.0).abs() < 1e-6);
        assert_eq!(more_on_head(0, 1_000, 0, 1_000), 1.0);
        assert!(more_on_head(0, 0, 3, 1_000) > 0.999);
    }
}
