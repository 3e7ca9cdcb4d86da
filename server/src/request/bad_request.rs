//! Why a request is refused with 400.

use std::fmt::Display;

/// Why a request is refused with 400.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct BadRequest {
    /// For programs.
    pub(crate) code: &'static str,
    /// The parameter or header it is about.
    pub(crate) param: String,
    /// For people.
    pub(crate) message: String,
}

impl BadRequest {
    /// `param` is `value`, which is not what it may be.
    pub(crate) fn invalid(param: &str, value: &str, expected: impl Display) -> Self {
        Self {
            code: "invalid_parameter",
            param: param.to_owned(),
            message: format!("{param} must be {expected}, not \"{value}\""),
        }
    }

    /// The request's body, read as JSON.
    pub(crate) fn not_an_object(error: &serde_json::Error) -> Self {
        Self {
            code: "invalid_body",
            param: "body".to_owned(),
            message: format!("the body must be a JSON object: {error}"),
        }
    }
}
