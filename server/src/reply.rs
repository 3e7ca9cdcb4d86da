//! Responses. All of them may be read by a page of any origin (Fetch standard, "CORS protocol").

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_TYPE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::{Either, Full};
use serde::Serialize;

use crate::body::EventStream;
use crate::query::BadRequest;

/// A response: a stream, or something short. The stream is boxed because hyper keeps the place of a response, empty, for
/// as long as it writes the body: 112 bytes less a stream.
pub(crate) type Reply = Response<Body>;

type Body = Either<Box<EventStream>, Full<Bytes>>;

/// What may be done to every resource there is.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "Last-Event-ID, Cache-Control, Content-Type, Authorization, weir-stamp",
);
/// In seconds. Browsers keep a preflight no longer than two hours (Chromium).
const PREFLIGHT_MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
/// nginx and those who took it over from it would otherwise collect events before they pass them on.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The head of a stream, with its events to come or, for HEAD, without.
pub(crate) fn stream(events: Option<EventStream>) -> Reply {
    let body = match events {
        Some(events) => Either::Left(Box::new(events)),
        None => Either::Right(Full::default()),
    };
    let mut reply = reply(StatusCode::OK, body);
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

pub(crate) fn preflight() -> Reply {
    let mut reply = empty(StatusCode::NO_CONTENT);
    let headers = reply.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
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

pub(crate) fn method_not_allowed(method: &str) -> Reply {
    let message = format!("{method} is not among GET, HEAD, OPTIONS");
    let mut reply = error(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        &message,
        None,
    );
    reply.headers_mut().insert(ALLOW, METHODS);
    reply
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

fn json(status: StatusCode, value: &impl Serialize) -> Reply {
    let body = serde_json::to_vec(value).expect("plain values are JSON");
    let mut reply = reply(status, Either::Right(Full::new(body.into())));
    set(reply.headers_mut(), CONTENT_TYPE, "application/json");
    reply
}

fn empty(status: StatusCode) -> Reply {
    reply(status, Either::Right(Full::default()))
}

fn reply(status: StatusCode, body: Body) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    set(reply.headers_mut(), ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    reply
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
