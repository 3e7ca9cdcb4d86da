//! What else has to be known to read a comparison.

use std::collections::BTreeMap;

use super::comparable::named;
use crate::report::Report;
use crate::verdict::Status;

/// Runs that may not be believed, one line each. One in which nothing came since streams failed may.
pub(super) fn invalid(base: &[Report], head: &[Report]) -> Vec<String> {
    named(base, head)
        .filter(|(_, report)| report.is_spoilt())
        .map(|(name, report)| format!("{name} is invalid: {}", reasons(report, Status::Invalid)))
        .collect()
}

/// Everything else.
pub(super) fn all(base: &[Report], head: &[Report]) -> Vec<String> {
    let mut remarks: Vec<String> = named(base, head).flat_map(of_run).collect();
    remarks.extend(suspect(base, head));
    let first = &base[0];
    let differing = |what: &str, differs: fn(&Report, &Report) -> bool| {
        let (other, _) = named(base, head).find(|(_, report)| differs(first, report))?;
        Some(format!("base run 1 and {other} differ in {what}"))
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
        differing("the path that was asked for", |one, other| {
            one.plan.target.path != other.plan.target.path
        }),
        differing("what tells lost events", |one, other| {
            one.sequence != other.sequence
        }),
    ];
    remarks.extend(differences.into_iter().flatten());
    remarks
}

fn of_run((name, report): (String, &Report)) -> Vec<String> {
    let ended = [
        (report.interrupted, "was interrupted"),
        (
            report.given_up,
            "was given up, since nothing but failures came of it",
        ),
        (report.aborted.is_some(), "was ended by a threshold"),
    ];
    let local = report.local_failures();
    let ended = ended.into_iter().filter(|(is_so, _)| *is_so);
    let mut remarks: Vec<String> = ended.map(|(_, what)| format!("{name} {what}")).collect();
    if local > 0 {
        remarks.push(format!(
            "{name} lacked ports or descriptors for {local} streams: neither side's fault"
        ));
    }
    remarks
}

/// Runs to be read with reasons in mind, those with the same ones in one line.
fn suspect(base: &[Report], head: &[Report]) -> Vec<String> {
    let mut by_reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, report) in named(base, head) {
        if report.verdict.status == Status::Suspect {
            let reasons = reasons(report, Status::Suspect);
            by_reasons.entry(reasons).or_default().push(name);
        }
    }
    let line = |(reasons, names): (String, Vec<String>)| {
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
