//! `/topic/{name}`: every subscriber gets the same events, published by a clock or by POST.

use std::ops::RangeInclusive;
use std::rc::Rc;

use super::subscribe::{Delivered, named, publish, published, subscribe};
use crate::connection::body::Reply;
use crate::hub::branch::Branch;
use crate::hub::subscription::Asked;
use crate::hub::ticker::Clock;
use crate::hub::topic::Kind;
use crate::request::bad_request::BadRequest;
use crate::request::call::{Answer, Call};
use crate::request::query::Query;
use crate::request::response;
use crate::scenario::parameters::event_type;
use crate::scenario::stage::Stage;

/// In millionths of an event a second: one in 1,000 s to 10,000, of which each goes to every subscriber.
const RATES: RangeInclusive<u64> = 1_000..=10_000_000_000;
const SIZE_MAX_BYTES: u64 = 64 * 1024;
const DEFAULT_SIZE_BYTES: u64 = 64;

/// `GET`: subscribes.
pub(crate) fn stream(stage: &Stage, call: &Call) -> Answer {
    subscribe(stage, call, Kind::Plain, clock)
}

fn clock(query: &mut Query<'_>) -> Result<Option<Clock>, BadRequest> {
    let rate = query.millionths("rate", RATES)?.unwrap_or(0);
    let size = query.integer("size", 0..=SIZE_MAX_BYTES)?;
    match size {
        _ if rate > 0 => Ok(Some(Clock {
            per_megasecond: rate,
            size_bytes: size.unwrap_or(DEFAULT_SIZE_BYTES) as usize,
        })),
        None => Ok(None),
        Some(size) => Err(BadRequest::invalid(
            "size",
            &size.to_string(),
            "absent without a rate, which has no events to size",
        )),
    }
}

/// A topic has one clock: `asked` is for another than the one that is `running`.
pub(super) fn other_clock(asked: &Asked, running: Clock) -> BadRequest {
    let is_of_rate = |clock: Clock| clock.per_megasecond == running.per_megasecond;
    let (code, param) = match asked.clock {
        Some(clock) if is_of_rate(clock) => ("other_size", "size"),
        _ => ("other_rate", "rate"),
    };
    BadRequest {
        code,
        param: param.to_owned(),
        message: format!(
            "{} has {} events/s of {} bytes as long as it has subscribers: ask for the same, or for none",
            asked.topic.name(),
            running.per_megasecond as f64 / 1e6,
            running.size_bytes
        ),
    }
}

/// `POST`: publishes the body as the data of an event.
pub(crate) fn post(stage: &Stage, mut call: Call) -> Answer {
    let hub = Rc::clone(&stage.hub);
    Answer::later(async move { published(publish_body(&hub, &mut call).await) })
}

async fn publish_body(hub: &Branch, call: &mut Call) -> Result<Delivered, Reply> {
    let refuse = |refused: BadRequest| response::bad_request(&refused);
    let topic = named(call, Kind::Plain).map_err(refuse)?;
    let event = event(call).map_err(refuse)?;
    let body = call.read_body().await?;
    let data = std::str::from_utf8(&body).map_err(|error| {
        refuse(BadRequest {
            code: "invalid_body",
            param: "body".to_owned(),
            message: format!("the body must be UTF-8: {error}"),
        })
    })?;
    Ok(publish(hub, &topic, event.as_deref(), data).await)
}

fn event(call: &Call) -> Result<Option<Box<str>>, BadRequest> {
    let mut query = Query::parse(call.head.uri.query())?;
    let event = event_type(&mut query)?;
    query.finish()?;
    Ok(event)
}
