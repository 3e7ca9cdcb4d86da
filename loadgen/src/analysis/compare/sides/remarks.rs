//! What else has to be known to read a comparison.

use std::collections::BTreeMap;

use super::Run;
use super::comparable::differing;
use crate::report::Report;
use crate::verdict::Status;

/// Runs that may not be believed, one line each: by their verdict, or by a reason that it passes over. One in which nothing came
/// since streams failed may.
pub(in super::super) fn invalid(runs: &[Run<'_>]) -> Vec<String> {
    let spoilt = |run: &&Run<'_>| run.report.is_spoilt() || run.report.spoilt_by().is_some();
    let line = |run: &Run<'_>| {
        let reasons = reasons(run.report, Status::Invalid);
        format!("{} is invalid: {reasons}", run.name)
    };
    runs.iter().filter(spoilt).map(line).collect()
}

/// What keeps the sides from passing, whatever their figures say: runs that are not what was asked for, one line each.
pub(in super::super) fn doubts(runs: &[Run<'_>]) -> Vec<String> {
    let of_run = |run: &Run<'_>| {
        let report = run.report;
        let doubts = [
            (report.interrupted, "was interrupted"),
            (
                report.given_up,
                "was given up, since nothing but failures came of it",
            ),
            (report.aborted.is_some(), "was ended by a threshold"),
            (
                report.lacks_series(),
                "has no seconds, so that it is not known how surely it knows its figures",
            ),
        ];
        let name = run.name.clone();
        let found = doubts.into_iter().filter(|(is_so, _)| *is_so);
        found.map(move |(_, what)| format!("{name} {what}"))
    };
    runs.iter().flat_map(of_run).collect()
}

/// Everything else.
pub(in super::super) fn all(runs: &[Run<'_>]) -> Vec<String> {
    let mut remarks: Vec<String> = runs.iter().filter_map(of_run).collect();
    remarks.extend(suspect(runs));
    let first = &runs[0];
    let first_of_head = runs.iter().find(|run| run.is_head);
    let allowed = first_of_head
        .into_iter()
        .flat_map(|head| differing(first, head));
    remarks.extend(allowed.map(|(part, base, head)| {
        format!("the {part} differs, as it may: base {base}, head {head}")
    }));
    let differing = |what: &str, differs: fn(&Report, &Report) -> bool| {
        let other = runs.iter().find(|run| differs(first.report, run.report))?;
        Some(format!(
            "{} and {} differ in {what}",
            first.name, other.name
        ))
    };
    let differences = [
        differing(
            "the machine that measured: a difference may be the machine's",
            |one, other| one.machine != other.machine,
        ),
        differing("the version of weir", |one, other| {
            (&one.tool.version, &one.tool.revision) != (&other.tool.version, &other.tool.revision)
        }),
        differing(
            "the generator's threads or local addresses",
            |one, other| {
                (one.plan.threads, &one.plan.local_addrs)
                    != (other.plan.threads, &other.plan.local_addrs)
            },
        ),
        differing("what tells lost events", |one, other| {
            one.sequence != other.sequence
        }),
    ];
    remarks.extend(differences.into_iter().flatten());
    remarks
}

fn of_run(run: &Run<'_>) -> Option<String> {
    let local = run.report.local_failures();
    (local > 0).then(|| {
        format!(
            "{} lacked ports or descriptors for {local} streams: neither side's fault",
            run.name
        )
    })
}

/// Runs to be read with reasons in mind, those with the same ones in one line.
fn suspect(runs: &[Run<'_>]) -> Vec<String> {
    let mut by_reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for run in runs {
        if run.report.verdict.status == Status::Suspect {
            let reasons = reasons(run.report, Status::Suspect);
            by_reasons.entry(reasons).or_default().push(&run.name);
        }
    }
    let line = |(reasons, names): (String, Vec<&str>)| {
        let are = if names.len() == 1 { "is" } else { "are" };
        format!("{} {are} suspect: {reasons}", names.join(", "))
    };
    by_reasons.into_iter().map(line).collect()
}

fn reasons(report: &Report, severity: Status) -> String {
    let reasons = report.verdict.reasons.iter();
    let codes = reasons
        .filter(|reason| reason.severity == severity)
        .map(|reason| reason.code.name());
    codes.collect::<Vec<_>>().join(", ")
}
