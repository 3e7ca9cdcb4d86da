//! The answers, in sentences.

use super::{bare, load};
use crate::analysis::capacity::{Answer, Capacity, Level, Limit, Outcome, Usl, Vary};
use crate::output::figures;
use crate::verdict::Status;

/// One for each level.
pub(super) fn answers(capacity: &Capacity) -> Vec<String> {
    let levels = capacity.levels.iter();
    levels.map(|level| answer(level, capacity.vary)).collect()
}

fn answer(level: &Level, vary: Vary) -> String {
    let expression = &level.expression;
    let Answer {
        holds, does_not, ..
    } = level.answer;
    match (level.answer.limit, holds, does_not) {
        (Limit::Target, Some(holds), Some(does_not)) => format!(
            "{expression} holds up to {} ({} holds, {} does not)",
            load(holds, vary),
            bare(holds),
            bare(does_not)
        ),
        (Limit::TargetBelow, _, Some(does_not)) => format!(
            "{expression} does not hold at {}, the lowest load tried",
            load(does_not, vary)
        ),
        (Limit::Generator, Some(holds), Some(does_not)) => format!(
            "{expression} holds at {} at least: the generator is the limit ({} holds, {} cannot be measured)",
            load(holds, vary),
            bare(holds),
            bare(does_not)
        ),
        (Limit::Generator, Some(holds), None) => format!(
            "{expression} holds at {} at least: the generator is the limit, this machine can make no more",
            load(holds, vary)
        ),
        (Limit::Generator, None, _) => {
            format!(
                "{expression} is not known: the generator is the limit, and no load could be measured"
            )
        }
        (Limit::Asked, Some(holds), _) => format!(
            "{expression} holds at {} at least: no higher load was to be tried",
            load(holds, vary)
        ),
        _ => unfinished(level, vary),
    }
}

fn unfinished(level: &Level, vary: Vary) -> String {
    let Answer {
        holds,
        does_not,
        roughly_holds,
        roughly_does_not,
        by_generator,
        ..
    } = level.answer;
    let fails = if by_generator {
        "cannot be measured"
    } else {
        "does not hold"
    };
    let known = [
        holds.map(|holds| format!("it holds at {}", load(holds, vary))),
        does_not.map(|upper| format!("it {fails} at {}", load(upper, vary))),
        roughly_holds
            .filter(|_| holds.is_none())
            .map(|roughly| format!("by short trials it holds at {}", load(roughly, vary))),
        roughly_does_not
            .filter(|_| does_not.is_none())
            .map(|roughly| format!("by short trials it does not at {}", load(roughly, vary))),
    ];
    let known: Vec<String> = known.into_iter().flatten().collect();
    let known = if known.is_empty() {
        "no load was measured".to_owned()
    } else {
        known.join(", ")
    };
    format!(
        "{} is not found yet: {known} (more --max-time or --max-trials)",
        level.expression
    )
}

/// What has to be known beside.
pub(super) fn remarks(capacity: &Capacity) -> Vec<String> {
    let of_all = capacity
        .holds
        .filter(|_| capacity.levels.len() > 1)
        .map(|holds| format!("all of them hold at {}", load(holds, capacity.vary)));
    let interrupted = capacity
        .interrupted
        .then(|| "interrupted: this is from the trials before that".to_owned());
    let lost = capacity
        .lost
        .as_ref()
        .map(|why| format!("ended early: {why}"));
    let embedded = capacity.embedded.then(|| {
        format!(
            "the server is weir's own, in this process: both share this machine's {} cores",
            capacity.machine.cores
        )
    });
    let fixed = [of_all, interrupted, lost, embedded];
    let suspect = capacity
        .levels
        .iter()
        .filter_map(|level| suspect(level, capacity));
    let invalid = invalid(capacity);
    let mut remarks: Vec<String> = fixed
        .into_iter()
        .flatten()
        .chain(suspect)
        .chain(invalid)
        .collect();
    remarks.dedup();
    remarks
}

/// A limit that the generator may have had a part in.
fn suspect(level: &Level, capacity: &Capacity) -> Option<String> {
    let does_not = level
        .answer
        .does_not
        .filter(|_| level.answer.limit == Limit::Target)?;
    let at = capacity
        .trials
        .iter()
        .filter(|trial| trial.trial.load == does_not);
    let mut codes: Vec<&str> = at
        .filter(|trial| trial.status == Status::Suspect)
        .flat_map(|trial| trial.codes.iter().map(|code| code.name()))
        .collect();
    codes.sort_unstable();
    codes.dedup();
    (!codes.is_empty()).then(|| {
        format!(
            "trials at {} were suspect ({}): the generator may have had a part in it",
            load(does_not, capacity.vary),
            codes.join(", ")
        )
    })
}

