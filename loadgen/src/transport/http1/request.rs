//! A request on the wire.

use crate::plan::{Request, Target};

/// The bytes on the wire (RFC 9112, 3), as an `EventSource` asks (WHATWG HTML, 9.2.3): GET, `accept:
/// text/event-stream`, `cache-control: no-cache`; each of the fields can be replaced by one of the request's own.
pub(in crate::transport) fn encode_request(request: &Request, target: &Target) -> Vec<u8> {
    let agent = concat!("weir/", env!("CARGO_PKG_VERSION"));
    let length = request.body.as_ref().map(|body| body.len().to_string());
    let defaults = [
        ("host", Some(target.authority.as_str())),
        ("accept", Some("text/event-stream")),
        ("cache-control", Some("no-cache")),
        ("user-agent", Some(agent)),
        ("weir-stamp", request.stamp.then_some("1")),
        (
            "content-type",
            request.body.as_ref().map(|_| "application/json"),
        ),
        ("content-length", length.as_deref()),
    ];
    let own = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let mut wire = format!("{} {} HTTP/1.1\r\n", request.method, target.path);
    for (name, value) in defaults {
        if let Some(value) = value.filter(|_| !request.has(name)) {
            wire.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    for (name, value) in own {
        wire.push_str(&format!("{name}: {value}\r\n"));
    }
    wire.push_str("\r\n");
    wire.push_str(request.body.as_deref().unwrap_or_default());
    wire.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target::literal("http://127.0.0.1:8080/sse?rate=5").unwrap()
    }

    #[test]
    fn asks_as_an_event_source_does() {
        let request = Request {
            method: "GET".into(),
            headers: vec![],
            body: None,
            stamp: true,
        };
        let expected = format!(
            "GET /sse?rate=5 HTTP/1.1\r\nhost: 127.0.0.1:8080\r\naccept: text/event-stream\r\ncache-control: no-cache\r\n\
             user-agent: weir/{}\r\nweir-stamp: 1\r\n\r\n",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(
            String::from_utf8(encode_request(&request, &target())).unwrap(),
            expected
        );
    }

    #[test]
    fn own_fields_replace_the_usual_ones() {
        let headers = vec![
            ("Accept".to_owned(), "*/*".to_owned()),
            ("X-A".to_owned(), "b".to_owned()),
        ];
        let request = Request {
            method: "POST".into(),
            headers,
            body: Some("{}".into()),
            stamp: false,
        };
        let wire = String::from_utf8(encode_request(&request, &target())).unwrap();
        assert!(wire.starts_with("POST /sse?rate=5 HTTP/1.1\r\n"));
        assert!(wire.ends_with(
            "content-type: application/json\r\ncontent-length: 2\r\nAccept: */*\r\nX-A: b\r\n\r\n{}"
        ));
        assert!(!wire.contains("text/event-stream") && !wire.contains("weir-stamp"));
    }
}
