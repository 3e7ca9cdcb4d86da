//! Reports that are the same run: it counts once, or chance would have as many runs as there are copies.

use super::Run;
use crate::report::{Origin, Report};

/// Two names of one run, if there are such: the same reading of the same run under whatever name, on either side or on both,
/// and a merged report beside one of those that it was made of.
pub(super) fn copies(runs: &[Run<'_>]) -> Option<(String, String)> {
    let origins: Vec<Vec<Origin>> = runs.iter().map(|run| origins(run.report)).collect();
    let shares = |one: &[Origin], other: &[Origin]| {
        let mut pairs = one
            .iter()
            .flat_map(|one| other.iter().map(move |other| (one, other)));
        pairs.any(|(one, other)| one.is_same_run(other))
    };
    let pairs =
        (0..runs.len()).flat_map(|one| (one + 1..runs.len()).map(move |other| (one, other)));
    let mut same = pairs.filter(|&(one, other)| shares(&origins[one], &origins[other]));
    same.next()
        .map(|(one, other)| (runs[one].name.clone(), runs[other].name.clone()))
}

/// The run itself, and what it was merged from.
fn origins(report: &Report) -> Vec<Origin> {
    let mut origins = report.merged_from.clone();
    origins.push(Origin::of("", report));
    origins
}