/// Why the first invalid trial was.
fn invalid(capacity: &Capacity) -> Option<String> {
    let first = capacity
        .trials
        .iter()
        .find_map(|trial| match &trial.trial.outcome {
            Outcome::Invalid { because } => Some((trial.trial.load, because)),
            Outcome::Measured { .. } => None,
        });
    let count = capacity
        .trials
        .iter()
        .filter(|trial| trial.trial.is_invalid())
        .count();
    first.map(|(at, because)| {
        format!(
            "{count} of {} trials were invalid and do not count; the first at {}: {because}",
            capacity.trials.len(),
            load(at, capacity.vary)
        )
    })
}

/// How throughput goes with the load.
pub(super) fn usl(capacity: &Capacity) -> String {
    match (&capacity.usl, &capacity.usl_refused) {
        (Some(usl), _) => fitted(usl),
        (None, Some(refused)) => format!("no fit of the Universal Scalability Law: {refused}"),
        (None, None) => String::new(),
    }
}

fn fitted(usl: &Usl) -> String {
    let peak = match usl.load_max.zip(usl.throughput_max()) {
        Some((peak, throughput)) => format!(
            "most at {} streams: {} events/s",
            figures::count(peak.floor() as u64),
            figures::rate(throughput)
        ),
        None => format!(
            "no peak up to {} streams, twice what was measured",
            figures::count(usl.load_limit as u64)
        ),
    };
    let estimate = |name: &str, estimate: crate::analysis::capacity::Estimate| {
        format!(
            "{name} {:.3e} ({:.3e}..{:.3e})",
            estimate.value, estimate.low, estimate.high
        )
    };
    format!(
        "Universal Scalability Law: {peak}; {}, {}, {} (95 %)",
        estimate("lambda", usl.lambda),
        estimate("sigma", usl.sigma),
        estimate("kappa", usl.kappa)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::capacity::found_tests::{capacity, capacity_within, hard};
    use crate::verdict::Code;

    fn said(loss: impl Fn(f64) -> Option<f64>) -> String {
        answers(&capacity(&["failed_rate<1%"], loss)).join("\n")
    }

    #[test]
    fn the_answer_comes_with_its_bounds_and_with_what_the_limit_was() {
        let sentences = [
            (
                said(hard(400.0)),
                "failed_rate<1% holds up to 398 streams (398 holds, 415 does not)",
            ),
            (
                said(|_| Some(1.0)),
                "failed_rate<1% does not hold at 10 streams, the lowest load tried",
            ),
            (
                said(|_| Some(0.0)),
                "failed_rate<1% holds at 1,000 streams at least: no higher load was to be tried",
            ),
            (
                said(|load| (load <= 300.0).then_some(0.0)),
                "failed_rate<1% holds at 293 streams at least: the generator is the limit (293 holds, 306 cannot be measured)",
            ),
            (
                said(|_| None),
                "failed_rate<1% is not known: the generator is the limit, and no load could be measured",
            ),
        ];
        for (said, sentence) in sentences {
            assert_eq!(said, sentence);
        }
    }

    #[test]
    fn a_search_that_was_cut_short_says_what_it_knows() {
        let after = |trials_max| {
            let cut = capacity_within(trials_max, &["failed_rate<1%"], hard(400.0));
            answers(&cut).join("\n")
        };
        assert!(after(0).contains("no load was measured"));
        assert!(
            after(8).contains(
                "by short trials it holds at 320 streams, by short trials it does not at 453"
            ),
            "{}",
            after(8)
        );
    }

    #[test]
    fn a_limit_of_suspect_trials_and_invalid_ones_are_remarked_on() {
        let mut found = capacity(&["failed_rate<1%"], hard(400.0));
        let does_not = found.levels[0].answer.does_not.unwrap();
        assert_eq!(remarks(&found), Vec::<String>::new());
        for trial in &mut found.trials {
            if trial.trial.load == does_not {
                (trial.status, trial.codes) = (Status::Suspect, vec![Code::SharedCores]);
            }
        }
        assert!(remarks(&found)[0].contains("415 streams were suspect (shared_cores)"));
        let invalid = capacity(&["failed_rate<1%"], |load| (load < 300.0).then_some(0.0));
        assert!(remarks(&invalid)[0].contains("the first at 320 streams: client_lag: too late"));
    }
}
