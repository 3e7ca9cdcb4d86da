//! Runs after which a search makes no sense.

use thiserror::Error;

use super::super::Slo;
use crate::report::Report;

/// What the first trial, of the lowest load, may find: it is not the load that it fails of.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unusable {
    /// The target refuses every stream.
    #[error("no stream was established: {failed} of {started} failed, the first with: {with}")]
    Refused {
        /// Streams that failed.
        failed: u64,
        /// Of so many.
        started: u64,
        /// How the first of the most frequent kind did: for a response, its status and the beginning of its body.
        with: String,
    },
    /// Nothing that it sends says anything of a level.
    #[error("the service level {expression:?} cannot be told of this target: {reason}")]
    Untold {
        /// The level.
        expression: String,
        /// Why, and what to do about it.
        reason: &'static str,
    },
}

impl Unusable {
    /// What makes a run useless, if something does, whoever's fault the rest of it is.
    #[must_use]
    pub fn of(report: &Report, slos: &[Slo]) -> Option<Self> {
        refused(report).or_else(|| {
            let untold = |slo: &Slo| {
                Some(Self::Untold {
                    expression: slo.threshold.expression().to_owned(),
                    reason: slo.untold_in(report)?,
                })
            };
            slos.iter().find_map(untold)
        })
    }
}

fn refused(report: &Report) -> Option<Unusable> {
    let counters = &report.counters;
    let by_target = report.errors.iter().filter(|(kind, _)| !kind.is_local());
    let (kind, _) = by_target.max_by_key(|(_, count)| **count)?;
    (counters.streams_established == 0).then(|| Unusable::Refused {
        failed: counters.streams_failed,
        started: counters.streams_started,
        with: report
            .error_samples
            .get(kind)
            .map_or(kind.name(), String::as_str)
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::measurement::tests::report;
    use super::*;
    use crate::measure::{DueSource, ErrorKind, SequenceSource};

    #[test]
    fn a_target_that_refuses_everything_is_quoted() {
        let mut report = report(10);
        report.counters.streams_failed = 10;
        report.errors = [(ErrorKind::HttpStatus, 9), (ErrorKind::LocalPorts, 1)].into();
        let sample = "status 404 Not Found, body: no such path".to_owned();
        report.error_samples = [(ErrorKind::HttpStatus, sample)].into();
        assert_eq!(Unusable::of(&report, &[]), None, "some were established");
        report.counters.streams_established = 0;
        let said = Unusable::of(&report, &[]).unwrap().to_string();
        assert!(said.contains("10 of 10 failed"), "{said}");
        assert!(said.contains("404 Not Found, body: no such path"), "{said}");
        report.errors = [(ErrorKind::LocalPorts, 10)].into();
        assert_eq!(Unusable::of(&report, &[]), None, "it was not the target");
    }

    #[test]
    fn a_level_that_nothing_tells_is_named_with_what_to_do() {
        let mut report = report(10);
        (report.due, report.sequence) = (DueSource::None, SequenceSource::None);
        let said = |report: &Report, level: &str| {
            let slos = ["failed_rate<1%", level].map(|slo| slo.parse().unwrap());
            Unusable::of(report, &slos).map(|unusable| unusable.to_string())
        };
        assert_eq!(said(&report, "delivery.p99<1s"), None, "no event came");
        report.throughput.events = 100;
        let delivery = said(&report, "delivery.p99<1s").unwrap();
        assert!(delivery.contains("--expect-interval"), "{delivery}");
        assert!(said(&report, "lost==0").unwrap().contains("ids"));
        assert!(said(&report, "wire.p99<1s").unwrap().contains("stamps"));
        assert_eq!(said(&report, "gap.p99<1s"), None);
        report.due = DueSource::ExpectInterval;
        assert_eq!(said(&report, "delivery.p99<1s"), None);
        assert!(said(&report, "server_lag.p99<1s").is_some());
    }
}
