//! What the scenarios of one thread work with.

use std::rc::Rc;

use super::parameters::Planned;
use super::upstream::Upstream;
use crate::connection::body::Reply;
use crate::core::thread::Core;
use crate::hub::branch::Branch;
use crate::request::call::{Call, FutureReply};
use crate::request::response;
use crate::stream::events::EventStreams;
use crate::stream::plan::Plan;
use crate::tape::recording::Recording;

/// What the scenarios of one thread work with.
pub(crate) struct Services {
    pub(crate) core: Rc<Core>,
    pub(crate) event_streams: EventStreams,
    pub(crate) hub: Rc<Branch>,
    /// Where `/v1/relay` takes its streams from.
    pub(crate) upstream: Option<Upstream>,
    /// What `/scenario` streams.
    pub(crate) recording: Option<Recording>,
}

impl Services {
    /// Answers with the stream of a plan, if there is one.
    pub(crate) fn answer(&self, call: &Call, planned: Planned) -> FutureReply {
        match planned {
            Err(refused) => response::bad_request(&refused).into(),
            Ok(None) => response::nothing_left().into(),
            Ok(Some(plan)) => self.open(call, &plan).into(),
        }
    }

    /// Answers with the stream of `plan`, if another one may be open.
    pub(crate) fn open(&self, call: &Call, plan: &Plan) -> Reply {
        call.open(|ticket, gate| self.event_streams.open(ticket, gate, plan, call.start_ns))
    }
}
