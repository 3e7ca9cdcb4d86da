//! Subscribing to what others publish.

use std::ops::RangeInclusive;

use crate::hub::seat::{Seat, Subscription};
use crate::hub::subscriber::Subscriber;
use crate::hub::topic::{Kind, Ticker, Topic};
use crate::request::bad_request::BadRequest;
use crate::request::call::{Call, FutureReply};
use crate::request::query::Query;
use crate::request::response;
use crate::scenario::parameters::{heartbeat_ns, is_stamped, last_event_id, retry_ms};
use crate::scenario::services::Services;
use crate::stream::counted::counted;

/// As long as a name may be that a person reads.
const NAME_CHARS: RangeInclusive<usize> = 1..=100;

/// Shorter than the minute after which proxies commonly take a stream for dead (WHATWG HTML 9.2.7 has 15 s, too).
const HEARTBEAT_NS: u64 = 15_000_000_000;

/// Answers with a subscription; `ticker` reads what the topic's ticker is to be.
pub(super) fn subscribe(
    services: &Services,
    call: &Call,
    kind: Kind,
    ticker: impl FnOnce(&mut Query<'_>) -> Result<Option<Ticker>, BadRequest>,
) -> FutureReply {
    let seated = asked(call, kind, ticker).and_then(|asked| {
        let seat = Seat::take(&services.hub, &asked);
        let seat = seat.map_err(|running| other_ticker(&asked, running))?;
        Ok((asked, seat))
    });
    match seated {
        Err(refused) => response::bad_request(&refused).into(),
        Ok((asked, seat)) => call
            .open(|ticket, gate| {
                let subscriber = Subscriber::new(&ticket.core, seat, &asked);
                counted(ticket, gate, subscriber)
            })
            .into(),
    }
}

fn asked(
    call: &Call,
    kind: Kind,
    ticker: impl FnOnce(&mut Query<'_>) -> Result<Option<Ticker>, BadRequest>,
) -> Result<Subscription, BadRequest> {
    let topic = named(call, kind)?;
    let mut query = Query::parse(call.head.uri.query())?;
    let ticker = ticker(&mut query)?;
    let heartbeat_ns = heartbeat_ns(&mut query, Some(HEARTBEAT_NS))?;
    let retry_ms = retry_ms(&mut query)?;
    let stamped = is_stamped(&mut query, &call.head.headers)?;
    query.finish()?;
    Ok(Subscription {
        topic,
        last: last_event_id(&call.head.headers)?,
        ticker,
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

/// A topic has one ticker: `asked` is for another than the one that is `running`.
fn other_ticker(asked: &Subscription, running: Ticker) -> BadRequest {
    let is_of_rate = |ticker: Ticker| ticker.per_megasecond == running.per_megasecond;
    let (code, param) = match asked.ticker {
        Some(ticker) if is_of_rate(ticker) => ("other_size", "size"),
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
