//! Comparisons as they are printed.

use super::*;
use crate::analysis::compare::{Gated, Look, LossKind, Runs, SCHEMA};

fn side(median_ns: f64, is_lower_bound: bool) -> Side {
    Side {
        median_ns,
        low_ns: None,
        high_ns: None,
        runs: vec![median_ns; 6],
        is_lower_bound,
    }
}

fn metric(gated: Gated, answer: Answer) -> MetricComparison {
    MetricComparison {
        gated,
        base: side(10e6, false),
        head: side(12e6, true),
        ratio: Some(1.2),
        ratio_low: Some(1.104),
        ratio_high: Some(2.5),
        margin: Margin::DEFAULT,
        p_mann_whitney: 0.001,
        p_bootstrap: 0.0,
        p_holm: 0.002,
        p_within_margin: 0.02,
        answer,
        reason: "because <of> it".to_owned(),
        runs_needed: None,
        effective_samples: 5_000,
        samples_needed: 662,
    }
}

fn comparison() -> Comparison {
    let [ttfe, _, gap, delivery] = Gated::DEFAULTS;
    let unknown = MetricComparison {
        base: Side {
            runs: Vec::new(),
            ..side(0.0, false)
        },
        ratio: None,
        ratio_low: None,
        ratio_high: None,
        margin: Margin {
            relative: 0.07,
            absolute_ns: 0,
        },
        runs_needed: Some(3),
        ..metric(ttfe, Answer::Inconclusive)
    };
    Comparison {
        schema: SCHEMA,
        answer: Answer::Regression,
        runs: Runs { base: 6, head: 1 },
        remade: Runs { base: 0, head: 0 },
        alpha: 0.05,
        look: Look { number: 2, of: 5 },
        alpha_of_look: 0.006,
        confidence: 0.988,
        seed: 0,
        metrics: vec![
            unknown,
            metric(gap, Answer::Regression),
            metric(delivery, Answer::Pass),
        ],
        delivered: vec![DeliveredComparison {
            what: DeliveredKind::Completed,
            base_median: 0.95,
            head_median: 0.475,
            base: vec![0.95; 6],
            head: vec![0.475],
            ratio: 0.5,
            ratio_low: None,
            ratio_high: None,
            margin: 0.1,
            p: 0.14,
            answer: Answer::Inconclusive,
            reason: "so few runs".to_owned(),
            runs_needed: Some(2),
        }],
        losses: vec![LossComparison {
            what: LossKind::Lost,
            base_count: 0,
            base_of: 12_000,
            head_count: 1,
            head_of: 2_000,
            p: 0.14,
            answer: Answer::Regression,
            reason: "one is a fault".to_owned(),
            runs_needed: None,
        }],
        doubts: Vec::new(),
        remarks: vec!["head run 1 is suspect: client_lag".to_owned()],
    }
}

fn with(answer: Answer) -> Comparison {
    Comparison {
        answer,
        ..comparison()
    }
}

#[test]
fn the_table_has_the_answer_first_and_columns_that_hold_their_figures() {
    let mut bytes = Vec::new();
    let mut out = anstream::StripStream::new(&mut bytes);
    table::write(&comparison(), &mut out).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let expected = "\
REGRESSION  worse in gap.p99, lost, 6 runs of base, 1 run of head

                base      head  change  98.8% interval, look 2 of 5     margin
ttfe.p50           -  >=12.0ms       -                            -         7%  inconclusive
  because <of> it
gap.p99       10.0ms  >=12.0ms  +20.0%                +10.4%..+150%  10%,100us  regression
  because <of> it
delivery.p99  10.0ms  >=12.0ms  +20.0%                +10.4%..+150%  10%,100us  pass
  because <of> it
completed      95.0%     47.5%  -50.0%                            -       -10%  inconclusive
  so few runs

lost: base 0 of 12,000, head 1 of 2,000  regression
  one is a fault
note: head run 1 is suspect: client_lag
";
    assert_eq!(text, expected);
}

#[test]
fn what_stands_in_markdown_means_nothing() {
    let mut bytes = Vec::new();
    markdown::print(&comparison(), &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    for line in [
        "## weir compare: regression",
        "| | base | head | change | 98.8% interval, look 2 of 5 | margin | answer | |",
        "| <code>gap.p99</code> | 10.0ms | &#62;=12.0ms | +20.0% | +10.4%..+150% | 10%,100us | **regression** | because &#60;of&#62; it |",
        "| <code>lost</code> | 0 of 12,000 | 1 of 2,000 | **regression** | one is a fault |",
        "- head run 1 is suspect: client&#95;lag",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}\n{text}");
    }
}

#[test]
fn an_answer_says_what_it_rests_on_and_an_open_one_what_would_decide() {
    assert_eq!(
        statement(&with(Answer::Inconclusive)),
        "not enough data for ttfe.p50, completed; 3 more runs a side would decide"
    );
    assert_eq!(
        statement(&with(Answer::Pass)),
        "no regression beyond the margins"
    );
    let doubted = |answer: Answer, doubts: &[&str]| {
        let doubts = doubts.iter().map(|doubt| (*doubt).to_owned()).collect();
        let (metrics, delivered, losses) = (Vec::new(), Vec::new(), Vec::new());
        Comparison {
            answer,
            metrics,
            delivered,
            losses,
            doubts,
            ..comparison()
        }
    };
    let invalid = "head run 2 is invalid: client_lag";
    assert_eq!(
        statement(&doubted(Answer::Invalid, &[invalid])),
        "a run may not be believed: head run 2 is invalid: client_lag"
    );
    let two = doubted(
        Answer::Inconclusive,
        &["head run 2 was interrupted", "no turns"],
    );
    assert_eq!(
        statement(&two),
        "it does not pass: head run 2 was interrupted, and 1 more (below)"
    );
    assert_eq!(notes(&two).next().unwrap(), "head run 2 was interrupted");
}

#[test]
fn a_ratio_is_printed_as_a_change() {
    assert_eq!(change(1.031), "+3.1%");
    assert_eq!(change(0.5), "-50.0%");
    assert_eq!(change(12.0), "+1100%");
    assert_eq!(change(0.9999), "0.0%");
}
