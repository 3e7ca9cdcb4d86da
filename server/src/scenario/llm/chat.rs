//! OpenAI chat completions: `POST /v1/chat/completions`.

use http::StatusCode;
use serde::Serialize;

use super::answer::{Answer, Part, Shape};
use super::dialect::{Dialect, event, json};
use super::openai::{self, DONE, Error, Failed, Head, Usage, finish_reason};
use crate::request::bad_request::BadRequest;

/// The wording of chat completions.
pub(super) struct Chat;

impl Dialect for Chat {
    fn caps(&self) -> &'static [&'static str] {
        &["max_tokens", "max_completion_tokens"]
    }

    fn prompt(&self) -> (&'static str, Option<&'static str>) {
        ("messages", None)
    }

    fn openings(&self) -> u64 {
        1
    }

    /// Why it ended, the usage, `[DONE]`.
    fn closings(&self, shape: &Shape) -> u64 {
        2 + u64::from(shape.include_usage)
    }

    fn encode(&self, answer: &Answer, part: Part<'_>, _: u64, out: &mut Vec<u8>) {
        let shape = &answer.shape;
        let chunk = match part {
            Part::Opening(_) => Chunk::delta(answer, Delta::OPENING),
            Part::Text(text) => Chunk::delta(answer, Delta::text(text)),
            Part::Closing(0) => Chunk::finish(answer),
            Part::Closing(1) if shape.include_usage => Chunk::usage(answer),
            Part::Closing(_) => return out.extend_from_slice(DONE),
            Part::Failure(_) => {
                let error = Error::FAILURE;
                return event(None, &Failed { error }, out);
            }
        };
        event(None, &chunk, out);
    }

    fn whole(&self, answer: &Answer) -> Vec<u8> {
        json(&Whole {
            head: Head::new(answer, ID, "chat.completion"),
            choices: [WholeChoice {
                index: 0,
                message: Message {
                    role: "assistant",
                    content: answer.text.as_str(),
                    refusal: None,
                    annotations: [],
                },
                logprobs: None,
                finish_reason: finish_reason(&answer.shape),
            }],
            usage: Usage::of(&answer.shape),
        })
    }

    fn failure(&self) -> (StatusCode, Vec<u8>) {
        (StatusCode::INTERNAL_SERVER_ERROR, openai::failure())
    }

    fn refusal(&self, refused: &BadRequest) -> Vec<u8> {
        openai::refusal(refused)
    }
}

const ID: &str = "chatcmpl-";

#[derive(Serialize)]
struct Chunk<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    choices: Vec<Choice<'a>>,
    /// There only when it was asked for: null in all chunks but its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<Usage>>,
}

impl<'a> Chunk<'a> {
    fn delta(answer: &'a Answer, delta: Delta<'a>) -> Self {
        Self::new(answer, delta, None)
    }

    fn finish(answer: &'a Answer) -> Self {
        Self::new(answer, Delta::default(), Some(finish_reason(&answer.shape)))
    }

    fn usage(answer: &'a Answer) -> Self {
        Self {
            choices: Vec::new(),
            usage: Some(Some(Usage::of(&answer.shape))),
            ..Self::finish(answer)
        }
    }

    fn new(answer: &'a Answer, delta: Delta<'a>, finish_reason: Option<&'static str>) -> Self {
        let choice = Choice {
            index: 0,
            delta,
            logprobs: None,
            finish_reason,
        };
        Self {
            head: Head::new(answer, ID, "chat.completion.chunk"),
            choices: vec![choice],
            usage: answer.shape.include_usage.then_some(None),
        }
    }
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u64,
    delta: Delta<'a>,
    logprobs: Option<()>,
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
}

impl<'a> Delta<'a> {
    const OPENING: Self = Self {
        role: Some("assistant"),
        content: Some(""),
    };

    fn text(text: &'a str) -> Self {
        Self {
            content: Some(text),
            ..Self::default()
        }
    }
}

#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    choices: [WholeChoice<'a>; 1],
    usage: Usage,
}

#[derive(Serialize)]
struct WholeChoice<'a> {
    index: u64,
    message: Message<'a>,
    logprobs: Option<()>,
    finish_reason: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
    refusal: Option<()>,
    annotations: [(); 0],
}
