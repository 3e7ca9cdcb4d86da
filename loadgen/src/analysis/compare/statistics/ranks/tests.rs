use serde_json::Value;

use super::*;

fn oracles(of: &str) -> Value {
    let text = include_str!("../../../../../tests/fixtures/oracles.json");
    let mut all: Value = serde_json::from_str(text).unwrap();
    all[of].take()
}

fn numbers(value: &Value) -> Vec<f64> {
    let values = value.as_array().unwrap().iter();
    values.map(|value| value.as_f64().unwrap()).collect()
}

fn two_sided(base: &[f64], head: &[f64]) -> f64 {
    let test = mann_whitney(base, head);
    (2.0 * test.p_less.min(test.p_greater)).min(1.0)
}

#[test]
fn mann_whitney_is_what_others_find_to_the_digit() {
    let oracles = oracles("mann_whitney");
    let examples = oracles["examples"].as_array().unwrap();
    assert_eq!(examples.len(), 3);
    for example in examples {
        let (a, b) = (numbers(&example["a"]), numbers(&example["b"]));
        let p = example["p"].as_f64().unwrap();
        assert!((two_sided(&a, &b) - p).abs() < 1e-15, "{example}");
        assert_eq!(mann_whitney(&b, &a).u, example["U"].as_f64().unwrap());
    }
    for (runs, p) in oracles["min_two_sided_p"].as_object().unwrap() {
        let runs: u32 = runs.parse().unwrap();
        let base: Vec<f64> = (0..runs).map(f64::from).collect();
        let head: Vec<f64> = (runs..2 * runs).map(f64::from).collect();
        let p = p.as_f64().unwrap();
        assert!((two_sided(&base, &head) - p).abs() < 1e-15, "{runs}");
        let smallest = smallest_p(base.len(), head.len());
        assert!((2.0 * smallest - p).abs() < 1e-12, "{runs}");
    }
}

#[test]
fn ties_share_their_ranks() {
    // Of the 20 ways to choose 3 of {1, 2, 2, 2, 3, 3}, with midranks 1, 3, 3, 3, 5.5, 5.5, those that sum to 14 or more
    // are the 3 with both 3s and a 2; the one with a 1 sums to 12.
    let test = mann_whitney(&[1.0, 2.0, 2.0], &[2.0, 3.0, 3.0]);
    assert_eq!(test.u, 8.0);
    assert!((test.p_greater - 3.0 / 20.0).abs() < 1e-15);
    let same = mann_whitney(&[5.0; 4], &[5.0; 4]);
    assert_eq!((same.p_greater, same.p_less), (1.0, 1.0));
}

#[test]
fn the_approximation_is_close_where_counting_out_ends() {
    let side = |shift: u32| -> Vec<f64> {
        let runs = EXACT_RUNS as u32 / 2;
        (0..runs).map(|k| f64::from(k * 7 % 50 + shift)).collect()
    };
    for (shift, about) in [(9, 0.002), (5, 0.05), (0, 0.5)] {
        let ranks = doubled_midranks(&side(0), &side(shift));
        let n = ranks.len() / 2;
        let (exact, near) = (counted_out(&ranks, n), approximated(&ranks, n));
        assert_eq!(exact.u, near.u);
        let ratio = near.p_greater / exact.p_greater;
        assert!((0.98..1.125).contains(&ratio), "{exact:?} {near:?}");
        let is_about = (about / 4.0..about * 4.0).contains(&exact.p_greater);
        assert!(is_about, "{exact:?}");
    }
}

#[test]
fn a_shift_is_bounded_by_as_many_pairs_as_the_test_allows() {
    let base = [1.0, 2.0, 3.0, 4.0];
    let head = [11.0, 12.0, 13.0, 14.0];
    // P(U <= 1) is 2/70, P(U <= 2) is 4/70: at 0.05 one of the 16 differences lies beyond each bound.
    let found = shift(&base, &head, 0.05);
    assert_eq!(found.estimate, 10.0);
    assert_eq!(found.bounds, Some((8.0, 12.0)));
    assert_eq!(shift(&base, &head, 0.01).bounds, None);
    assert_eq!(shift(&base[..1], &head[..1], 0.05).bounds, None);
}

#[test]
fn bounds_and_test_agree() {
    // A shift by just more than the lower bound is refuted, by less it is not.
    let base = [0.31, 1.7, 2.9, 4.6, 5.2, 7.7];
    let head = [3.3, 4.9, 6.1, 8.8, 9.4, 12.5];
    let (low, _) = shift(&base, &head, 0.05).bounds.unwrap();
    let p_after = |shift: f64| mann_whitney(&base, &head.map(|run| run - shift)).p_greater;
    assert!(p_after(low - 1e-9) <= 0.05);
    assert!(p_after(low + 1e-9) > 0.05);
}

#[test]
fn ranks_of_an_interval_are_those_of_the_book() {
    let oracles = oracles("quantile_ci_ranks");
    let rows = oracles["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 6);
    for row in rows {
        let (n, p) = (row["n"].as_u64().unwrap(), row["p"].as_f64().unwrap());
        let (lower, upper) = quantile_ranks(n, p, row["conf"].as_f64().unwrap()).unwrap();
        assert_eq!(Some(lower), row["lower_rank"].as_u64(), "{row}");
        assert_eq!(Some(upper), row["upper_rank"].as_u64(), "{row}");
        let covered: f64 = (lower..upper).map(|below| binomial(n, p, below)).sum();
        let coverage = row["coverage"].as_f64().unwrap();
        assert!((covered - coverage).abs() < 5e-7, "{row}");
    }
    for row in oracles["none_for"].as_array().unwrap() {
        let (n, p) = (row["n"].as_u64().unwrap(), row["p"].as_f64().unwrap());
        assert_eq!(quantile_ranks(n, p, 0.95), None, "{row}");
        assert!(quantile_ranks(n + 1, p, 0.95).is_some(), "{row}");
    }
}
