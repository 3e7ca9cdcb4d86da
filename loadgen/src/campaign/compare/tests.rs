//! The driver alone: its runs are made up, and what the gate says of them too.

use std::cell::{Cell, RefCell};

use super::*;
use crate::analysis::compare::{Runs, SCHEMA};
use crate::report::tests::{invalid, report};
use crate::verdict::{Status, Verdict};

const LIMITS: Limits = Limits {
    runs: 8,
    time: Duration::MAX,
};

fn comparison(answer: Answer, base: &[Report], head: &[Report], look: Look) -> Comparison {
    Comparison {
        schema: SCHEMA,
        answer,
        runs: Runs {
            base: base.len() as u32,
            head: head.len() as u32,
        },
        remade: Runs { base: 0, head: 0 },
        alpha: 0.05,
        look,
        alpha_of_look: 0.05,
        confidence: 0.9,
        seed: 0,
        metrics: Vec::new(),
        delivered: Vec::new(),
        losses: Vec::new(),
        doubts: Vec::new(),
        remarks: Vec::new(),
    }
}

fn with(status: Status) -> Report {
    let verdict = match status {
        Status::Invalid => invalid(),
        status => Verdict {
            status,
            reasons: Vec::new(),
        },
    };
    Report {
        verdict,
        ..report()
    }
}

async fn valid(_: Side, _: usize) -> Result<Option<Report>, ContestError> {
    Ok(Some(with(Status::Valid)))
}

/// What was found, and all looks that were taken, those included that nobody was told of.
async fn found(
    limits: Limits,
    make: impl AsyncFnMut(Side, usize) -> Result<Option<Report>, ContestError>,
    answer: impl Fn(Look) -> Answer,
) -> (Contest, Vec<(u32, u32)>) {
    let looks: RefCell<Vec<(u32, u32)>> = RefCell::default();
    let gate = |base: &[Report], head: &[Report], remade: Runs, look: Look| {
        looks.borrow_mut().push((base.len() as u32, look.number));
        Ok(Comparison {
            remade,
            ..comparison(answer(look), base, head, look)
        })
    };
    let found = contest(limits, make, gate, |_| {}).await.unwrap();
    (found, looks.into_inner())
}

#[test]
fn turns_are_balanced_in_every_block() {
    let names: String = turns().take(12).map(|side| &side.name()[..1]).collect();
    assert_eq!(names, "bhhbhbbhbhhb");
}

#[test]
fn looks_are_planned_from_the_most_runs_there_may_be() {
    let looks = |runs: u32| {
        let limits = Limits { runs, ..LIMITS };
        let looks = (0..=runs).filter_map(move |runs| Some((runs, look(runs, limits)?)));
        looks
            .map(|(runs, look)| (runs, look.number, look.of))
            .collect::<Vec<_>>()
    };
    assert_eq!(looks(8), [(4, 1, 3), (6, 2, 3), (8, 3, 3)]);
    assert_eq!(looks(9), [(4, 1, 3), (6, 2, 3), (9, 3, 3)]);
    assert_eq!(looks(5), [(5, 1, 1)]);
    assert_eq!(looks(4), [(4, 1, 1)]);
}

#[tokio::test]
async fn it_ends_with_the_first_answer() {
    let answer = |look: Look| match look.number {
        1 => Answer::Inconclusive,
        _ => Answer::Regression,
    };
    let (found, looks) = found(LIMITS, valid, answer).await;
    assert_eq!(found.comparison.unwrap().answer, Answer::Regression);
    assert_eq!(looks, [(4, 1), (6, 2)]);
}

#[tokio::test]
async fn no_look_is_taken_twice_however_many_runs_there_may_be() {
    for runs in 4..=13 {
        let limits = Limits { runs, ..LIMITS };
        let (found, looks) = found(limits, valid, |_| Answer::Inconclusive).await;
        let of = found.comparison.unwrap().look.of;
        let numbers: Vec<u32> = looks.iter().map(|&(_, number)| number).collect();
        assert_eq!(numbers, Vec::from_iter(1..=of), "{runs}");
        assert_eq!(looks.last().unwrap().0, runs);
    }
}

#[tokio::test]
async fn an_invalid_run_is_made_again() {
    let (made, again) = (Cell::new(0), Cell::new(0));
    let make = async |_: Side, number: usize| {
        made.set(made.get() + 1);
        again.set(again.get() + usize::from(number == 1));
        Ok(Some(with(match made.get() {
            2 | 3 => Status::Invalid,
            _ => Status::Suspect,
        })))
    };
    let (found, _) = found(LIMITS, make, |_| Answer::Pass).await;
    assert_eq!((found.base.len(), found.head.len()), (4, 4));
    assert_eq!((made.get(), again.get()), (10, 4));
    let remade = Runs { base: 0, head: 2 };
    assert_eq!(
        (found.remade, found.comparison.unwrap().remade),
        (remade, remade)
    );
}

#[tokio::test]
async fn a_side_that_is_always_invalid_is_given_up_and_the_gate_says_so() {
    for invalid in [Side::Base, Side::Head] {
        let make = async |side: Side, _: usize| {
            Ok(Some(with(if side == invalid {
                Status::Invalid
            } else {
                Status::Valid
            })))
        };
        let (found, looks) = found(LIMITS, make, |_| Answer::Invalid).await;
        assert_eq!((found.base.len(), found.head.len()), (1, 1));
        assert_eq!(found.comparison.unwrap().answer, Answer::Invalid);
        assert_eq!(looks.len(), 1);
    }
}

#[tokio::test]
async fn time_that_is_over_ends_it_once_there_is_something_to_compare() {
    let limits = Limits {
        time: Duration::ZERO,
        ..LIMITS
    };
    let (found, looks) = found(limits, valid, |_| Answer::Inconclusive).await;
    assert_eq!((found.base.len(), found.head.len()), (1, 1));
    assert_eq!(looks, [(1, 3)]);
}

#[tokio::test]
async fn an_interrupt_leaves_what_was_measured_until_then() {
    let interrupted_after = async |runs: u32| {
        let made = Cell::new(0);
        let make = async |_: Side, _: usize| {
            made.set(made.get() + 1);
            Ok(Some(Report {
                interrupted: made.get() > runs,
                ..report()
            }))
        };
        found(LIMITS, make, |_| Answer::Inconclusive).await
    };
    // Between two looks there is one more, the last that was planned; right after a look there is nothing new to see.
    let (found, looks) = interrupted_after(10).await;
    assert_eq!((found.base.len(), found.head.len()), (5, 5));
    assert_eq!(looks, [(4, 1), (5, 3)]);
    let (_, looks) = interrupted_after(8).await;
    assert_eq!(looks, [(4, 1)]);
    let (found, looks) = interrupted_after(1).await;
    assert!(found.comparison.is_none() && looks.is_empty());
}

#[test]
fn each_pair_of_runs_draws_alike_and_no_two_pairs_do() {
    let contender = || Contender {
        plan: report().plan,
        command: None,
    };
    let seeds = |contender: Contender| [1, 2, 3].map(|number| contender.plan_of(number).load.seed);
    assert_eq!(seeds(contender()), [0, 1, 2]);
    assert_eq!(seeds(contender()), seeds(contender()));
}
