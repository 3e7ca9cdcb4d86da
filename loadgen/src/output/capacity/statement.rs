//! The answers, in sentences.

use super::{bare, grew, load, percent};
use crate::analysis::capacity::{
    Answer, Capacity, Failed, Level, Limit, Little, Outcome, Usl, Vary,
};
use crate::output::figures;
use crate::verdict::Status;

/// One for each level.
pub(super) fn answers(capacity: &Capacity) -> Vec<String> {
    let levels = capacity.levels.iter().enumerate();
    levels
        .map(|(index, level)| match level.answer.limit {
            Limit::FewSamples => undecided(level, index, capacity),
            _ => answer(level, capacity.vary),
        })
        .collect()
}

/// Of a level whose trials had too few samples.
fn undecided(level: &Level, index: usize, capacity: &Capacity) -> String {
    let vary = capacity.vary;
    let Answer {
        holds,
        does_not,
        undecided,
        ..
    } = level.answer;
    let at = |load: f64| self::load(load, vary);
    let trials = capacity.trials.iter().map(|found| &found.trial);
    let trials = trials.filter(|trial| Some(trial.load) == undecided);
    let why = trials
        .filter_map(|trial| trial.undecided(index))
        .next_back();
    let upper = does_not.map(|load| format!(", and does not hold at {}", at(load)));
    let lower = holds.map(|load| format!(" it holds at {};", at(load)));
    format!(
        "{} is not decided:{} at {} a trial has {}{} (longer --trial; for a latency of a stream's beginning, streams that end: -e)",
        level.expression,
        lower.unwrap_or_default(),
        undecided.map(at).unwrap_or_default(),
        why.unwrap_or("too few samples"),
        upper.unwrap_or_default()
    )
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
        confirmed,
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
        holds
            .filter(|_| !confirmed)
            .map(|_| "no longer trial has confirmed that".to_owned()),
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
    let why = capacity
        .levels
        .iter()
        .flat_map(|level| why(level, capacity.vary));
    let mut remarks: Vec<String> = Vec::new();
    let all = fixed.into_iter().flatten().chain(why).chain(suspect);
    for remark in all.chain(little(capacity)).chain(invalid(capacity)) {
        // Several levels often have the same limit for the same reason.
        if !remarks.contains(&remark) {
            remarks.push(remark);
        }
    }
    remarks
}

/// What the target said or showed at the lowest load that does not hold.
fn why(level: &Level, vary: Vary) -> Vec<String> {
    let Some((why, does_not)) = level.why.as_ref().zip(level.answer.does_not) else {
        return Vec::new();
    };
    let at = load(does_not, vary);
    let failed = why.failed.as_ref().map(|failed| {
        let Failed {
            kind,
            streams,
            of,
            sample,
            from,
        } = failed;
        format!(
            "streams failed from {} on: at {at} {} of {} by {}, the first with: {sample}",
            load(*from, vary),
            figures::count(*streams),
            figures::count(*of),
            kind.name()
        )
    });
    let part = |part: f64, what: &str| {
        (part > 0.0).then(|| format!("at {at} {} of the streams {what}", percent(part)))
    };
    let grew = why
        .grows
        .as_ref()
        .map(|growth| format!("at {at} {}: such a load is not carried", grew(growth)));
    let lost = why.streams_lost;
    let all = [
        failed,
        part(lost.starved, "never had an event, and did not fail"),
        part(lost.stalled, "stalled for good"),
        grew,
    ];
    all.into_iter().flatten().collect()
}

/// Where streams are not arrivals x lifetime, the first such load with its figures.
fn little(capacity: &Capacity) -> Option<String> {
    let trials = capacity.trials.iter();
    let mut wrong: Vec<(f64, Little)> = trials
        .filter_map(|found| Some((found.trial.load, found.little?)))
        .filter(|(_, little)| !little.holds())
        .collect();
    wrong.sort_by(|one, other| one.0.total_cmp(&other.0));
    wrong.dedup_by(|one, other| one.0 == other.0);
    let (lowest, little) = wrong.first()?;
    let lived = little.lifetime_s.map_or_else(
        || "none of which ended".to_owned(),
        |lifetime_s| format!("which lived {lifetime_s:.2} s"),
    );
    let verb = if little.streams_open > little.expected() {
        "they pile up, or live longer than a trial (--warmup and --trial)"
    } else {
        "the trial was not steady"
    };
    Some(format!(
        "Little's law does not hold at {} of the loads, the lowest {}: {} streams were open, and {} a second, {lived}, make {}: {verb}",
        wrong.len(),
        load(*lowest, capacity.vary),
        figures::rate(little.streams_open),
        figures::rate(little.arrivals_per_s),
        figures::rate(little.expected())
    ))
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
    use crate::analysis::capacity::{Growth, LostStreams, Why};
    use crate::measure::{ErrorKind, Metric};
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

    #[test]
    fn a_limit_says_what_the_target_said() {
        let mut found = capacity(&["failed_rate<1%"], hard(400.0));
        found.levels[0].why = Some(Why {
            failed: Some(Failed {
                kind: ErrorKind::HttpStatus,
                streams: 17,
                of: 415,
                sample: "status 503 Service Unavailable, body: full".to_owned(),
                from: 415.0,
            }),
            streams_lost: LostStreams {
                starved: 0.25,
                ..LostStreams::default()
            },
            grows: Some(Growth {
                metric: Metric::Delivery,
                quantile: 0.5,
                from_ns: 12_000_000,
                to_ns: 80_000_000,
            }),
        });
        let said = remarks(&found).join("\n");
        for part in [
            "streams failed from 415 streams on: at 415 streams 17 of 415 by http_status, the first with: status 503",
            "at 415 streams 25.0 % of the streams never had an event",
            "delivery p50 grew through the trial",
            "such a load is not carried",
        ] {
            assert!(said.contains(part), "{said}");
        }
    }

    #[test]
    fn too_few_samples_are_named_with_what_to_do() {
        let mut found = capacity(&["failed_rate<1%"], hard(400.0));
        let answer = &mut found.levels[0].answer;
        (answer.limit, answer.holds, answer.undecided) = (Limit::FewSamples, None, Some(398.0));
        for trial in &mut found.trials {
            trial.trial.outcome = Outcome::Measured {
                loss_ratios: vec![0.0],
                undecided: vec![Some("40 samples, a p99 needs 662".into())],
                grows: None,
            };
        }
        let said = answers(&found).join("\n");
        assert!(
            said.contains("is not decided: at 398 streams a trial has 40 samples, a p99 needs 662"),
            "{said}"
        );
        assert!(
            said.contains("does not hold at 415") && said.contains("--trial"),
            "{said}"
        );
    }

    #[test]
    fn a_load_whose_streams_pile_up_is_named() {
        let mut found = capacity(&["failed_rate<1%"], hard(400.0));
        for trial in &mut found.trials {
            trial.little = (trial.trial.load > 200.0).then_some(Little {
                streams_open: 900.0,
                arrivals_per_s: 100.0,
                lifetime_s: Some(2.0),
            });
        }
        let said = remarks(&found).join("\n");
        assert!(
            said.contains("Little's law does not hold") && said.contains("they pile up"),
            "{said}"
        );
    }
}
