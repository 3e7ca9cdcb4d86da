//! JUnit XML: a suite for each run, in which what CI has to know is a test case. It fails or errs exactly where the exit
//! code is not 0.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Run, text, tracked};
use crate::report::{Outcome, Report, ThresholdResult};
use crate::verdict::{Reason, Status};

/// Prints a document of all runs.
pub(super) fn print(runs: &[Run<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut document = Document::new("weir");
    document.add_test_suites(runs.iter().map(|run| suite(run.report)));
    document.serialize(out).map_err(io::Error::other)
}

fn suite(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new(tracked::benchmark(report));
    suite.timestamp = report.started_at.parse().ok();
    suite.add_property(("weir", report.tool.version.as_str()));
    suite.add_property(("target", report.headline.target.name()));
    suite.add_property(("verdict", report.verdict.status.name()));
    let window = Duration::try_from_secs_f64(report.throughput.window_s);
    suite.set_time(window.unwrap_or_default());
    let thresholds = report.thresholds.iter();
    suite.add_test_cases([streams(report), verdict(report)]);
    suite.add_test_cases(thresholds.map(|threshold| self::threshold(threshold, report)));
    suite
}

fn case(name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname("weir");
    case
}

fn error(kind: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type(kind).set_message(message);
    status
}

fn streams(report: &Report) -> TestCase {
    let summary = report.headline.summary.as_str();
    let status = match report.counters.streams_established {
        0 => error("could_not_run", "no stream was established"),
        _ if report.is_mostly_failed() && !report.is_spoilt() => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("streams").set_message(summary);
            status
        }
        _ => TestCaseStatus::success(),
    };
    let mut case = case("streams", status);
    case.set_system_out(summary);
    case
}

fn verdict(report: &Report) -> TestCase {
    let message = |reason: &Reason| format!("{}: {}", reason.severity.name(), reason.message);
    let reasons: Vec<String> = report.verdict.reasons.iter().map(message).collect();
    let reasons = reasons.join("\n");
    let status = match report.verdict.status {
        Status::Valid | Status::Suspect => TestCaseStatus::success(),
        Status::Invalid => error("invalid", &reasons),
    };
    let mut case = case("verdict", status);
    if !reasons.is_empty() {
        case.set_system_out(reasons);
    }
    case
}

/// What could not be said is an error; in a run that may not be believed nothing is said.
fn threshold(result: &ThresholdResult, report: &Report) -> TestCase {
    let remark = result.remark.as_deref();
    let limit = super::figures::of_unit(result.limit, result.unit);
    let observed = text::thresholds::observed(result);
    let found = format!("observed {observed}, the limit is {limit}");
    let found = remark.map_or(found.clone(), |remark| format!("{found}; {remark}"));
    let status = match (report.verdict.status, result.outcome) {
        (Status::Invalid, _) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("the run is invalid; {found}"));
            status
        }
        (_, Outcome::Passed) => TestCaseStatus::success(),
        (_, Outcome::Inconclusive) => error("inconclusive", &found),
        (_, Outcome::Failed) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("threshold").set_message(&found);
            status
        }
    };
    let mut case = case(&result.expression, status);
    case.set_system_out(found);
    case
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use crate::measure::Unit;
    use crate::report::tests::report;

    fn printed(report: &Report) -> String {
        let name = "a";
        let mut bytes = Vec::new();
        print(&[Run { name, report }], &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_suite_is_good_where_the_exit_code_is() {
        let outcomes = [Outcome::Passed, Outcome::Inconclusive, Outcome::Failed];
        for (outcome, status, established) in combinations(&outcomes) {
            let mut report = report();
            report.verdict.status = status;
            report.counters.streams_established = established;
            report.thresholds = vec![ThresholdResult {
                expression: "gap.p99<50ms".to_owned(),
                observed: Some(60e6),
                limit: 50e6,
                unit: Unit::Ns,
                outcome,
                passed: outcome == Outcome::Passed,
                remark: None,
            }];
            let xml = printed(&report);
            let is_good = !xml.contains("<failure") && !xml.contains("<error");
            let exit = Exit::of(&report);
            assert_eq!(is_good, exit == Exit::Success, "{exit:?} {xml}");
            assert_eq!(xml.contains("<skipped"), status == Status::Invalid);
            assert!(
                xml.contains("observed 60.0ms, the limit is 50.0ms"),
                "{xml}"
            );
        }
    }

    fn combinations(outcomes: &[Outcome]) -> impl Iterator<Item = (Outcome, Status, u64)> {
        let statuses = [Status::Valid, Status::Suspect, Status::Invalid];
        let pairs = outcomes
            .iter()
            .flat_map(move |&outcome| statuses.map(|status| (outcome, status)));
        pairs.flat_map(|(outcome, status)| [0, 5].map(|streams| (outcome, status, streams)))
    }

    #[test]
    fn the_time_is_that_of_the_report() {
        let xml = printed(&report());
        assert!(xml.contains(r#"timestamp="2026-01-02T03:04:05"#), "{xml}");
    }
}
