//! Reports of the shards of one run, added up to the report of the whole.
//!
//! Histograms, counters and errors are added exactly; what is made from them is made anew. What cannot be exact says so in a
//! note: the peak of open streams, where shards had theirs at different times.

mod intervals;
mod latencies;
mod parts;
mod plans;
mod rates;
mod usage;
mod verdicts;
mod windows;

use std::collections::BTreeMap;
use std::time::Duration;

use thiserror::Error;

use super::threshold::judge;
use crate::measure::{Counters, DueSource, ErrorKind, Rx, SeenPeriods};
use crate::plan::threshold::Threshold;
use crate::plan::{Plan, PlanError};
use crate::report::{ExpectedInterval, Headline, Interval, Note, NoteCode, Origin, Report, SCHEMA};

use self::intervals::Aligned;
use self::latencies::Figures;
use self::windows::Windows;

/// Why reports cannot be added up.
#[derive(Debug, Error)]
pub enum MergeError {
    /// There is nothing to add.
    #[error("there is one report, {0}: it takes two to merge")]
    Alone(String),
    /// It would count twice.
    #[error("{0} and {1} cannot be added: both hold the run that began at {2}")]
    Twice(String, String, String),
    /// They did not do the same.
    #[error("{first} and {second} cannot be added: {what} differs: {of_first} and {of_second}")]
    Plans {
        /// The first report.
        first: String,
        /// The one that differs from it.
        second: String,
        /// Where, as a path in the report.
        what: String,
        /// What stands there, as JSON.
        of_first: String,
        /// Likewise.
        of_second: String,
    },
    /// They were not asked the same.
    #[error(
        "{0} and {1} were held against different thresholds: say which hold for both (--threshold)"
    )]
    Thresholds(String, String),
    /// They did not measure at the same time.
    #[error("{0} and {1} cannot be added: their measuring times do not overlap")]
    Apart(String, String),
    /// What all of them did together cannot be planned.
    #[error("what all of them did together cannot be planned")]
    Plan(#[from] PlanError),
    /// A report says no time at which it began.
    #[error("{0} does not say when it was started: {1:?} is no time (RFC 3339)")]
    Time(String, String),
}

/// Adds up reports, each with the name it goes by. `thresholds` are held against the whole; without any, those that all
/// reports were held against.
///
/// # Errors
/// When the reports are not shards of one run.
pub fn merge(named: &[(String, Report)], thresholds: &[Threshold]) -> Result<Report, MergeError> {
    if let [(name, _)] = named {
        return Err(MergeError::Alone(name.clone()));
    }
    let origins = origins(named)?;
    let plan = Plan::build(plans::merge(named, thresholds)?)?;
    let windows = Windows::of(named)?;
    let reports: Vec<&Report> = named.iter().map(|(_, report)| report).collect();
    let first = reports[0];
    let counters = counters(&reports);
    let aligned = Aligned::of(&reports, &windows);
    let throughput = rates::throughput(&reports, &windows, aligned.as_ref());
    let figures: Vec<_> = named
        .iter()
        .map(|(_, report)| Figures::of(report))
        .collect();
    let histograms = latencies::histograms(&figures);
    let due = due(&reports);
    let intervals = aligned.as_ref().map(Aligned::sum);
    let expected_interval = expected_interval(&reports, plan.expect_interval);
    let mut notes = Note::of(&counters, due, plan.expect_interval, expected_interval);
    let own = own_notes(&reports, &windows, intervals.as_deref(), &counters);
    notes.extend(own);
    let any = |what: fn(&Report) -> bool| reports.iter().any(|report| what(report));
    let merged = Report {
        schema: SCHEMA.to_owned(),
        tool: first.tool.clone(),
        started_at: windows.started_at(&reports),
        machine: first.machine.clone(),
        rx: rx(&reports),
        sequence: reports
            .iter()
            .map(|report| report.sequence)
            .max()
            .unwrap_or_default(),
        due,
        expected_interval,
        interrupted: any(|report| report.interrupted),
        given_up: any(|report| report.given_up),
        aborted: reports.iter().find_map(|report| report.aborted.clone()),
        headline: Headline::default(),
        verdict: verdicts::merge(&reports),
        notes,
        errors: errors(&reports),
        error_samples: error_samples(&reports),
        latency: latencies::merge(&figures, &histograms),
        cohorts: parts::cohorts(&reports),
        phases: parts::phases(&reports),
        resources: usage::resources(&reports),
        server: usage::served(&reports),
        target: usage::target(&reports, &counters),
        thresholds: Vec::new(),
        intervals: intervals.unwrap_or_default(),
        histograms: latencies::encoded(&histograms),
        merged_from: origins,
        plan,
        counters,
        throughput,
        truth: None,
    };
    let thresholds = judge(&merged.plan.thresholds, &merged);
    Ok(merged.judged(thresholds))
}

