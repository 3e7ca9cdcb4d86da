//! What was asked of shards: load is added, all else has to be the same.

use serde_json::Value;

use super::MergeError;
use crate::load::{Arrivals, Process};
use crate::plan::threshold::Threshold;
use crate::plan::{Plan, Settings};
use crate::report::Report;

/// What each shard may have of its own. Thresholds are looked at apart.
const OWN: [&str; 9] = [
    "streams",
    "total_streams",
    "threads",
    "seed",
    "addrs",
    "local_addrs",
    "thresholds",
    "rate_per_s",
    "watch",
];

/// What is asked of the whole, with these thresholds or, without any, those that all have.
pub(super) fn merge(
    named: &[(String, Report)],
    thresholds: &[Threshold],
) -> Result<Settings, MergeError> {
    let ((name, first), rest) = named.split_first().expect("there are at least two reports");
    let mut sum = (*first.plan).clone();
    for (other, report) in rest {
        if let Some((what, of_first, of_second)) = difference(&first.plan, &report.plan) {
            return Err(MergeError::Plans {
                first: name.clone(),
                second: other.clone(),
                what,
                of_first: of_first.to_string(),
                of_second: of_second.to_string(),
            });
        }
        add(&mut sum, &report.plan);
    }
    if thresholds.is_empty() {
        same_thresholds(named)?;
    } else {
        sum.thresholds = thresholds.to_vec();
    }
    Ok(sum)
}

/// Whether shards drew the same instants, so that arrivals came together.
pub(super) fn share_arrivals(reports: &[&Report]) -> bool {
    let drawn = |report: &Report| match report.plan.load.arrivals {
        Some(arrivals) => (arrivals.process == Process::Poisson).then_some(report.plan.load.seed),
        None => None,
    };
    let seeds: Vec<u64> = reports.iter().filter_map(|report| drawn(report)).collect();
    (1..seeds.len()).any(|index| seeds[..index].contains(&seeds[index]))
}

/// Thresholds that are not the same for all are for none.
fn same_thresholds(named: &[(String, Report)]) -> Result<(), MergeError> {
    let (name, first) = &named[0];
    let expressions = |report: &Report| -> Vec<String> {
        let thresholds = report.thresholds.iter();
        thresholds.map(|result| result.expression.clone()).collect()
    };
    let differs = |(_, report): &&(String, Report)| expressions(report) != expressions(first);
    named.iter().find(differs).map_or(Ok(()), |(other, _)| {
        Err(MergeError::Thresholds(name.clone(), other.clone()))
    })
}

fn add(plan: &mut Settings, other: &Settings) {
    plan.load.streams = plan.load.streams.saturating_add(other.load.streams);
    plan.threads += other.threads;
    let totals = plan.load.total_streams.zip(other.load.total_streams);
    plan.load.total_streams = totals.map(|(total, more)| total.saturating_add(more));
    let arrivals = plan.load.arrivals.zip(other.load.arrivals);
    plan.load.arrivals = arrivals.map(|(arrivals, more)| Arrivals {
        rate_per_s: arrivals.rate_per_s + more.rate_per_s,
        ..arrivals
    });
    // Whoever of the shards watched the target did it for all.
    plan.watch = plan.watch.take().or_else(|| other.watch.clone());
    union(&mut plan.target.addrs, &other.target.addrs);
    union(&mut plan.local_addrs, &other.local_addrs);
}

fn union<T: Clone + PartialEq>(all: &mut Vec<T>, more: &[T]) {
    for one in more {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
}

/// The first place at which plans differ that should not, and what stands there.
fn difference(first: &Plan, second: &Plan) -> Option<(String, Value, Value)> {
    let value = |plan| serde_json::to_value(plan).expect("a plan is JSON");
    // Load of different kinds cannot be added: what has an end in streams, and what has none.
    let totals = [first, second].map(|plan| Value::from(plan.load.total_streams));
    let [of_first, of_second] = totals;
    if of_first.is_null() != of_second.is_null() {
        return Some(("plan.total_streams".to_owned(), of_first, of_second));
    }
    differing("plan", &value(first), &value(second))
}

fn differing(path: &str, first: &Value, second: &Value) -> Option<(String, Value, Value)> {
    let (Value::Object(ours), Value::Object(theirs)) = (first, second) else {
        return (first != second).then(|| (path.to_owned(), first.clone(), second.clone()));
    };
    let names = ours.keys().chain(theirs.keys());
    names
        .filter(|name| !OWN.contains(&name.as_str()))
        .find_map(|name| {
            let [ours, theirs] =
                [ours, theirs].map(|object| object.get(name).unwrap_or(&Value::Null));
            differing(&format!("{path}.{name}"), ours, theirs)
        })
}
