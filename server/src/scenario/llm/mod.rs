//! The APIs of language models: an answer of made-up words, in the format and at the pace of a real one.

mod answer;
mod anthropic;
mod chat;
mod completions;
mod dialect;
mod models;
mod openai;
mod request;
mod responses;
mod words;

pub(crate) use models::models;

use std::rc::Rc;

use bytes::Bytes;
use http::StatusCode;

use crate::connection::body::Reply;
use crate::request::bad_request::BadRequest;
use crate::request::call::Call;
use crate::request::faults;
use crate::request::response;
use crate::scenario::stage::Stage;
use crate::stream::plan::Plan;
use crate::tape;
use crate::tape::encoded::Script;
use answer::{Answer, Part, Shape};
use dialect::Dialect;
use request::Asked;

/// The model there is, and the name of one that a request does not name.
const MODEL: &str = "weir";

/// Whose API it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    /// OpenAI chat completions.
    Chat,
    /// OpenAI completions.
    Completions,
    /// OpenAI responses.
    Responses,
    /// Anthropic messages.
    Anthropic,
}

impl Format {
    fn dialect(self) -> &'static dyn Dialect {
        match self {
            Self::Chat => &chat::Chat,
            Self::Completions => &completions::Completions,
            Self::Responses => &responses::Responses,
            Self::Anthropic => &anthropic::Anthropic,
        }
    }
}

/// Answers a request of `format`: with a stream, or with all of it once the last token of such a stream would be due.
pub(crate) async fn answer(format: Format, stage: Rc<Stage>, mut call: Call) -> Reply {
    let body = match call.read_body().await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let asked = request::read(format, &call.head, &body, call.core.shared.started_s());
    // What follows may take long.
    drop(body);
    match asked {
        Err(refused) => refusal(format, &refused),
        Ok(Asked { plan, shape: None }) => stage.open(&call, &plan),
        Ok(Asked {
            plan,
            shape: Some(shape),
        }) => awaited(&stage, &call, &plan, shape).await,
    }
}

fn refusal(format: Format, refused: &BadRequest) -> Reply {
    let refusal = format.dialect().refusal(refused);
    response::json_bytes(StatusCode::BAD_REQUEST, refusal)
}

/// All of an answer once it is due, which until then takes the room of a stream.
async fn awaited(stage: &Stage, call: &Call, plan: &Plan, shape: Shape) -> Reply {
    if let Err(refused) = faults::none_of_body_asked(call.head.uri.query()) {
        return refusal(shape.format, &refused);
    }
    let _ticket = match call.admit() {
        Ok(ticket) => ticket,
        Err(refusal) => return *refusal,
    };
    let timers = &call.core.timers;
    let last_due = stage.event_streams.last_due(timers, plan, call.start_ns);
    tokio::select! {
        biased;
        () = last_due => faults::labelled(&call.faults, whole(shape)),
        () = call.core.drain_begins() => response::ending(),
    }
}

fn whole(shape: Shape) -> Reply {
    let dialect = shape.format.dialect();
    let (status, json) = if shape.fails() {
        dialect.failure()
    } else {
        (StatusCode::OK, dialect.whole(&Answer::new(shape)))
    };
    response::json_bytes(status, json)
}

/// Writes the events of an answer.
struct Speaker {
    dialect: &'static dyn Dialect,
    answer: Answer,
}

impl Speaker {
    fn new(shape: Shape) -> Self {
        Self {
            dialect: shape.format.dialect(),
            answer: Answer::new(shape),
        }
    }

    fn part(&self, index: u64) -> Part<'_> {
        let shape = &self.answer.shape;
        let openings = self.dialect.openings();
        match index.checked_sub(openings) {
            None => Part::Opening(index),
            Some(number) => match number.checked_sub(shape.chunks()) {
                None => Part::Text(self.answer.chunk(number)),
                Some(number) if shape.fails() => Part::Failure(number),
                Some(number) => Part::Closing(number),
            },
        }
    }
}

impl tape::shape::Shape for Shape {
    fn script(&self) -> Box<dyn Script> {
        Box::new(Speaker::new(self.clone()))
    }
}

impl Script for Speaker {
    fn encode(&self, index: u64, out: &mut Vec<u8>) {
        let part = self.part(index);
        self.dialect.encode(&self.answer, part, index, out);
    }

    fn len(&self) -> u64 {
        events(&self.answer.shape)
    }

    /// Its failure: an official client takes a `retry` for an event, and a stream that just ends for an answer.
    fn farewell(&self, index: u64) -> Option<Bytes> {
        let mut out = Vec::new();
        for number in 0..self.dialect.failures() {
            let part = Part::Failure(number);
            self.dialect
                .encode(&self.answer, part, index + number, &mut out);
        }
        Some(out.into())
    }

    fn repeats(&self) -> bool {
        false
    }
}

/// Those of a stream.
fn events(shape: &Shape) -> u64 {
    let dialect = shape.format.dialect();
    let last = if shape.fails() {
        dialect.failures()
    } else {
        dialect.closings(shape)
    };
    dialect.openings() + shape.chunks() + last
}
