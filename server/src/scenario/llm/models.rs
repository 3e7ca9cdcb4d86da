//! `GET /v1/models`, which both APIs have.

use http::StatusCode;
use serde::Serialize;

use super::format::MODEL;
use crate::connection::body::Reply;
use crate::request::call::Call;
use crate::request::response;

/// Lists the only model, with what clients of either API read.
pub(crate) fn models(call: &Call) -> Reply {
    let model = Model {
        id: MODEL,
        object: "model",
        r#type: "model",
        display_name: MODEL,
        created: call.core.shared.started_s(),
        created_at: UNKNOWN,
        owned_by: MODEL,
        lifecycle: "active",
    };
    let models = Models {
        object: "list",
        data: [model],
        first_id: MODEL,
        last_id: MODEL,
        has_more: false,
    };
    response::json(StatusCode::OK, &models)
}

/// What Anthropic has for a date that is not known.
const UNKNOWN: &str = "1970-01-01T00:00:00Z";

#[derive(Serialize)]
struct Models {
    object: &'static str,
    data: [Model; 1],
    first_id: &'static str,
    last_id: &'static str,
    has_more: bool,
}

#[derive(Serialize)]
struct Model {
    id: &'static str,
    object: &'static str,
    r#type: &'static str,
    display_name: &'static str,
    created: u64,
    created_at: &'static str,
    owned_by: &'static str,
    lifecycle: &'static str,
}
