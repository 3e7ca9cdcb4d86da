//! Anthropic messages: `POST /v1/messages`.

use http::StatusCode;
use serde::Serialize;

use super::answer::{Answer, Part, Shape};
use super::dialect::{Dialect, FAILURE, event, json};
use crate::request::bad_request::BadRequest;

/// The wording of messages.
pub(super) struct Anthropic;

impl Dialect for Anthropic {
    fn caps(&self) -> &'static [&'static str] {
        &["max_tokens"]
    }

    fn prompt(&self) -> (&'static str, Option<&'static str>) {
        ("messages", Some("system"))
    }

    /// The message, its only block, a ping.
    fn openings(&self) -> u64 {
        3
    }

    /// The end of the block, why the message ended, its end.
    fn closings(&self, _: &Shape) -> u64 {
        3
    }

    fn encode(&self, answer: &Answer, part: Part<'_>, _: u64, out: &mut Vec<u8>) {
        let said = Event::of(answer, part);
        event(Some(said.name()), &said, out);
    }

    fn whole(&self, answer: &Answer) -> Vec<u8> {
        let text = Block::Text {
            text: answer.text.as_str(),
        };
        json(&Message {
            content: vec![text],
            stop_reason: Some(stop_reason(&answer.shape)),
            usage: Usage::of(&answer.shape),
            ..Message::begun(answer)
        })
    }

    fn failure(&self) -> (StatusCode, Vec<u8>) {
        let overloaded = StatusCode::from_u16(529).expect("statuses have three digits");
        (overloaded, json(&Event::FAILURE))
    }

    fn refusal(&self, refused: &BadRequest) -> Vec<u8> {
        json(&Event::Error {
            error: Error {
                r#type: "invalid_request_error",
                message: &refused.message,
                code: Some(refused.code),
                param: Some(&refused.param),
            },
        })
    }
}

/// Tokens that a message has when it begins, as this API counts.
const FIRST_TOKEN: u64 = 1;

fn stop_reason(shape: &Shape) -> &'static str {
    if shape.is_cut() {
        "max_tokens"
    } else {
        "end_turn"
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event<'a> {
    MessageStart {
        message: Message<'a>,
    },
    ContentBlockStart {
        index: u64,
        content_block: Block<'a>,
    },
    Ping,
    ContentBlockDelta {
        index: u64,
        delta: BlockDelta<'a>,
    },
    ContentBlockStop {
        index: u64,
    },
    MessageDelta {
        delta: Stop,
        usage: Said,
    },
    MessageStop,
    Error {
        error: Error<'a>,
    },
}

impl<'a> Event<'a> {
    const FAILURE: Self = Self::Error {
        error: Error {
            r#type: "overloaded_error",
            message: FAILURE,
            code: None,
            param: None,
        },
    };

    fn of(answer: &'a Answer, part: Part<'a>) -> Self {
        match part {
            Part::Opening(0) => Self::MessageStart {
                message: Message::begun(answer),
            },
            Part::Opening(1) => Self::ContentBlockStart {
                index: 0,
                content_block: Block::Text { text: "" },
            },
            Part::Opening(_) => Self::Ping,
            Part::Text(text) => Self::ContentBlockDelta {
                index: 0,
                delta: BlockDelta::TextDelta { text },
            },
            Part::Closing(0) => Self::ContentBlockStop { index: 0 },
            Part::Closing(1) => Self::MessageDelta {
                delta: Stop {
                    stop_reason: stop_reason(&answer.shape),
                    stop_sequence: None,
                },
                usage: Said {
                    output_tokens: answer.shape.said_tokens(),
                },
            },
            Part::Closing(_) => Self::MessageStop,
            Part::Failure(_) => Self::FAILURE,
        }
    }

    /// The type of the event: the same as that in its data.
    fn name(&self) -> &'static str {
        match self {
            Self::MessageStart { .. } => "message_start",
            Self::ContentBlockStart { .. } => "content_block_start",
            Self::Ping => "ping",
            Self::ContentBlockDelta { .. } => "content_block_delta",
            Self::ContentBlockStop { .. } => "content_block_stop",
            Self::MessageDelta { .. } => "message_delta",
            Self::MessageStop => "message_stop",
            Self::Error { .. } => "error",
        }
    }
}

#[derive(Serialize)]
struct Message<'a> {
    id: String,
    r#type: &'static str,
    role: &'static str,
    model: &'a str,
    content: Vec<Block<'a>>,
    stop_reason: Option<&'static str>,
    stop_sequence: Option<()>,
    usage: Usage,
}

impl<'a> Message<'a> {
    /// Without its text.
    fn begun(answer: &'a Answer) -> Self {
        Self {
            id: answer.id("msg_"),
            r#type: "message",
            role: "assistant",
            model: &answer.shape.model,
            content: Vec::new(),
            stop_reason: None,
            stop_sequence: None,
            usage: Usage {
                output_tokens: FIRST_TOKEN,
                ..Usage::of(&answer.shape)
            },
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text { text: &'a str },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum BlockDelta<'a> {
    TextDelta { text: &'a str },
}

#[derive(Serialize)]
struct Stop {
    stop_reason: &'static str,
    stop_sequence: Option<()>,
}

#[derive(Serialize)]
struct Said {
    output_tokens: u64,
}

#[derive(Serialize)]
struct Usage {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    output_tokens: u64,
}

impl Usage {
    fn of(shape: &Shape) -> Self {
        Self {
            input_tokens: shape.prompt_tokens,
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: 0,
            output_tokens: shape.said_tokens(),
        }
    }
}

#[derive(Serialize)]
struct Error<'a> {
    r#type: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<&'a str>,
}
