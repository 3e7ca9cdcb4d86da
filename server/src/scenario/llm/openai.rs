//! What the three formats of OpenAI have in common.

use serde::Serialize;

use super::answer::{Answer, Shape};
use super::dialect::{FAILURE, json};
use crate::request::bad_request::BadRequest;

/// Tokens of a (chat) completion.
#[derive(Debug, Serialize)]
pub(super) struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

impl Usage {
    pub(super) fn of(shape: &Shape) -> Self {
        let (prompt_tokens, completion_tokens) = (shape.prompt_tokens, shape.said_tokens());
        Self {
            prompt_tokens,
            completion_tokens,
            total_tokens: prompt_tokens + completion_tokens,
        }
    }
}

/// Why a (chat) completion ended.
pub(super) fn finish_reason(shape: &Shape) -> &'static str {
    if shape.is_cut() { "length" } else { "stop" }
}

/// What every chunk and every whole (chat) completion begins with.
#[derive(Debug, Serialize)]
pub(super) struct Head<'a> {
    id: String,
    object: &'static str,
    created: u64,
    model: &'a str,
    system_fingerprint: &'static str,
}

impl<'a> Head<'a> {
    pub(super) fn new(answer: &'a Answer, id_prefix: &str, object: &'static str) -> Self {
        Self {
            id: answer.id(id_prefix),
            object,
            created: answer.shape.created_s,
            model: &answer.shape.model,
            system_fingerprint: "fp_weir",
        }
    }
}

/// An error, as a body or as an event.
#[derive(Debug, Serialize)]
pub(super) struct Failed<'a> {
    pub(super) error: Error<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct Error<'a> {
    message: &'a str,
    r#type: &'static str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

impl Error<'static> {
    /// What an answer that fails says.
    pub(super) const FAILURE: Self = Self {
        message: FAILURE,
        r#type: "server_error",
        param: None,
        code: None,
    };
}

pub(super) fn refusal(refused: &BadRequest) -> Vec<u8> {
    json(&Failed {
        error: Error {
            message: &refused.message,
            r#type: "invalid_request_error",
            param: Some(&refused.param),
            code: Some(refused.code),
        },
    })
}

pub(super) fn failure() -> Vec<u8> {
    json(&Failed {
        error: Error::FAILURE,
    })
}

/// The last event of a (chat) completion: data, but no JSON.
pub(super) const DONE: &[u8] = b"data: [DONE]\n\n";
