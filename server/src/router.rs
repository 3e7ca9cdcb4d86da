//! Which resource a request is for, and what may be done to it.

use std::rc::Rc;

use http::Method;
use percent_encoding::percent_decode_str;

use crate::fault::kinds;
use crate::metrics;
use crate::page;
use crate::request::call::{Answer, Call};
use crate::request::faults;
use crate::request::response;
use crate::scenario::fanout::{notifications, room, topic};
use crate::scenario::llm::{self, Format};
use crate::scenario::{channels, monitor, recorded, relay, sse, typewriter};

/// What answers at a path to a method. GET stands for HEAD, too.
struct Route {
    method: Method,
    /// At most one segment is in braces, and stands for any.
    path: &'static str,
    answer: fn(Call) -> Answer,
    /// Whether it is a stream, with which something may go wrong.
    streams: bool,
}

impl Route {
    const fn streaming(mut self) -> Self {
        self.streams = true;
        self
    }
}

const fn get(path: &'static str, answer: fn(Call) -> Answer) -> Route {
    Route {
        method: Method::GET,
        path,
        answer,
        streams: false,
    }
}

const fn post(path: &'static str, answer: fn(Call) -> Answer) -> Route {
    Route {
        method: Method::POST,
        path,
        answer,
        streams: false,
    }
}

const ROUTES: &[Route] = &[
    get("/sse", |call| {
        let plan = sse::plan(&call.head);
        call.stream(plan)
    })
    .streaming(),
    get("/api/stream", |call| {
        let plan = typewriter::plan(&call.head);
        call.stream(plan)
    })
    .streaming(),
    get("/api/chat/{room}", |call| room::stream(&call)).streaming(),
    post("/api/chat/{room}/message", room::post),
    get("/api/notifications/{user}", |call| {
        notifications::stream(&call)
    })
    .streaming(),
    post("/api/notifications/{user}", notifications::post_to_one),
    post("/api/notifications", notifications::post_to_all),
    get("/topic/{name}", |call| topic::stream(&call)).streaming(),
    post("/topic/{name}", topic::post),
    get("/api/channels/{names}", |call| {
        let plan = channels::plan(&call);
        call.stream(plan)
    })
    .streaming(),
    get("/scenario", recorded::stream).streaming(),
    get("/api/monitor", |call| monitor::stream(&call)).streaming(),
    post("/v1/relay", relay::stream).streaming(),
    get("/metrics", |call| metrics::answer(&call)),
    post("/v1/chat/completions", |call| {
        Answer::later(llm::answer(Format::Chat, call))
    })
    .streaming(),
    post("/v1/completions", |call| {
        Answer::later(llm::answer(Format::Completions, call))
    })
    .streaming(),
    post("/v1/responses", |call| {
        Answer::later(llm::answer(Format::Responses, call))
    })
    .streaming(),
    post("/v1/messages", |call| {
        Answer::later(llm::answer(Format::Anthropic, call))
    })
    .streaming(),
    get("/v1/models", |call| llm::models(&call).into()),
    get("/healthz", |_| response::healthy().into()),
    get("/", |_| page::answer().into()),
];

/// Answers a request.
pub(crate) fn answer(mut call: Call) -> Answer {
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
        Method::OPTIONS => return response::preflight(&methods(&here), &call.head.headers).into(),
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
        return faulty(route, call);
    }
    match faults::none_asked(call.head.uri.query()) {
        Ok(()) => (route.answer)(call),
        Err(refused) => response::bad_request(&refused).into(),
    }
}

/// Answers a request for a stream, with which something may go wrong.
fn faulty(route: &Route, mut call: Call) -> Answer {
    call.faults = match faults::of_stream(&call.core.shared.faults, &call.head) {
        Ok(faults) => faults,
        Err(refused) => return response::bad_request(&refused).into(),
    };
    let Some(delay_ns) = kinds::head_delay_ns(&call.faults) else {
        return (route.answer)(call);
    };
    let due_ns = call.start_ns.saturating_add(delay_ns);
    let core = Rc::clone(&call.core);
    (route.answer)(call).not_before(due_ns, core)
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
            answer: |_| response::healthy().into(),
            streams: false,
        });
        assert_eq!(methods(&[&get]), "GET, HEAD, OPTIONS");
        assert_eq!(methods(&[&get, &post]), "GET, HEAD, POST, OPTIONS");
        assert_eq!(methods(&[&post]), "POST, OPTIONS");
    }
}