/// Where all of it comes from, nothing of it twice.
fn origins(named: &[(String, Report)]) -> Result<Vec<Origin>, MergeError> {
    let mut origins: Vec<(&str, Origin)> = Vec::new();
    for (name, report) in named {
        let own = match report.merged_from.as_slice() {
            [] => vec![Origin::of(name, report)],
            merged => merged.to_vec(),
        };
        for origin in own {
            if let Some((other, _)) = origins.iter().find(|(_, known)| known.is_same_run(&origin)) {
                let names = ((*other).to_owned(), name.clone());
                return Err(MergeError::Twice(names.0, names.1, origin.started_at));
            }
            origins.push((name, origin));
        }
    }
    Ok(origins.into_iter().map(|(_, origin)| origin).collect())
}

/// Kernel receive times only if all of them are.
fn rx(reports: &[&Report]) -> Rx {
    if reports.iter().any(|report| report.rx == Rx::User) {
        Rx::User
    } else {
        Rx::Kernel
    }
}

/// That of all streams together; shards agree on what was given.
fn expected_interval(reports: &[&Report], given: Option<Duration>) -> Option<ExpectedInterval> {
    let mut seen = SeenPeriods::NONE;
    for of_shard in reports.iter().filter_map(|report| report.expected_interval) {
        seen.merge(of_shard.seen());
    }
    ExpectedInterval::of(given?, seen)
}

/// The best that any of them had.
fn due(reports: &[&Report]) -> DueSource {
    let due = reports.iter().map(|report| report.due);
    due.max().unwrap_or_default()
}

/// All counts; of the open streams as many as can have been open at one time.
fn counters(reports: &[&Report]) -> Counters {
    let mut sum = Counters::default();
    for report in reports {
        sum.merge(&report.counters);
    }
    let peaks = reports
        .iter()
        .map(|report| report.counters.streams_open_peak);
    sum.streams_open_peak = peaks.sum();
    sum
}

fn errors(reports: &[&Report]) -> BTreeMap<ErrorKind, u64> {
    let mut sum = BTreeMap::new();
    for (kind, count) in reports.iter().flat_map(|report| &report.errors) {
        *sum.entry(*kind).or_default() += count;
    }
    sum
}

fn error_samples(reports: &[&Report]) -> BTreeMap<ErrorKind, String> {
    let mut samples = BTreeMap::new();
    for (kind, sample) in reports.iter().flat_map(|report| &report.error_samples) {
        samples.entry(*kind).or_insert_with(|| sample.clone());
    }
    samples
}

/// What has to be known of a sum.
fn own_notes(
    reports: &[&Report],
    windows: &Windows,
    intervals: Option<&[Interval]>,
    counters: &Counters,
) -> Vec<Note> {
    let peak = peak(intervals, counters.streams_open_peak);
    let differs = |what: fn(&Report) -> String| {
        reports
            .iter()
            .any(|report| what(report) != what(reports[0]))
    };
    let machines = differs(|report| format!("{:?}", report.machine))
        .then(|| "shards ran on different machines: the first one's stands here".to_owned());
    let tools = differs(|report| format!("{:?}", report.tool)).then(|| {
        "shards were measured by different builds of weir: the first one's stands here".to_owned()
    });
    let targets = (reports.iter().any(|report| report.target.is_some())
        && !usage::same_target(reports))
    .then(|| "shards watched different targets' use: it is left out".to_owned());
    let seeds = plans::share_arrivals(reports).then(|| {
        "shards drew their arrivals from the same seed: streams arrived at the same instants in each, which is no Poisson process of \
         the sum"
            .to_owned()
    });
    let windows = windows.remark(reports, intervals.is_some());
    let own = [windows, peak, machines, tools, targets, seeds];
    let own = own.into_iter().flatten().map(|message| Note {
        code: NoteCode::Merged,
        message,
    });
    let before = reports.iter().flat_map(|report| &report.notes);
    let before = before.filter(|note| note.code == NoteCode::Merged).cloned();
    own.chain(before).collect()
}

/// What has to be known of the peak of open streams, if it may be less than the sum of the shards' own.
fn peak(intervals: Option<&[Interval]>, peak: u64) -> Option<String> {
    let ends = intervals.map(|intervals| intervals.iter().map(|interval| interval.streams_open));
    let seen = ends.map(|ends| ends.max().unwrap_or(0));
    if seen.is_some_and(|open| open >= peak) {
        return None;
    }
    let seen = seen.map_or_else(String::new, |open| {
        format!(", {open} at the end of an interval")
    });
    Some(format!(
        "at most {peak} streams were open at one time{seen}: shards know their own peaks only"
    ))
}

#[cfg(test)]
mod tests;
