//! Which resource a request is for, and what may be done to it.

use std::rc::Rc;

use http::Method;
use http::request::Parts;

use crate::body::EventStream;
use crate::core::Core;
use crate::gate::Gate;
use crate::reply::{self, Reply};
use crate::scenario::{Planned, sse, typewriter};

/// What answers at a path.
enum Resource {
    Stream(fn(&Parts) -> Planned),
    Healthz,
}

const RESOURCES: [(&str, Resource); 3] = [
    ("/sse", Resource::Stream(sse::plan)),
    ("/api/stream", Resource::Stream(typewriter::plan)),
    ("/healthz", Resource::Healthz),
];

/// Answers a request whose head was read at `start_ns` and whose response goes to the socket of `gate`.
pub(crate) fn answer(core: &Rc<Core>, gate: &Rc<Gate>, request: &Parts, start_ns: u64) -> Reply {
    let path = request.uri.path();
    let Some((_, resource)) = RESOURCES.iter().find(|(known, _)| *known == path) else {
        return reply::not_found(path, &RESOURCES.map(|(path, _)| path));
    };
    match request.method {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return reply::preflight(),
        _ => return reply::method_not_allowed(request.method.as_str()),
    }
    let plan = match resource {
        Resource::Healthz => return reply::healthy(),
        Resource::Stream(plan) => plan(request),
    };
    match plan {
        Err(refused) => reply::bad_request(&refused),
        Ok(None) => reply::nothing_left(),
        Ok(Some(_)) if request.method == Method::HEAD => reply::stream(None),
        Ok(Some(plan)) => reply::stream(Some(EventStream::open(core, gate, &plan, start_ns))),
    }
}
