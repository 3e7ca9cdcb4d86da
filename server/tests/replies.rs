//! Everything that is not a stream.

mod common;

use common::{exchange, server};

#[test]
fn healthz_says_that_it_is_up() {
    let server = server();
    let (head, body) = exchange(server.addr(), "GET /healthz", "");
    assert_eq!(
        head,
        "HTTP/1.1 200 OK\n\
         access-control-allow-origin: *\n\
         content-type: application/json\n\
         connection: close\n\
         content-length: 15"
    );
    assert_eq!(body, r#"{"status":"ok"}"#);
}

#[test]
fn the_page_is_at_the_root() {
    let server = server();
    let (head, html) = exchange(server.addr(), "GET /", "");
    let nonce = html
        .split_once("<script type=\"module\" nonce=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .unwrap()
        .0;
    assert!(nonce.len() == 32 && html.contains(&format!("<style nonce=\"{nonce}\">")));
    assert_eq!(
        head,
        format!(
            "HTTP/1.1 200 OK\n\
             access-control-allow-origin: *\n\
             content-type: text/html; charset=utf-8\n\
             cache-control: no-cache\n\
             content-security-policy: default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
             connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\n\
             x-content-type-options: nosniff\n\
             connection: close\n\
             content-length: {}",
            html.len()
        )
    );
    assert!(html.starts_with("<!doctype html>\n"));
    let (head, body) = exchange(server.addr(), "HEAD /", "");
    let length = format!("content-length: {}", html.len());
    assert!(head.ends_with(&length) && body.is_empty());
    let (_, again) = exchange(server.addr(), "GET /", "");
    assert!(!again.contains(nonce), "a nonce is for one response");
}

#[test]
fn head_gives_the_head_and_opens_no_stream() {
    let server = server();
    let (head, body) = exchange(server.addr(), "HEAD /sse", "");
    assert_eq!(
        head,
        "HTTP/1.1 200 OK\n\
         access-control-allow-origin: *\n\
         content-type: text/event-stream\n\
         cache-control: no-cache\n\
         x-accel-buffering: no\n\
         connection: close"
    );
    assert_eq!(body, "");
    let (head, body) = exchange(server.addr(), "HEAD /healthz", "");
    assert!(head.contains("content-length: 15") && body.is_empty());
    let (head, body) = exchange(server.addr(), "HEAD /sse?rate=x", "");
    assert!(head.starts_with("HTTP/1.1 400") && body.is_empty());
    assert_eq!(server.shutdown().streams, 0);
}

#[test]
fn a_preflight_allows_what_an_event_source_sends() {
    let server = server();
    let (head, body) = exchange(
        server.addr(),
        "OPTIONS /sse",
        "origin: http://a.example\r\n",
    );
    assert_eq!(
        head,
        "HTTP/1.1 204 No Content\n\
         access-control-allow-origin: *\n\
         access-control-allow-methods: GET, HEAD, OPTIONS\n\
         access-control-allow-headers: Last-Event-ID, Cache-Control, Content-Type, Authorization, weir-stamp\n\
         access-control-max-age: 7200\n\
         connection: close"
    );
    assert_eq!(body, "");
    let asked = "access-control-request-headers: x-api-key,x-stainless-os\r\n";
    let (head, _) = exchange(server.addr(), "OPTIONS /v1/messages", asked);
    assert!(
        head.contains("access-control-allow-headers: x-api-key,x-stainless-os"),
        "{head}"
    );
}

#[test]
fn an_unknown_path_is_told_the_known_ones() {
    let server = server();
    let (head, body) = exchange(server.addr(), "GET /sse/", "");
    assert!(head.starts_with("HTTP/1.1 404 Not Found\naccess-control-allow-origin: *\n"));
    let (known, rest) = body.split_once("/sse, /api/stream, ").unwrap();
    assert_eq!(
        known,
        r#"{"error":{"code":"not_found","message":"there is no /sse/ here, only "#
    );
    assert!(rest.contains("/healthz") && rest.ends_with(r#"","param":null}}"#));
}

#[test]
fn another_method_is_told_the_allowed_ones() {
    let server = server();
    for path in ["/sse", "/api/stream", "/healthz"] {
        let (head, body) = exchange(server.addr(), &format!("DELETE {path}"), "");
        assert!(
            head.starts_with("HTTP/1.1 405 Method Not Allowed\naccess-control-allow-origin: *\n")
        );
        assert!(head.contains("\nallow: GET, HEAD, OPTIONS\n"));
        assert_eq!(
            body,
            r#"{"error":{"code":"method_not_allowed","message":"DELETE is not among GET, HEAD, OPTIONS","param":null}}"#
        );
    }
}

#[test]
fn a_bad_request_names_the_parameter_and_what_it_may_be() {
    let server = server();
    for (line, header, error) in [
        (
            "GET /sse?rate=fast",
            "",
            r#""code":"invalid_parameter","message":"rate must be 0 or a number from 0.001 to 1000000, not \"fast\"","param":"rate""#,
        ),
        (
            "GET /sse?size=1&size=1",
            "",
            r#""code":"repeated_parameter","message":"size is given more than once","param":"size""#,
        ),
        (
            "GET /api/stream?speed=1",
            "",
            r#""code":"unknown_parameter","message":"there is no parameter \"speed\" here, only interval, text, fail_at, stamp, fault","param":"speed""#,
        ),
        (
            "GET /sse",
            "Last-Event-ID: x\r\n",
            r#""code":"invalid_parameter","message":"Last-Event-ID must be the id of an event of this stream, a whole number from 0, not \"x\"","param":"Last-Event-ID""#,
        ),
    ] {
        let (head, body) = exchange(server.addr(), line, header);
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\naccess-control-allow-origin: *\ncontent-type: application/json\n"));
        assert_eq!(body, format!("{{\"error\":{{{error}}}}}"));
    }
}

#[test]
fn the_longest_text_fits_into_a_head() {
    let server = server();
    let text = "%F0%9F%98%80".repeat(2_000);
    let target = format!("GET /api/stream?interval=0&text={text}");
    let (head, body) = exchange(server.addr(), &target, "");
    assert!(head.starts_with("HTTP/1.1 200 OK\n"));
    assert!(body.contains(r#""index":1999,"total":2000"#));
}

#[test]
fn what_is_not_utf8_or_far_beyond_the_end_is_refused() {
    let server = server();
    for (line, headers, expected) in [
        (
            "GET /topic/%fe",
            "",
            "the name in the path is not UTF-8: %fe",
        ),
        ("GET /sse?event=%ff", "", "event is not UTF-8"),
        (
            "GET /sse?rate=0",
            "last-event-id: 18446744073709551610\r\n",
            "a whole number from 0",
        ),
    ] {
        let (head, body) = exchange(server.addr(), line, headers);
        assert!(head.starts_with("HTTP/1.1 400"), "{line}: {head}");
        assert!(body.contains(expected), "{line}: {body}");
    }
    let last = "last-event-id: 999999999998\r\n";
    let (_, body) = exchange(
        server.addr(),
        "GET /sse?rate=0&events=1000000000000&size=0",
        last,
    );
    assert_eq!(common::dechunk(&body), "id: 999999999999\ndata: \n\n");
}
