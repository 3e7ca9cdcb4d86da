//! Which resource a request is for, and what may be done to it.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use http::Method;
use hyper::Request;
use percent_encoding::percent_decode_str;

use crate::connection::gate::Gate;
use crate::connection::handler::Handler;
use crate::connection::request_body::RequestBody;
use crate::core::thread::Core;
use crate::fault::draw::ServerFaults;
use crate::fault::kinds;
use crate::metrics;
use crate::page;
use crate::request::call::{Call, FutureReply};
use crate::request::faults;
use crate::request::response;
use crate::scenario::fanout::{notifications, room, topic};
use crate::scenario::llm::format::Format;
use crate::scenario::llm::{self, models};
use crate::scenario::services::Services;
use crate::scenario::{channels, monitor, recorded, relay, sse, typewriter};

/// What answers at a path to a method. GET stands for HEAD, too.
struct Route {
    method: Method,
    /// At most one segment is in braces, and stands for any.
    path: &'static str,
    answer: fn(&Rc<Services>, Call) -> FutureReply,
    /// Whether it is a stream, with which something may go wrong.
    streams: bool,
}

const fn get(path: &'static str, answer: fn(&Rc<Services>, Call) -> FutureReply) -> Route {
    Route {
        method: Method::GET,
        path,
        answer,
        streams: false,
    }
}

const fn post(path: &'static str, answer: fn(&Rc<Services>, Call) -> FutureReply) -> Route {
    Route {
        method: Method::POST,
        path,
        answer,
        streams: false,
    }
}

/// A route that answers with a stream.
const fn stream(mut route: Route) -> Route {
    route.streams = true;
    route
}

const ROUTES: &[Route] = &[
    stream(get("/sse", |services, call| {
        services.answer(&call, sse::plan(&call.head))
    })),
    stream(get("/api/stream", |services, call| {
        services.answer(&call, typewriter::plan(&call.head))
    })),
    stream(get("/api/chat/{room}", |services, call| {
        room::stream(services, &call)
    })),
    post("/api/chat/{room}/message", |services, call| {
        room::post(services, call)
    }),
    stream(get("/api/notifications/{user}", |services, call| {
        notifications::stream(services, &call)
    })),
    post("/api/notifications/{user}", |services, call| {
        notifications::post_to_one(services, call)
    }),
    post("/api/notifications", |services, call| {
        notifications::post_to_all(services, call)
    }),
    stream(get("/topic/{name}", |services, call| {
        topic::stream(services, &call)
    })),
    post("/topic/{name}", |services, call| {
        topic::post(services, call)
    }),
    stream(get("/api/channels/{names}", |services, call| {
        services.answer(&call, channels::plan(&call))
    })),
    stream(get("/scenario", |services, call| {
        recorded::stream(services, &call)
    })),
    stream(get("/api/monitor", |_, call| monitor::stream(&call))),
    stream(post("/v1/relay", |services, call| {
        relay::stream(services, call)
    })),
    get("/metrics", |_, call| metrics::answer(&call)),
    stream(post("/v1/chat/completions", |services, call| {
        llm::answer(Format::Chat, services, call)
    })),
    stream(post("/v1/completions", |services, call| {
        llm::answer(Format::Completions, services, call)
    })),
    stream(post("/v1/responses", |services, call| {
        llm::answer(Format::Responses, services, call)
    })),
    stream(post("/v1/messages", |services, call| {
        llm::answer(Format::Anthropic, services, call)
    })),
    get("/v1/models", |_, call| models::models(&call).into()),
    get("/healthz", |_, _| response::healthy().into()),
    get("/", |_, _| page::answer().into()),
];

/// Answers the requests of one thread.
pub(crate) struct Router {
    pub(crate) services: Rc<Services>,
    pub(crate) faults: Arc<ServerFaults>,
    /// Whether streams are encoded for clients that ask for it.
    pub(crate) compress: bool,
}

impl Handler for Router {
    type Answer = FutureReply;

    fn core(&self) -> &Rc<Core> {
        &self.services.core
    }

    fn answer(&self, peer: IpAddr, gate: &Rc<Gate>, request: Request<RequestBody>) -> FutureReply {
        let core = self.core();
        let start_ns = core.timers.clock().now_ns();
        let (head, body) = request.into_parts();
        self.route(Call {
            core: Rc::clone(core),
            gate: Rc::clone(gate),
            peer,
            start_ns,
            head,
            body,
            name: String::new(),
            faults: Vec::new(),
            compress: self.compress,
        })
    }
}

