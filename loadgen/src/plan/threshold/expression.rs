//! Thresholds as people type them.

mod error;

use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use weir_time::parse_duration;

pub use self::error::ExpressionError;
use self::error::Wrong;
use super::figure::{Figure, value_form};
use super::value;
use crate::measure::Unit;

/// A figure, what it is held against, and how: `gap.p99<50ms over 30s abort after 1m`.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Threshold {
    expression: String,
    pub(crate) figure: Figure,
    pub(crate) op: Op,
    /// In the figure's unit.
    pub(crate) limit: f64,
    /// It shall hold in every window of so many seconds, not just over the whole.
    pub(crate) over: Option<Duration>,
    /// A breach ends the run, from so long after the window's start on.
    pub(crate) abort_after: Option<Duration>,
}

/// How a figure is held against its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// Longer ones first, so that none is taken for the beginning of another.
const OPS: [(&str, Op); 6] = [
    ("<=", Op::LessOrEqual),
    (">=", Op::GreaterOrEqual),
    ("==", Op::Equal),
    ("!=", Op::NotEqual),
    ("<", Op::Less),
    (">", Op::Greater),
];

/// Before this no breach ends a run that does not say otherwise: by then a run of the usual length is over, whose streams
/// took a tenth of it to open.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

impl Threshold {
    /// As typed.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Of its limit, and of what it observes.
    #[must_use]
    pub fn unit(&self) -> Unit {
        self.figure.unit()
    }
}

impl Op {
    /// Whether a value is as it should be.
    pub(crate) fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Less => value < limit,
            Self::LessOrEqual => value <= limit,
            Self::Greater => value > limit,
            Self::GreaterOrEqual => value >= limit,
            Self::Equal => value == limit,
            Self::NotEqual => value != limit,
        }
    }

    /// What it is to be held, if that follows from a lower bound of the value.
    pub(crate) fn holds_from(self, bound: f64, limit: f64) -> Option<bool> {
        let is_settled = match self {
            Self::Less | Self::GreaterOrEqual => bound >= limit,
            Self::LessOrEqual | Self::Greater | Self::Equal | Self::NotEqual => bound > limit,
        };
        is_settled.then(|| self.holds(bound, limit))
    }

    /// How bad a value is: more is worse.
    pub(crate) fn badness(self, value: f64, limit: f64) -> f64 {
        match self {
            Self::Less | Self::LessOrEqual => value,
            Self::Greater | Self::GreaterOrEqual => -value,
            Self::Equal => (value - limit).abs(),
            Self::NotEqual => -(value - limit).abs(),
        }
    }
}

impl FromStr for Threshold {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        parse(text).map_err(|wrong| wrong.of(text))
    }
}

impl TryFrom<String> for Threshold {
    type Error = ExpressionError;

    fn try_from(text: String) -> Result<Self, ExpressionError> {
        text.parse()
    }
}

impl From<Threshold> for String {
    fn from(threshold: Threshold) -> Self {
        threshold.expression
    }
}

fn parse(text: &str) -> Result<Threshold, Wrong> {
    let mut rest = Rest { text, at: 0 };
    let figure = figure(&mut rest)?;
    let op = op(&mut rest)?;
    let (value_at, value) = rest.word(|symbol| !symbol.is_whitespace());
    let limit = value::parse(value, figure.unit()).map_err(|error| Wrong {
        at: value_at + error.at,
        problem: error.problem.to_owned(),
        expected: error.expected.to_owned(),
    })?;
    let over = over(&mut rest, figure)?;
    let abort_after = abort(&mut rest, figure)?;
    let (end_at, more) = rest.word(|symbol| !symbol.is_whitespace());
    if !more.is_empty() {
        return Err(Wrong {
            at: end_at,
            problem: format!("{more:?} makes no sense here"),
            expected: rest_of(over, abort_after).to_owned(),
        });
    }
    Ok(Threshold {
        expression: text.trim().to_owned(),
        figure,
        op,
        limit,
        over,
        abort_after,
    })
}

