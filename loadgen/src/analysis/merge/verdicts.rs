//! What may be believed of the whole: as much as of the worst shard.

use std::collections::BTreeMap;

use crate::measure::samples_needed;
use crate::report::Report;
use crate::verdict::{Code, Reason, Status, Verdict};

/// Every reason of any shard, of each code the worst. Too few events in each may be enough in all.
pub(super) fn merge(reports: &[&Report]) -> Verdict {
    let events: u64 = reports.iter().map(|report| report.throughput.events).sum();
    let is_enough = events >= samples_needed(0.99);
    let is_cured = |reason: &Reason| {
        is_enough && reason.code == Code::FewSamples && reason.severity == Status::Suspect
    };
    let mut reasons: BTreeMap<Code, &Reason> = BTreeMap::new();
    for reason in reports.iter().flat_map(|report| &report.verdict.reasons) {
        let worst = reasons.entry(reason.code).or_insert(reason);
        if worst.severity < reason.severity {
            *worst = reason;
        }
    }
    reasons.retain(|_, reason| !is_cured(reason));
    let reasons: Vec<Reason> = reasons.into_values().cloned().collect();
    let status = reasons.iter().map(|reason| reason.severity).max();
    Verdict {
        status: status.unwrap_or(Status::Valid),
        reasons,
    }
}