impl Router {
    fn route(&self, mut call: Call) -> FutureReply {
        let path = call.head.uri.path();
        tracing::debug!(peer = %call.peer, method = %call.head.method, path, "request");
        let here: Vec<&Route> = ROUTES
            .iter()
            .filter(|route| captured(route.path, path).is_some())
            .collect();
        let Some(first) = here.first() else {
            return response::not_found(path, &paths()).into();
        };
        let method = match call.head.method {
            Method::OPTIONS => {
                return response::preflight(&methods(&here), &call.head.headers).into();
            }
            Method::HEAD => &Method::GET,
            ref method => method,
        };
        let Some(route) = here.iter().find(|route| route.method == *method) else {
            return response::method_not_allowed(method.as_str(), &methods(&here)).into();
        };
        let name = captured(first.path, path).unwrap_or_default();
        match percent_decode_str(name).decode_utf8() {
            Ok(decoded) => call.name = decoded.into_owned(),
            Err(_) => return response::name_not_utf8(name).into(),
        }
        if route.streams {
            return self.faulty(route, call);
        }
        match faults::none_asked(call.head.uri.query()) {
            Ok(()) => (route.answer)(&self.services, call),
            Err(refused) => response::bad_request(&refused).into(),
        }
    }

    /// Answers a request for a stream, with which something may go wrong.
    fn faulty(&self, route: &Route, mut call: Call) -> FutureReply {
        call.faults = match faults::of_stream(&self.faults, &call.head) {
            Ok(faults) => faults,
            Err(refused) => return response::bad_request(&refused).into(),
        };
        let Some(delay_ns) = kinds::head_delay_ns(&call.faults) else {
            return (route.answer)(&self.services, call);
        };
        let due_ns = call.start_ns.saturating_add(delay_ns);
        let core = Rc::clone(&call.core);
        (route.answer)(&self.services, call).not_before(due_ns, core)
    }
}

/// What of `path` stands in the place of the braces of `pattern`, empty where it has none; None when it is another path.
fn captured<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    let Some((before, rest)) = pattern.split_once('{') else {
        return (pattern == path).then_some("");
    };
    let (_, after) = rest.split_once('}')?;
    let name = path.strip_prefix(before)?.strip_suffix(after)?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

/// All there are, each once.
fn paths() -> Vec<&'static str> {
    let mut paths: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
    paths.dedup();
    paths
}

/// What may be done to the resource of `routes`, as a header lists it.
fn methods(routes: &[&Route]) -> String {
    let mut methods = Vec::new();
    for route in routes {
        methods.push(route.method.as_str());
        if route.method == Method::GET {
            methods.push("HEAD");
        }
    }
    methods.push("OPTIONS");
    methods.join(", ")
}

/// With what a server has by default.
#[cfg(test)]
pub(crate) fn by_default(core: &Rc<Core>) -> Rc<Router> {
    use crate::hub::branch::Branch;
    use crate::hub::registry::Registry;
    use crate::hub::settings::Fanout;

    let (registry, _mailboxes) = Registry::new(1, 1);
    let services = Services {
        core: Rc::clone(core),
        event_streams: crate::stream::events::EventStreams::default(),
        hub: Rc::new(Branch::new(core, Arc::new(registry), Fanout::default())),
        upstream: None,
        recording: None,
    };
    Rc::new(Router {
        services: Rc::new(services),
        faults: Arc::new(ServerFaults::new(crate::Faults::default(), 0)),
        compress: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_in_braces_stands_for_any() {
        let chat = "/api/chat/{room}/message";
        assert_eq!(captured(chat, "/api/chat/a%20b/message"), Some("a%20b"));
        assert_eq!(captured(chat, "/api/chat//message"), None);
        assert_eq!(captured(chat, "/api/chat/a/b/message"), None);
        assert_eq!(captured(chat, "/api/chat/message"), None);
        assert_eq!(captured("/topic/{name}", "/topic/a"), Some("a"));
        assert_eq!(captured("/topic/{name}", "/topic/"), None);
        assert_eq!(captured("/sse", "/sse"), Some(""));
        assert_eq!(captured("/sse", "/sse/"), None);
    }

    #[test]
    fn a_resource_tells_its_methods() {
        let [get, post] = [Method::GET, Method::POST].map(|method| Route {
            method,
            path: "/",
            answer: |_, _| response::healthy().into(),
            streams: false,
        });
        assert_eq!(methods(&[&get]), "GET, HEAD, OPTIONS");
        assert_eq!(methods(&[&get, &post]), "GET, HEAD, POST, OPTIONS");
        assert_eq!(methods(&[&post]), "POST, OPTIONS");
    }
}
