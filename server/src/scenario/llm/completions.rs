//! OpenAI completions: `POST /v1/completions`.

use http::StatusCode;
use serde::Serialize;

use super::answer::{Answer, Part, Shape};
use super::dialect::{Dialect, event, json};
use super::openai::{self, DONE, Error, Failed, Head, Usage, finish_reason};
use crate::request::bad_request::BadRequest;

/// The wording of completions.
pub(super) struct Completions;

impl Dialect for Completions {
    fn caps(&self) -> &'static [&'static str] {
        &["max_tokens"]
    }

    fn prompt(&self) -> (&'static str, Option<&'static str>) {
        ("prompt", None)
    }

    fn openings(&self) -> u64 {
        0
    }

    /// Why it ended, the usage, `[DONE]`.
    fn closings(&self, shape: &Shape) -> u64 {
        2 + u64::from(shape.include_usage)
    }

    fn encode(&self, answer: &Answer, part: Part<'_>, _: u64, out: &mut Vec<u8>) {
        let shape = &answer.shape;
        let (choices, usage) = match part {
            Part::Text(text) => (vec![Choice::new(text, None)], None),
            Part::Opening(_) | Part::Closing(0) => {
                (vec![Choice::new("", Some(finish_reason(shape)))], None)
            }
            Part::Closing(1) if shape.include_usage => (Vec::new(), Some(Usage::of(shape))),
            Part::Closing(_) => return out.extend_from_slice(DONE),
            Part::Failure(_) => {
                let error = Error::FAILURE;
                return event(None, &Failed { error }, out);
            }
        };
        let completion = Completion {
            head: head(answer),
            choices,
            usage: shape.include_usage.then_some(usage),
        };
        event(None, &completion, out);
    }

    fn whole(&self, answer: &Answer) -> Vec<u8> {
        let reason = finish_reason(&answer.shape);
        json(&Completion {
            head: head(answer),
            choices: vec![Choice::new(answer.text.as_str(), Some(reason))],
            usage: Some(Some(Usage::of(&answer.shape))),
        })
    }

    fn failure(&self) -> (StatusCode, Vec<u8>) {
        (StatusCode::INTERNAL_SERVER_ERROR, openai::failure())
    }

    fn refusal(&self, refused: &BadRequest) -> Vec<u8> {
        openai::refusal(refused)
    }
}

fn head(answer: &Answer) -> Head<'_> {
    Head::new(answer, "cmpl-", "text_completion")
}

/// A chunk, or the whole.
#[derive(Serialize)]
struct Completion<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    choices: Vec<Choice<'a>>,
    /// In a stream there only when it was asked for: null in all chunks but its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<Usage>>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u64,
    text: &'a str,
    logprobs: Option<()>,
    finish_reason: Option<&'static str>,
}

impl<'a> Choice<'a> {
    fn new(text: &'a str, finish_reason: Option<&'static str>) -> Self {
        Self {
            index: 0,
            text,
            logprobs: None,
            finish_reason,
        }
    }
}
