//! What topics, rooms and notifications have in common.

use std::ops::RangeInclusive;

use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::connection::body::Reply;
use crate::hub::branch::Branch;
use crate::hub::seat::Seat;
use crate::hub::subscription::{Asked, Subscription};
use crate::hub::ticker::Clock;
use crate::hub::topic::{Kind, Topic};
use crate::request::bad_request::BadRequest;
use crate::request::call::{Answer, Call};
use crate::request::query::Query;
use crate::request::response;
use crate::scenario::parameters::{heartbeat_ns, is_stamped, last_event_id, retry_ms};
use crate::scenario::stage::Stage;
use crate::stream::counted::counted;

/// As long as a name may be that a person reads.
const NAME_CHARS: RangeInclusive<usize> = 1..=100;

/// Shorter than the minute after which proxies commonly take a stream for dead (WHATWG HTML 9.2.7 has 15 s, too).
const HEARTBEAT_NS: u64 = 15_000_000_000;

/// Answers with a subscription; `clock` reads what the topic's clock is to be.
pub(super) fn subscribe(
    stage: &Stage,
    call: &Call,
    kind: Kind,
    clock: impl FnOnce(&mut Query<'_>) -> Result<Option<Clock>, BadRequest>,
) -> Answer {
    let seated = asked(call, kind, clock).and_then(|asked| {
        let seat = Seat::take(&stage.hub, &asked);
        let seat = seat.map_err(|running| super::topic::other_clock(&asked, running))?;
        Ok((asked, seat))
    });
    match seated {
        Err(refused) => response::bad_request(&refused).into(),
        Ok((asked, seat)) => call
            .open(|ticket, gate| {
                let subscription = Subscription::new(&ticket.core, seat, &asked);
                counted(ticket, gate, subscription)
            })
            .into(),
    }
}

fn asked(
    call: &Call,
    kind: Kind,
    clock: impl FnOnce(&mut Query<'_>) -> Result<Option<Clock>, BadRequest>,
) -> Result<Asked, BadRequest> {
    let topic = named(call, kind)?;
    let mut query = Query::parse(call.head.uri.query())?;
    let clock = clock(&mut query)?;
    let heartbeat_ns = heartbeat_ns(&mut query, Some(HEARTBEAT_NS))?;
    let retry_ms = retry_ms(&mut query)?;
    let stamped = is_stamped(&mut query, &call.head.headers)?;
    query.finish()?;
    Ok(Asked {
        topic,
        last: last_event_id(&call.head.headers)?,
        clock,
        heartbeat_ns,
        retry_ms,
        stamped,
    })
}

/// The topic that the path names.
pub(super) fn named(call: &Call, kind: Kind) -> Result<Topic, BadRequest> {
    let name = &call.name;
    if NAME_CHARS.contains(&name.chars().count()) && !name.contains(char::is_control) {
        return Ok(Topic::new(kind, name));
    }
    let expected = format!(
        "a text of {} to {} characters, no control characters among them",
        NAME_CHARS.start(),
        NAME_CHARS.end()
    );
    Err(BadRequest::invalid("the name in the path", name, expected))
}

/// Answers a publication to one topic with what `publish` makes of it.
pub(super) fn published(outcome: Result<Delivered, Reply>) -> Reply {
    match outcome {
        Ok(delivered) => response::json(StatusCode::OK, &delivered),
        Err(refused) => refused,
    }
}

/// What whoever publishes is told.
#[derive(Serialize)]
pub(super) struct Delivered {
    pub(super) success: bool,
    /// Subscribers at that instant.
    pub(super) delivered: usize,
    /// Of the event; none where it has one in each of several topics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
}

/// Publishes now.
pub(super) async fn publish(
    hub: &Branch,
    topic: &Topic,
    event: Option<&str>,
    data: &str,
) -> Delivered {
    let (number, delivered) = hub.publish(topic, event, data).await;
    Delivered {
        success: true,
        delivered,
        id: Some(number.to_string()),
    }
}

/// The object that a request's body is, with the time added to it.
pub(super) async fn object(call: &mut Call) -> Result<Map<String, Value>, Reply> {
    let body = call.read_body().await?;
    let mut object: Map<String, Value> = serde_json::from_slice(&body)
        .map_err(|error| response::bad_request(&BadRequest::not_an_object(&error)))?;
    let now_ms = call.core.timers.clock().now_ns() / 1_000_000;
    object.insert("time_ms".to_owned(), now_ms.into());
    Ok(object)
}

/// What is published, on one line.
pub(super) fn line(object: Map<String, Value>) -> String {
    Value::Object(object).to_string()
}
