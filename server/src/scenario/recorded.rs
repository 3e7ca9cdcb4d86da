//! `GET /scenario`: a stream that was recorded, sent again.

use super::parameters::{Planned, first_event};
use super::services::Services;
use super::timing::Rated;
use crate::request::call::{Call, FutureReply};
use crate::request::query::Query;
use crate::request::response;
use crate::tape::encoded::Script;
use crate::tape::recording::Recording;

/// Answers with the recording that the server was started with.
pub(crate) fn stream(services: &Services, call: &Call) -> FutureReply {
    match services.recording.clone() {
        None => response::no_recording().into(),
        Some(recording) => {
            let planned = plan(call, recording);
            services.answer(call, planned)
        }
    }
}

fn plan(call: &Call, recording: Recording) -> Planned {
    let headers = &call.head.headers;
    let mut query = Query::parse(call.head.uri.query())?;
    let rated = Rated::read(&mut query, headers)?;
    let seed = query.integer("seed", 0..=u64::MAX)?.unwrap_or(0);
    query.finish()?;
    let events = first_event(headers)?..recording.len();
    Ok(rated.plan(recording, events, seed))
}
