//! OpenAI responses: `POST /v1/responses`.

use http::StatusCode;
use serde::Serialize;

use super::answer::{Answer, Part, Shape};
use super::dialect::{Dialect, FAILURE, event, json};
use super::openai;
use crate::request::bad_request::BadRequest;

/// The wording of responses.
pub(super) struct Responses;

impl Dialect for Responses {
    fn caps(&self) -> &'static [&'static str] {
        &["max_output_tokens"]
    }

    fn prompt(&self) -> (&'static str, Option<&'static str>) {
        ("input", Some("instructions"))
    }

    /// Created, in progress, its only item, that item's only part.
    fn openings(&self) -> u64 {
        4
    }

    /// The end of the text, of the part, of the item and of the response.
    fn closings(&self, _: &Shape) -> u64 {
        4
    }

    /// The error, which the official client raises, and the response that failed, which others look for.
    fn failures(&self) -> u64 {
        2
    }

    fn encode(&self, answer: &Answer, part: Part<'_>, index: u64, out: &mut Vec<u8>) {
        let (r#type, said) = said(answer, part);
        let data = Event {
            r#type,
            sequence_number: index,
            said,
        };
        event(Some(r#type), &data, out);
    }

    fn whole(&self, answer: &Answer) -> Vec<u8> {
        json(&Response::ended(answer))
    }

    fn failure(&self) -> (StatusCode, Vec<u8>) {
        (StatusCode::INTERNAL_SERVER_ERROR, openai::failure())
    }

    fn refusal(&self, refused: &BadRequest) -> Vec<u8> {
        openai::refusal(refused)
    }
}

#[derive(Serialize)]
struct Event<'a> {
    r#type: &'static str,
    sequence_number: u64,
    #[serde(flatten)]
    said: Said<'a>,
}

/// What an event has beside its type and number.
#[derive(Serialize)]
#[serde(untagged)]
enum Said<'a> {
    Response {
        response: Response<'a>,
    },
    Item {
        output_index: u64,
        item: Item<'a>,
    },
    Part {
        #[serde(flatten)]
        place: Place,
        part: Content<'a>,
    },
    Delta {
        #[serde(flatten)]
        place: Place,
        delta: &'a str,
        logprobs: [(); 0],
    },
    Text {
        #[serde(flatten)]
        place: Place,
        text: &'a str,
        logprobs: [(); 0],
    },
    /// What is documented, and beside it the `error` that the official client looks for.
    Error {
        code: &'static str,
        message: &'static str,
        param: Option<()>,
        error: openai::Error<'static>,
    },
}

/// The type of an event, and what it says.
fn said<'a>(answer: &'a Answer, part: Part<'a>) -> (&'static str, Said<'a>) {
    let place = Place::of(answer);
    let response = |response| Said::Response { response };
    let item = |item| Said::Item {
        output_index: 0,
        item,
    };
    let logprobs = [];
    match part {
        Part::Opening(0) => ("response.created", response(Response::begun(answer))),
        Part::Opening(1) => ("response.in_progress", response(Response::begun(answer))),
        Part::Opening(2) => ("response.output_item.added", item(Item::begun(answer))),
        Part::Opening(_) => {
            let part = Content::new("");
            ("response.content_part.added", Said::Part { place, part })
        }
        Part::Text(delta) => (
            "response.output_text.delta",
            Said::Delta {
                place,
                delta,
                logprobs,
            },
        ),
        Part::Closing(0) => (
            "response.output_text.done",
            Said::Text {
                place,
                text: answer.text.as_str(),
                logprobs,
            },
        ),
        Part::Closing(1) => {
            let part = Content::new(answer.text.as_str());
            ("response.content_part.done", Said::Part { place, part })
        }
        Part::Closing(2) => ("response.output_item.done", item(Item::ended(answer))),
        Part::Closing(_) if answer.shape.is_cut() => {
            ("response.incomplete", response(Response::ended(answer)))
        }
        Part::Closing(_) => ("response.completed", response(Response::ended(answer))),
        Part::Failure(0) => ("error", FAILED),
        Part::Failure(_) => ("response.failed", response(Response::failed(answer))),
    }
}

const FAILED: Said<'static> = Said::Error {
    code: "server_error",
    message: FAILURE,
    param: None,
    error: openai::Error::FAILURE,
};

/// Where text goes: into the only part of the only item.
#[derive(Serialize)]
struct Place {
    item_id: String,
    output_index: u64,
    content_index: u64,
}