/// What may come next when all that is wanted has been read.
fn rest_of(over: Option<Duration>, abort_after: Option<Duration>) -> &'static str {
    match (over, abort_after) {
        (_, Some(_)) => "nothing more",
        (Some(_), None) => "abort, or nothing more",
        (None, None) => "over TIME, abort, or nothing more",
    }
}

fn figure(rest: &mut Rest<'_>) -> Result<Figure, Wrong> {
    let is_name = |symbol: char| symbol.is_ascii_alphanumeric() || symbol == '_' || symbol == '.';
    let (at, name) = rest.word(is_name);
    Figure::named(name).map_err(|unknown| Wrong::name(at, name, &unknown))
}

fn op(rest: &mut Rest<'_>) -> Result<Op, Wrong> {
    let at = rest.skip_spaces();
    let ahead = rest.ahead();
    let (text, op) = OPS
        .into_iter()
        .find(|(text, _)| ahead.starts_with(text))
        .ok_or_else(|| Wrong {
            at,
            problem: "a figure must be held against something".to_owned(),
            expected: "<, <=, >, >=, == or !=".to_owned(),
        })?;
    rest.at += text.len();
    Ok(op)
}

fn over(rest: &mut Rest<'_>, figure: Figure) -> Result<Option<Duration>, Wrong> {
    let Some(at) = rest.keyword("over") else {
        return Ok(None);
    };
    of_parts(at, "over", figure)?;
    let (at, duration) = duration(rest)?;
    // Intervals are seconds.
    if duration.is_zero() || duration.subsec_nanos() != 0 {
        return Err(Wrong {
            at,
            problem: "figures are kept by the second".to_owned(),
            expected: "whole seconds, like 10s or 2m".to_owned(),
        });
    }
    Ok(Some(duration))
}

fn abort(rest: &mut Rest<'_>, figure: Figure) -> Result<Option<Duration>, Wrong> {
    let Some(at) = rest.keyword("abort") else {
        return Ok(None);
    };
    of_parts(at, "abort", figure)?;
    if rest.keyword("after").is_none() {
        return Ok(Some(GRACE));
    }
    duration(rest).map(|(_, duration)| Some(duration))
}

/// Refuses what needs the figure of a part of a run, of a figure that has none.
fn of_parts(at: usize, keyword: &str, figure: Figure) -> Result<(), Wrong> {
    figure.whole_run_only().map_or(Ok(()), |why| {
        Err(Wrong {
            at,
            problem: format!("{keyword} is not for this figure: {why}"),
            expected: "nothing more".to_owned(),
        })
    })
}

fn duration(rest: &mut Rest<'_>) -> Result<(usize, Duration), Wrong> {
    let (at, text) = rest.word(|symbol| !symbol.is_whitespace());
    let duration = parse_duration(text).map_err(|_| Wrong {
        at,
        problem: format!("{text:?} is no duration"),
        expected: value_form(Unit::Ns).to_owned(),
    })?;
    Ok((at, duration))
}

/// What of an expression has not been read yet.
struct Rest<'a> {
    text: &'a str,
    /// Bytes that have been.
    at: usize,
}

impl<'a> Rest<'a> {
    fn ahead(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_spaces(&mut self) -> usize {
        self.at = self.text.len() - self.ahead().trim_start().len();
        self.at
    }

    /// Takes what is made of such symbols, and says where it begins.
    fn word(&mut self, belongs: impl Fn(char) -> bool) -> (usize, &'a str) {
        let at = self.skip_spaces();
        let ahead = self.ahead();
        let length = ahead.find(|symbol| !belongs(symbol)).unwrap_or(ahead.len());
        self.at += length;
        (at, &ahead[..length])
    }

    /// Takes a keyword if it is next, and says where it begins.
    fn keyword(&mut self, keyword: &str) -> Option<usize> {
        let before = self.at;
        let (at, word) = self.word(|symbol| !symbol.is_whitespace());
        if word == keyword {
            return Some(at);
        }
        self.at = before;
        None
    }
}

#[cfg(test)]
mod tests;
