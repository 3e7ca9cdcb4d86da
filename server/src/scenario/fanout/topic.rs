//! `/topic/{name}`: every subscriber gets the same events, published by a ticker or by POST.

use std::ops::RangeInclusive;
use std::rc::Rc;

use super::publish::{Delivered, publish, published};
use super::subscribe::{named, subscribe};
use crate::connection::body::Reply;
use crate::hub::branch::Branch;
use crate::hub::topic::{Kind, Ticker};
use crate::request::bad_request::BadRequest;
use crate::request::call::{Call, FutureReply};
use crate::request::query::Query;
use crate::request::response;
use crate::scenario::parameters::event_type;
use crate::scenario::services::Services;

/// In millionths of an event a second: one in 1,000 s to 10,000, of which each goes to every subscriber.
const RATES: RangeInclusive<u64> = 1_000..=10_000_000_000;
const SIZE_MAX_BYTES: u64 = 64 * 1024;
const DEFAULT_SIZE_BYTES: u64 = 64;

/// `GET`: subscribes.
pub(crate) fn stream(services: &Services, call: &Call) -> FutureReply {
    subscribe(services, call, Kind::Plain, ticker)
}

fn ticker(query: &mut Query<'_>) -> Result<Option<Ticker>, BadRequest> {
    let rate = query.millionths("rate", RATES)?.unwrap_or(0);
    let size = query.integer("size", 0..=SIZE_MAX_BYTES)?;
    match size {
        _ if rate > 0 => Ok(Some(Ticker {
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

/// `POST`: publishes the body as the data of an event.
pub(crate) fn post(services: &Services, mut call: Call) -> FutureReply {
    let hub = Rc::clone(&services.hub);
    FutureReply::later(async move { published(publish_body(&hub, &mut call).await) })
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
