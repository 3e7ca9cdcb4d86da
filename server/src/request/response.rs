//! Responses. All of them may be read by a page of any origin (Fetch standard, "CORS protocol").

use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ALLOW, CACHE_CONTROL, CONNECTION,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::bad_request::BadRequest;
use crate::connection::body::{Reply, StreamBody};
use crate::core::admission;
use crate::fault::kinds::Refusal;

const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "Last-Event-ID, Cache-Control, Content-Type, Authorization, weir-stamp",
);
/// In seconds. Browsers keep a preflight no longer than two hours (Chromium).
const PREFLIGHT_MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
/// nginx and those who took it over from it would otherwise collect events before they pass them on.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The head of a stream, with its events to come or, for HEAD, without.
pub(crate) fn stream(events: Option<StreamBody>) -> Reply {
    let events = events.unwrap_or_else(|| StreamBody::whole(Bytes::new()));
    let mut reply = reply(StatusCode::OK, events);
    let headers = reply.headers_mut();
    set(headers, CONTENT_TYPE, "text/event-stream");
    set(headers, CACHE_CONTROL, "no-cache");
    set(headers, X_ACCEL_BUFFERING, "no");
    reply
}

/// Tells an `EventSource` that has had everything not to come back (WHATWG HTML 9.2.3).
pub(crate) fn nothing_left() -> Reply {
    empty(StatusCode::NO_CONTENT)
}

pub(crate) fn healthy() -> Reply {
    json(StatusCode::OK, &serde_json::json!({"status": "ok"}))
}

/// A page, for which a browser loads and does what `policy` allows (Content Security Policy, level 3).
pub(crate) fn page(html: String, policy: &str) -> Reply {
    let mut reply = reply(StatusCode::OK, StreamBody::whole(html.into()));
    let policy = HeaderValue::from_str(policy).expect("a policy is visible characters");
    let headers = reply.headers_mut();
    set(headers, CONTENT_TYPE, "text/html; charset=utf-8");
    set(headers, CACHE_CONTROL, "no-cache");
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    set(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    reply
}

/// `methods` are those there are, as a header lists them.
pub(crate) fn preflight(methods: &str, request: &HeaderMap) -> Reply {
    let mut reply = empty(StatusCode::NO_CONTENT);
    let headers = reply.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, listed(methods));
    // A client library sends what it likes, and nothing here is a secret.
    let asked = request.get(ACCESS_CONTROL_REQUEST_HEADERS);
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        asked.cloned().unwrap_or(REQUEST_HEADERS),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE);
    reply
}

pub(crate) fn bad_request(refused: &BadRequest) -> Reply {
    let BadRequest {
        code,
        param,
        message,
    } = refused;
    error(StatusCode::BAD_REQUEST, code, message, Some(param))
}

/// `paths` are those there are.
pub(crate) fn not_found(path: &str, paths: &[&str]) -> Reply {
    let message = format!("there is no {path} here, only {}", paths.join(", "));
    error(StatusCode::NOT_FOUND, "not_found", &message, None)
}

/// What stands in a path in the place of a name.
pub(crate) fn name_not_utf8(name: &str) -> Reply {
    bad_request(&BadRequest {
        code: "invalid_encoding",
        param: "name".to_owned(),
        message: format!("the name in the path is not UTF-8: {name}"),
    })
}

/// `methods` are those there are, as a header lists them.
pub(crate) fn method_not_allowed(method: &str, methods: &str) -> Reply {
    let message = format!("{method} is not among {methods}");
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let mut reply = error(status, "method_not_allowed", &message, None);
    reply.headers_mut().insert(ALLOW, listed(methods));
    reply
}

/// In seconds: another may be opened once one ends, and nobody knows when.
const TRY_AGAIN_AFTER: &str = "1";

