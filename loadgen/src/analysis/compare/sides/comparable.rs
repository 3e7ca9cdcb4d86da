//! Whether two sides can be held against each other at all.

use std::collections::BTreeSet;

use serde_json::Value;
use thiserror::Error;

use super::super::Options;
use super::difference::fields;
use super::{Difference, Run, copies::copies};
use crate::measure::{Metric, SequenceSource};
use crate::report::Report;

/// Why they cannot.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Incomparable {
    /// A side without a report.
    #[error("{side} has no report: a side is one report at least")]
    Empty {
        /// Which.
        side: &'static str,
    },
    /// Two runs were asked for different things.
    #[error("{first} and {second} were asked for different things: {what} is {} and {}{}", brief(.values.0.as_str()), brief(.values.1.as_str()), advice(.what, .first, .second))]
    Plans {
        /// A run.
        first: String,
        /// Another one.
        second: String,
        /// The plan's field.
        what: String,
        /// What each says.
        values: (String, String),
    },
    /// A run that is there twice.
    #[error(
        "{first} and {second} are the same run, and a run counts once: make more runs, not more copies of one"
    )]
    Copies {
        /// A run.
        first: String,
        /// The same one.
        second: String,
    },
    /// Their figures were taken in different ways.
    #[error("{first} and {second} were measured differently: {what} is {} and {}", .values.0, .values.1)]
    Sources {
        /// A run.
        first: String,
        /// Another one.
        second: String,
        /// What differs.
        what: &'static str,
        /// What each says.
        values: (String, String),
    },
    /// The share of false alarms makes no sense.
    #[error("alpha must lie above 0 and below 0.5; it is {alpha}")]
    Alpha {
        /// What was given, as text.
        alpha: String,
    },
    /// A look that was not planned.
    #[error("look {number} of {of} is not one of those planned")]
    Look {
        /// Its number.
        number: u32,
        /// How many were planned.
        of: u32,
    },
}

/// A value of a plan that fits into a message.
fn brief(value: &str) -> String {
    const WIDEST: usize = 80;
    if value.chars().count() <= WIDEST {
        return value.to_owned();
    }
    let head: String = value.chars().take(WIDEST).collect();
    format!("{head}...")
}

/// How to compare all the same, where the difference can be what is asked for.
fn advice(what: &str, first: &str, second: &str) -> String {
    let of_both = first.starts_with("base") && second.starts_with("head");
    let mut parts = Difference::ALL.into_iter();
    let part = parts.find(|part| of_both && part.name() == what);
    part.map_or_else(String::new, |part| {
        format!(" (if that is the question: --allow {part})")
    })
}

/// What of a plan may differ: where the target is, what is drawn, and what is asked of the figures afterwards. The threads
/// and local addresses are the generator's; of them there are remarks.
const MAY_DIFFER: [&str; 7] = [
    "url",
    "authority",
    "addrs",
    "seed",
    "thresholds",
    "threads",
    "local_addrs",
];

/// Refuses sides whose figures do not say the same thing.
pub(in super::super) fn check(runs: &[Run<'_>], options: &Options) -> Result<(), Incomparable> {
    if !(options.alpha > 0.0 && options.alpha < 0.5) {
        let alpha = options.alpha.to_string();
        return Err(Incomparable::Alpha { alpha });
    }
    let look = options.look;
    if look.number == 0 || look.number > look.of {
        let (number, of) = (look.number, look.of);
        return Err(Incomparable::Look { number, of });
    }
    let first_of = |is_head: bool, side: &'static str| {
        let first = runs.iter().find(|run| run.is_head == is_head);
        first.ok_or(Incomparable::Empty { side })
    };
    let (first, first_of_head) = (first_of(false, "base")?, first_of(true, "head")?);
    if let Some((first, second)) = copies(runs) {
        return Err(Incomparable::Copies { first, second });
    }
    for run in runs {
        if run.is_head {
            same_plan(first, run, &options.may_differ)?;
            same_plan(first_of_head, run, &[])?;
        } else {
            same_plan(first, run, &[])?;
        }
        same_sources(
            (&first.name, first.report),
            (&run.name, run.report),
            options,
        )?;
    }
    Ok(())
}

fn same_plan(
    first: &Run<'_>,
    second: &Run<'_>,
    allowed: &[Difference],
) -> Result<(), Incomparable> {
    let (one, other) = (fields(first.report), fields(second.report));
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    for name in names {
        let may_differ = MAY_DIFFER.contains(&name.as_str())
            || allowed.iter().any(|allowed| allowed.name() == name);
        if !may_differ && one.get(name) != other.get(name) {
            return Err(Incomparable::Plans {
                first: first.name.clone(),
                second: second.name.clone(),
                what: name.clone(),
                values: (said(one.get(name)), said(other.get(name))),
            });
        }
    }
    Ok(())
}

/// The parts of what was asked for that differ between the sides, each with what base and head say.
pub(super) fn differing<'run>(
    base: &Run<'run>,
    head: &Run<'run>,
) -> impl Iterator<Item = (Difference, String, String)> + use<'run> {
    let (base, head) = (fields(base.report), fields(head.report));
    let parts = Difference::ALL.into_iter();
    parts.filter_map(move |part| {
        let (of_base, of_head) = (base.get(part.name()), head.get(part.name()));
        let brief = |value| brief(&said(value));
        (of_base != of_head).then(|| (part, brief(of_base), brief(of_head)))
    })
}

fn said(value: Option<&Value>) -> String {
    value.map_or_else(|| "not given".to_owned(), Value::to_string)
}

/// Receive times of the kernel and of a program are not the same thing; where one side tells what was lost and the other
/// cannot, losses would look like none; and `delivery` counts from what says when events are due.
fn same_sources(
    first: (&str, &Report),
    second: (&str, &Report),
    options: &Options,
) -> Result<(), Incomparable> {
    // Where nothing came there is nothing to tell by, and nothing that would have to agree.
    if [first, second]
        .iter()
        .any(|(_, report)| report.counters.events == 0)
    {
        return Ok(());
    }
    let tells = |report: &Report| report.sequence != SequenceSource::None;
    let gates_delivery = options.metrics.is_empty()
        || options
            .metrics
            .iter()
            .any(|gated| gated.metric == Metric::Delivery);
    let (one, other) = (first.1, second.1);
    let differing = if one.rx != other.rx {
        Some(("rx", text(&one.rx), text(&other.rx)))
    } else if tells(one) != tells(other) {
        Some(("sequence", text(&one.sequence), text(&other.sequence)))
    } else if gates_delivery && one.due != other.due {
        Some(("due", text(&one.due), text(&other.due)))
    } else {
        None
    };
    differing.map_or(Ok(()), |(what, one, other)| {
        Err(Incomparable::Sources {
            first: first.0.to_owned(),
            second: second.0.to_owned(),
            what,
            values: (one, other),
        })
    })
}

fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("a name can be written")
}
