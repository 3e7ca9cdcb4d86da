//! Whether two sides can be held against each other at all.

use std::collections::BTreeSet;

use serde_json::Value;
use thiserror::Error;

use super::Options;
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
    #[error("{first} and {second} were asked for different things: {what} is {} and {}", brief(.values.0.as_str()), brief(.values.1.as_str()))]
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
pub(super) fn check(
    base: &[Report],
    head: &[Report],
    options: &Options,
) -> Result<(), Incomparable> {
    if !(options.alpha > 0.0 && options.alpha < 0.5) {
        let alpha = options.alpha.to_string();
        return Err(Incomparable::Alpha { alpha });
    }
    let look = options.look;
    if look.number == 0 || look.number > look.of {
        let (number, of) = (look.number, look.of);
        return Err(Incomparable::Look { number, of });
    }
    for (side, reports) in [("base", base), ("head", head)] {
        if reports.is_empty() {
            return Err(Incomparable::Empty { side });
        }
    }
    let mut runs = named(base, head);
    let (first_name, first) = runs.next().expect("base has a report");
    let paths_may_differ = options.paths_may_differ;
    for (name, report) in runs {
        let of_head = name.starts_with("head");
        same_plan(
            (&first_name, first),
            (&name, report),
            paths_may_differ && of_head,
        )?;
        same_sources((&first_name, first), (&name, report), options)?;
    }
    if paths_may_differ {
        for (at, report) in head.iter().enumerate().skip(1) {
            let name = format!("head run {}", at + 1);
            same_plan(("head run 1", &head[0]), (&name, report), false)?;
        }
    }
    Ok(())
}

/// Every run with what it is called.
pub(super) fn named<'reports>(
    base: &'reports [Report],
    head: &'reports [Report],
) -> impl Iterator<Item = (String, &'reports Report)> {
    let side = |name: &'static str, reports: &'reports [Report]| {
        let numbered = reports.iter().enumerate();
        numbered.map(move |(at, report)| (format!("{name} run {}", at + 1), report))
    };
    side("base", base).chain(side("head", head))
}

fn same_plan(
    first: (&str, &Report),
    second: (&str, &Report),
    paths_may_differ: bool,
) -> Result<(), Incomparable> {
    let plan = |report: &Report| match serde_json::to_value(&report.plan) {
        Ok(Value::Object(fields)) => fields,
        _ => unreachable!("a plan is written as an object"),
    };
    let (one, other) = (plan(first.1), plan(second.1));
    let fields: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    for field in fields {
        let may_differ =
            MAY_DIFFER.contains(&field.as_str()) || (paths_may_differ && field == "path");
        let said = |fields: &serde_json::Map<String, Value>| {
            fields
                .get(field)
                .map_or_else(|| "not given".to_owned(), Value::to_string)
        };
        if !may_differ && one.get(field) != other.get(field) {
            return Err(Incomparable::Plans {
                first: first.0.to_owned(),
                second: second.0.to_owned(),
                what: field.clone(),
                values: (said(&one), said(&other)),
            });
        }
    }
    Ok(())
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
