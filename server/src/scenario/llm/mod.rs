//! The APIs of language models: an answer of made-up words, in the format and at the pace of a real one.

mod answer;
mod anthropic;
mod chat;
mod completions;
mod dialect;
pub(crate) mod format;
pub(crate) mod models;
mod openai;
mod request;
mod responses;
mod speaker;
mod words;

use std::rc::Rc;

use http::StatusCode;

use crate::connection::body::Reply;
use crate::request::bad_request::BadRequest;
use crate::request::call::{Call, FutureReply};
use crate::request::faults;
use crate::request::response;
use crate::scenario::services::Services;
use crate::stream::plan::Plan;
use answer::{Answer, Shape};
use format::Format;
use request::Asked;
use speaker::dialect;

/// Answers a request of `format`: with a stream, or with all of it once the last token of such a stream would be due.
pub(crate) fn answer(format: Format, services: &Rc<Services>, call: Call) -> FutureReply {
    FutureReply::later(reply(format, Rc::clone(services), call))
}

async fn reply(format: Format, services: Rc<Services>, mut call: Call) -> Reply {
    let body = match call.read_body().await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let asked = request::read(format, &call.head, &body, call.core.shared.started_s());
    // What follows may take long.
    drop(body);
    match asked {
        Err(refused) => refusal(format, &refused),
        Ok(Asked { plan, shape: None }) => services.open(&call, &plan),
        Ok(Asked {
            plan,
            shape: Some(shape),
        }) => awaited(&services, &call, &plan, shape).await,
    }
}

fn refusal(format: Format, refused: &BadRequest) -> Reply {
    let refusal = dialect(format).refusal(refused);
    response::json_bytes(StatusCode::BAD_REQUEST, refusal)
}

/// All of an answer once it is due, which until then counts as an open stream.
async fn awaited(services: &Services, call: &Call, plan: &Plan, shape: Shape) -> Reply {
    if let Err(refused) = faults::none_of_body_asked(call.head.uri.query()) {
        return refusal(shape.format, &refused);
    }
    let _ticket = match call.admit() {
        Ok(ticket) => ticket,
        Err(refusal) => return *refusal,
    };
    let timers = &call.core.timers;
    let last_due = services.event_streams.last_due(timers, plan, call.start_ns);
    tokio::select! {
        biased;
        () = last_due => faults::labelled(&call.faults, whole(shape)),
        () = call.core.drain_begins() => response::ending(),
    }
}

fn whole(shape: Shape) -> Reply {
    let dialect = dialect(shape.format);
    let (status, json) = if shape.fails() {
        dialect.failure()
    } else {
        (StatusCode::OK, dialect.whole(&Answer::new(shape)))
    };
    response::json_bytes(status, json)
}