impl Place {
    fn of(answer: &Answer) -> Self {
        Self {
            item_id: answer.id("msg_"),
            output_index: 0,
            content_index: 0,
        }
    }
}

/// A response, with all that the official client requires.
#[derive(Serialize)]
struct Response<'a> {
    id: String,
    object: &'static str,
    created_at: u64,
    status: &'static str,
    error: Option<ResponseError>,
    incomplete_details: Option<IncompleteDetails>,
    instructions: Option<()>,
    max_output_tokens: Option<u64>,
    model: &'a str,
    output: Vec<Item<'a>>,
    parallel_tool_calls: bool,
    previous_response_id: Option<()>,
    temperature: f64,
    tool_choice: &'static str,
    tools: [(); 0],
    top_p: f64,
    usage: Option<Usage>,
    metadata: Metadata,
}

impl<'a> Response<'a> {
    /// Without its output.
    fn begun(answer: &'a Answer) -> Self {
        Self {
            id: answer.id("resp_"),
            object: "response",
            created_at: answer.shape.created_s,
            status: "in_progress",
            error: None,
            incomplete_details: None,
            instructions: None,
            max_output_tokens: answer.shape.max_tokens,
            model: &answer.shape.model,
            output: Vec::new(),
            parallel_tool_calls: true,
            previous_response_id: None,
            temperature: 1.0,
            tool_choice: "auto",
            tools: [],
            top_p: 1.0,
            usage: None,
            metadata: Metadata {},
        }
    }

    fn ended(answer: &'a Answer) -> Self {
        Self {
            status: status(&answer.shape),
            incomplete_details: answer.shape.is_cut().then_some(IncompleteDetails {
                reason: "max_output_tokens",
            }),
            output: vec![Item::ended(answer)],
            usage: Some(Usage::of(&answer.shape)),
            ..Self::begun(answer)
        }
    }

    fn failed(answer: &'a Answer) -> Self {
        Self {
            status: "failed",
            error: Some(ResponseError {
                code: "server_error",
                message: FAILURE,
            }),
            ..Self::begun(answer)
        }
    }
}

/// Of a response or an item that has ended.
fn status(shape: &Shape) -> &'static str {
    if shape.is_cut() {
        "incomplete"
    } else {
        "completed"
    }
}

#[derive(Serialize)]
struct ResponseError {
    code: &'static str,
    message: &'static str,
}

#[derive(Serialize)]
struct IncompleteDetails {
    reason: &'static str,
}

/// Ours has none.
#[derive(Serialize)]
struct Metadata {}

#[derive(Serialize)]
struct Item<'a> {
    id: String,
    r#type: &'static str,
    status: &'static str,
    role: &'static str,
    content: Vec<Content<'a>>,
}

impl<'a> Item<'a> {
    /// Without its text.
    fn begun(answer: &Answer) -> Self {
        Self {
            id: answer.id("msg_"),
            r#type: "message",
            status: "in_progress",
            role: "assistant",
            content: Vec::new(),
        }
    }

    fn ended(answer: &'a Answer) -> Self {
        Self {
            status: status(&answer.shape),
            content: vec![Content::new(answer.text.as_str())],
            ..Self::begun(answer)
        }
    }
}

#[derive(Serialize)]
struct Content<'a> {
    r#type: &'static str,
    text: &'a str,
    annotations: [(); 0],
    logprobs: [(); 0],
}

impl<'a> Content<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            r#type: "output_text",
            text,
            annotations: [],
            logprobs: [],
        }
    }
}

#[derive(Serialize)]
struct Usage {
    input_tokens: u64,
    input_tokens_details: InputDetails,
    output_tokens: u64,
    output_tokens_details: OutputDetails,
    total_tokens: u64,
}

#[derive(Serialize)]
struct InputDetails {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Serialize)]
struct OutputDetails {
    reasoning_tokens: u64,
}

impl Usage {
    fn of(shape: &Shape) -> Self {
        let (input_tokens, output_tokens) = (shape.prompt_tokens, shape.said_tokens());
        Self {
            input_tokens,
            input_tokens_details: InputDetails {
                cached_tokens: 0,
                cache_write_tokens: 0,
            },
            output_tokens,
            output_tokens_details: OutputDetails {
                reasoning_tokens: 0,
            },
            total_tokens: input_tokens + output_tokens,
        }
    }
}
