//! More than one metric, and more than one look: both cost evidence, since each is a chance of a false alarm.

use super::Look;

/// What of the chance of a false alarm is there to be used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    /// By this look.
    pub(super) alpha: f64,
    /// By the last look that is planned: what more runs will be judged by.
    pub(super) alpha_last: f64,
    /// How much that is gated shares it.
    pub(super) gated: usize,
}

/// How much of `alpha` is spent when a part of the planned looks is done: the square of that part (Kim & DeMets, 1987,
/// with exponent 2). Few early runs are hardly ever enough for an answer, so most of it is kept for the later ones.
///
/// What a look may use is the increment alone. The chances of the looks then sum to `alpha` however they depend on each
/// other (Bonferroni), which holds for ranks as for anything else; the joint distribution would gain a little power.
pub(super) fn alpha_of(look: Look, alpha: f64) -> f64 {
    let spent = |looks: u32| alpha * (f64::from(looks) / f64::from(look.of)).powi(2);
    spent(look.number) - spent(look.number - 1)
}

/// Each chance adjusted for how many there are, so that it can be held against one level (Holm, 1979).
pub(super) fn holm(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|&one, &other| chances[one].total_cmp(&chances[other]));
    let mut adjusted = vec![0.0; chances.len()];
    let mut largest: f64 = 0.0;
    for (place, index) in order.into_iter().enumerate() {
        let left = (chances.len() - place) as f64;
        largest = largest.max((left * chances[index]).min(1.0));
        adjusted[index] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_spend_alpha_and_no_more() {
        assert_eq!(alpha_of(Look::ONLY, 0.05), 0.05);
        let looks = (1..=8).map(|number| Look { number, of: 8 });
        let spent: Vec<f64> = looks.map(|look| alpha_of(look, 0.05)).collect();
        assert!((spent.iter().sum::<f64>() - 0.05).abs() < 1e-15);
        assert!(spent.is_sorted() && spent[0] < 0.001);
    }

    #[test]
    fn the_smallest_is_held_to_the_most() {
        // The example of R's p.adjust(c(0.01, 0.04, 0.03), "holm").
        let adjusted = holm(&[0.01, 0.04, 0.03]);
        for (found, expected) in adjusted.into_iter().zip([0.03, 0.06, 0.06]) {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
        assert_eq!(holm(&[0.7, 0.8]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }
}
