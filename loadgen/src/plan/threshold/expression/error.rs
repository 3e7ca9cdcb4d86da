//! What is wrong with an expression, where, and what was expected there.

use thiserror::Error;

use super::super::figure::{Unknown, names, stat_names};

/// Why an expression is none: shown with a mark below the place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{problem}\n  {expression}\n  {space:column$}^ expected {expected}",
    space = ""
)]
pub struct ExpressionError {
    /// As typed.
    pub expression: String,
    /// Where, in characters from 0.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
    /// What was expected there.
    pub expected: String,
}

/// What is wrong, while the expression is being read.
#[derive(Debug)]
pub(super) struct Wrong {
    /// In bytes.
    pub(super) at: usize,
    pub(super) problem: String,
    pub(super) expected: String,
}

impl Wrong {
    pub(super) fn of(self, expression: &str) -> ExpressionError {
        let Self {
            at,
            problem,
            expected,
        } = self;
        ExpressionError {
            expression: expression.to_owned(),
            column: expression[..at].chars().count(),
            problem,
            expected,
        }
    }

    /// A name that names nothing.
    pub(super) fn name(at: usize, name: &str, unknown: &Unknown) -> Self {
        match unknown {
            Unknown::Stat(stat_at) => Self {
                at: at + stat_at,
                problem: format!("{name:?} does not say what of the latency"),
                expected: stat_names(),
            },
            Unknown::Figure => Self {
                at,
                problem: unknown_name(name),
                expected: expected_names(),
            },
        }
    }
}

fn unknown_name(name: &str) -> String {
    if name.is_empty() {
        return "a figure's name is missing".to_owned();
    }
    let meant = nearest(name).map_or(String::new(), |nearest| {
        format!(" (did you mean {nearest}?)")
    });
    format!("{name:?} is no figure{meant}")
}

/// As alike as clap wants what it suggests to be.
const ALIKE: f64 = 0.7;

/// The name that is most like this one, if it is like one at all.
fn nearest(name: &str) -> Option<String> {
    let (metrics, others) = names();
    let (head, stat) = name.split_once('.').unwrap_or((name, "p99"));
    let of_metric = |metric: &&str| (strsim::jaro(head, metric), format!("{metric}.{stat}"));
    let of_other = |other: &&str| (strsim::jaro(name, other), (*other).to_owned());
    let all = metrics
        .iter()
        .map(of_metric)
        .chain(others.iter().map(of_other));
    all.filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, nearest)| nearest)
}

fn expected_names() -> String {
    let (metrics, others) = names();
    let mut text = String::from("a figure:");
    lines(
        &mut text,
        metrics.iter().map(|metric| format!("{metric}.p99")),
    );
    text.push_str("\n    (or any other percentile, or min, mean, stddev, max or count)");
    lines(&mut text, others.iter().map(|other| (*other).to_owned()));
    text
}

/// Words on lines of their own, of at most 76 columns.
fn lines(text: &mut String, words: impl Iterator<Item = String>) {
    let mut column = usize::MAX;
    for word in words {
        if column.saturating_add(1 + word.len()) > 76 {
            text.push_str("\n    ");
            column = 4;
        } else {
            text.push(' ');
            column += 1;
        }
        text.push_str(&word);
        column += word.len();
    }
}