/// As many streams are open as may be.
pub(crate) fn too_many_streams(full: admission::Full) -> Reply {
    let (status, message) = match full {
        admission::Full::Server(most) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{most} streams are open, as many as may be"),
        ),
        admission::Full::Address(most) => (
            StatusCode::TOO_MANY_REQUESTS,
            format!("{most} streams of this address are open, as many as may be"),
        ),
    };
    let mut reply = error(status, "too_many_streams", &message, None);
    set(reply.headers_mut(), RETRY_AFTER, TRY_AGAIN_AFTER);
    reply
}

/// There is nothing to relay.
pub(crate) fn no_upstream() -> Reply {
    let message = "this server has no upstream: start it with --upstream http://HOST[:PORT][/PATH]";
    error(
        StatusCode::SERVICE_UNAVAILABLE,
        "no_upstream",
        message,
        None,
    )
}

/// There is nothing to send again.
pub(crate) fn no_recording() -> Reply {
    let message = "this server has no recorded stream: start it with --scenario FILE";
    error(StatusCode::NOT_FOUND, "no_scenario", message, None)
}

/// A stream is to be refused.
pub(crate) fn refused(refusal: Refusal) -> Reply {
    let status = StatusCode::from_u16(refusal.status).expect("400 to 599 are statuses");
    let message = format!("refused with {}, as a fault asks for", status.as_u16());
    let mut reply = error(status, "refused", &message, None);
    if let Some(seconds) = refusal.retry_after_s {
        reply.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    reply
}

pub(crate) fn body_too_long(most_bytes: usize) -> Reply {
    let message = format!("a request's body may have {most_bytes} bytes");
    closing(error(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_long",
        &message,
        None,
    ))
}

pub(crate) fn body_too_slow(most: Duration) -> Reply {
    let message = format!("a request's body may take {most:?} to arrive");
    closing(error(
        StatusCode::REQUEST_TIMEOUT,
        "body_too_slow",
        &message,
        None,
    ))
}

pub(crate) fn body_broken(why: &(dyn std::error::Error + 'static)) -> Reply {
    let message = format!("the request's body broke off: {why}");
    closing(error(
        StatusCode::BAD_REQUEST,
        "body_broken",
        &message,
        None,
    ))
}

/// The rest of the request is not read.
fn closing(mut reply: Reply) -> Reply {
    set(reply.headers_mut(), CONNECTION, "close");
    reply
}

fn listed(methods: &str) -> HeaderValue {
    HeaderValue::from_str(methods).expect("methods are visible characters")
}

/// The server drains, and what was asked for would be ready after that.
pub(crate) fn ending() -> Reply {
    let message = "the server is ending";
    error(
        StatusCode::SERVICE_UNAVAILABLE,
        "server_ending",
        message,
        None,
    )
}

fn error(status: StatusCode, code: &str, message: &str, param: Option<&str>) -> Reply {
    #[derive(Serialize)]
    struct Body<'a> {
        error: Error<'a>,
    }
    #[derive(Serialize)]
    struct Error<'a> {
        code: &'a str,
        message: &'a str,
        param: Option<&'a str>,
    }
    let error = Error {
        code,
        message,
        param,
    };
    json(status, &Body { error })
}

/// `text`, of the type that the caller sets.
pub(crate) fn text(text: String) -> Reply {
    reply(StatusCode::OK, StreamBody::whole(text.into()))
}

/// `value` as JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Reply {
    json_bytes(
        status,
        serde_json::to_vec(value).expect("plain values are JSON"),
    )
}

/// JSON as it is.
pub(crate) fn json_bytes(status: StatusCode, body: Vec<u8>) -> Reply {
    let mut reply = reply(status, StreamBody::whole(body.into()));
    set(reply.headers_mut(), CONTENT_TYPE, "application/json");
    reply
}

fn empty(status: StatusCode) -> Reply {
    reply(status, StreamBody::whole(Bytes::new()))
}

fn reply(status: StatusCode, body: StreamBody) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    set(reply.headers_mut(), ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    reply
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
