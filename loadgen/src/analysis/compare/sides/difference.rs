//! What of a request may differ between the sides, where that is what is to be compared.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::report::Report;

/// A part of what is asked of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// The path, without its query.
    Path,
    /// What stands behind the path's `?`.
    Query,
    /// The method.
    Method,
    /// The headers.
    Headers,
    /// The body.
    Body,
}

impl Difference {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Path,
        Self::Query,
        Self::Method,
        Self::Headers,
        Self::Body,
    ];

    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Method => "method",
            Self::Headers => "headers",
            Self::Body => "body",
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// There is no such part.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} cannot be let through; what can is {}", Difference::ALL.map(Difference::name).join(", "))]
pub struct DifferenceError {
    /// As typed.
    text: String,
}

impl FromStr for Difference {
    type Err = DifferenceError;

    fn from_str(text: &str) -> Result<Self, DifferenceError> {
        let known = Self::ALL.into_iter().find(|known| known.name() == text);
        known.ok_or_else(|| DifferenceError {
            text: text.to_owned(),
        })
    }
}

/// A plan's fields by name, its request's among them, and its path without the query, which is one of its own.
pub(super) fn fields(report: &Report) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(&report.plan) else {
        unreachable!("a plan is written as an object");
    };
    if let Some(Value::Object(request)) = fields.remove("request") {
        fields.extend(request);
    }
    let path = &report.plan.target.path;
    let (path, query) = path
        .split_once('?')
        .map_or((path.as_str(), None), |(path, query)| (path, Some(query)));
    fields.insert("path".to_owned(), path.into());
    if let Some(query) = query {
        fields.insert("query".to_owned(), query.into());
    }
    fields
}
