//! What was found as JUnit XML: a suite for the search, a test case a level. It fails or errs exactly where the exit code is not 0.

use std::io;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{answers, remarks};
use crate::analysis::capacity::{Capacity, Limit};
use crate::output::Destination;

/// Writes the document.
///
/// # Errors
/// When it cannot be written.
pub fn write(found: &Capacity, destination: &Destination) -> io::Result<()> {
    let document = document(found).to_string().map_err(io::Error::other)?;
    destination.write(document.as_bytes())
}

fn document(found: &Capacity) -> Document {
    let mut suite = TestSuite::new(format!("capacity of {}", found.url));
    suite.timestamp = found.started_at.parse().ok();
    suite.add_property(("weir", found.tool.version.as_str()));
    let levels = found.levels.iter().zip(answers(found));
    suite.add_test_cases(levels.map(|(level, answer)| {
        let status = status(level.answer.limit, &answer);
        let mut case = TestCase::new(level.expression.as_str(), status);
        case.set_classname("weir");
        case.set_system_out([vec![answer], remarks(found)].concat().join("\n"));
        case
    }));
    let mut document = Document::new("weir capacity");
    document.add_test_suite(suite);
    document
}

fn status(limit: Limit, answer: &str) -> TestCaseStatus {
    let (kind, name) = match limit {
        Limit::Target | Limit::Asked => return TestCaseStatus::success(),
        Limit::TargetBelow => (NonSuccessKind::Failure, "does_not_hold"),
        Limit::Generator => (NonSuccessKind::Error, "generator"),
        Limit::FewSamples => (NonSuccessKind::Error, "few_samples"),
        Limit::Unfinished => (NonSuccessKind::Error, "unfinished"),
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(name).set_message(answer);
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::capacity::found_tests::{capacity, capacity_within, hard};
    use crate::exit::Exit;

    #[test]
    fn a_suite_is_good_where_the_exit_code_is() {
        let level = ["failed_rate<1%"];
        for found in [
            capacity(&level, hard(400.0)),
            capacity(&level, |_| Some(0.0)),
            capacity(&level, |_| Some(1.0)),
            capacity(&level, |_| None),
            capacity(&level, |load| (load < 300.0).then_some(0.0)),
            capacity_within(9, &level, hard(400.0)),
        ] {
            let document = document(&found).to_string().unwrap();
            let bad = document.contains("<failure") || document.contains("<error");
            assert_eq!(bad, found.exit() != Exit::Success, "{document}");
            let failed = document.contains("<failure");
            assert_eq!(failed, found.exit() == Exit::Breached, "{document}");
            assert!(
                document.contains("name=\"failed_rate&lt;1%\""),
                "{document}"
            );
        }
    }
}
