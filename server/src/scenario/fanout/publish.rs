//! Publishing to who subscribes.

use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::connection::body::Reply;
use crate::hub::branch::Branch;
use crate::hub::topic::Topic;
use crate::request::bad_request::BadRequest;
use crate::request::call::Call;
use crate::request::response;

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
