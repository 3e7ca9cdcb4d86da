//! The parameters that several scenarios have.

use std::ops::RangeInclusive;

use http::HeaderMap;

use crate::number;
use crate::request::bad_request::BadRequest;
use crate::request::query::Query;
use crate::stream::plan::Plan;

/// The answer to a request: a stream, none because its reader has had all of it, or a refusal.
pub(crate) type Planned = Result<Option<Plan>, BadRequest>;

/// Number of the first event to send: 0, or the one after the last that the reader has had.
///
/// # Errors
/// As those of [`last_event_id`].
pub(super) fn first_event(headers: &HeaderMap) -> Result<u64, BadRequest> {
    Ok(last_event_id(headers)?.map_or(0, |last| last.saturating_add(1)))
}

/// The `Last-Event-ID` of a reader that comes back. An empty header is what a reader has that has not seen an id (WHATWG
/// HTML 9.2.6), and starts anew.
///
/// # Errors
/// When the id is not a number, as all ids of our streams are.
pub(super) fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, BadRequest> {
    let Some(value) = headers
        .get("last-event-id")
        .filter(|value| !value.is_empty())
    else {
        return Ok(None);
    };
    let id = std::str::from_utf8(value.as_bytes()).ok();
    let last = id.and_then(number::whole).filter(|last| *last < EVENTS_MAX);
    last.map(Some).ok_or_else(|| {
        let value = String::from_utf8_lossy(value.as_bytes());
        BadRequest::invalid(
            "Last-Event-ID",
            &value,
            "the id of an event of this stream, a whole number from 0",
        )
    })
}

/// Events that a stream may have: a million a second for 11 days.
pub(super) const EVENTS_MAX: u64 = 1_000_000_000_000;

/// A millisecond to an hour.
const HEARTBEAT_US: RangeInclusive<u64> = 1_000..=3_600_000_000;

/// From one heartbeat to the next: so many seconds as the query says, or else `default`; None where there are none.
pub(super) fn heartbeat_ns(
    query: &mut Query<'_>,
    default: Option<u64>,
) -> Result<Option<u64>, BadRequest> {
    let asked_us = query.millionths("heartbeat", HEARTBEAT_US)?;
    let asked_ns = asked_us.map(|every_us| every_us * 1_000);
    Ok(asked_ns.or(default).filter(|every_ns| *every_ns > 0))
}

/// A day.
const RETRY_MAX_MS: u64 = 86_400_000;

/// What clients are told to wait before they reconnect.
pub(super) fn retry_ms(query: &mut Query<'_>) -> Result<Option<u64>, BadRequest> {
    query.integer("retry", 0..=RETRY_MAX_MS)
}

pub(super) fn event_type(query: &mut Query<'_>) -> Result<Option<Box<str>>, BadRequest> {
    let name = query.text("event", 1..=100)?;
    match name {
        Some(name) if name.contains(['\n', '\r']) => Err(BadRequest::invalid(
            "event",
            &name,
            "an event type, which has no line end",
        )),
        name => Ok(name),
    }
}

/// Whether each event is preceded by its stamp: as the query says, or else the header.
pub(super) fn is_stamped(query: &mut Query<'_>, headers: &HeaderMap) -> Result<bool, BadRequest> {
    let asked = query.flag("stamp")?;
    Ok(asked.unwrap_or_else(|| headers.get("weir-stamp").is_some_and(|value| value == "1")))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(name: &'static str, value: &[u8]) -> HeaderMap {
        HeaderMap::from_iter([(
            http::HeaderName::from_static(name),
            HeaderValue::from_bytes(value).unwrap(),
        )])
    }

    #[test]
    fn goes_on_after_the_last_event_id() {
        let first = |value: &[u8]| first_event(&headers("last-event-id", value));
        assert_eq!(first(b"0"), Ok(1));
        assert_eq!(first(b"41"), Ok(42));
        assert_eq!(first(b""), Ok(0));
        assert_eq!(first(b"999999999999"), Ok(EVENTS_MAX));
        assert_eq!(first_event(&HeaderMap::new()), Ok(0));
        for foreign in [
            &b"+1"[..],
            b"-1",
            b"x",
            b"1.0",
            b"1000000000000",
            b"18446744073709551615",
            b"18446744073709551616",
            b"\xff",
        ] {
            assert_eq!(first(foreign).unwrap_err().param, "Last-Event-ID");
        }
    }

    #[test]
    fn the_query_overrides_the_stamp_header() {
        for (text, header, stamped) in [
            ("", "1", true),
            ("", "0", false),
            ("stamp=0", "1", false),
            ("stamp=1", "0", true),
        ] {
            let mut query = Query::parse(Some(text)).unwrap();
            let headers = headers("weir-stamp", header.as_bytes());
            assert_eq!(is_stamped(&mut query, &headers), Ok(stamped));
        }
    }
}
