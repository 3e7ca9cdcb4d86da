//! The APIs of language models, byte for byte.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use common::{dechunk, send_body, server};

/// Sends `body` to `target`.
fn post(addr: SocketAddr, target: &str, headers: &str, body: &str) -> TcpStream {
    let headers = format!("connection: close\r\n{headers}");
    send_body(addr, &format!("POST {target}"), &headers, body)
}

/// The status line and the body of a response, whose instants of creation become 0.
fn response(mut socket: TcpStream) -> (String, String) {
    let mut response = String::new();
    socket.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let body = if head.contains("transfer-encoding: chunked") {
        dechunk(body)
    } else {
        body.to_owned()
    };
    let status = head.lines().next().unwrap();
    (status.to_owned(), without_time(&body))
}

fn without_time(body: &str) -> String {
    let mut rest = body;
    let mut out = String::new();
    while let Some(at) = rest.find("\"created") {
        let (before, after) = rest.split_at(at);
        let (name, value) = after.split_once(':').unwrap();
        out.push_str(&format!("{before}{name}:0"));
        rest = value.trim_start_matches(|digit: char| digit.is_ascii_digit());
    }
    out + rest
}

/// The whole body of the answer to `body`.
fn answer(target: &str, body: &str) -> String {
    let server = server();
    let (status, body) = response(post(server.addr(), target, "", body));
    assert_eq!(status, "HTTP/1.1 200 OK", "{body}");
    body
}

const QUESTION: &str = r#""model":"m","messages":[{"role":"user","content":"how deep"}],"prompt":"how deep","input":"how deep""#;

const CHAT: &str = r#"{"id":"chatcmpl-FuQ5q2ETYfPlRReSlP7u29aY","object":"chat.completion.chunk","created":0,"model":"m","system_fingerprint":"fp_weir""#;

#[test]
fn chat_completions_are_those_of_openai() {
    let body = format!(
        r#"{{{QUESTION},"stream":true,"stream_options":{{"include_usage":true}},"max_completion_tokens":2}}"#
    );
    let streamed = answer("/v1/chat/completions?ttft=0&itl=0", &body);
    let chunk = |choice: &str| format!("data: {CHAT},\"choices\":[{choice}],\"usage\":null}}\n\n");
    let expected = [
        chunk(
            r#"{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}"#,
        ),
        chunk(r#"{"index":0,"delta":{"content":"water"},"logprobs":null,"finish_reason":null}"#),
        chunk(r#"{"index":0,"delta":{"content":" größer"},"logprobs":null,"finish_reason":null}"#),
        chunk(r#"{"index":0,"delta":{},"logprobs":null,"finish_reason":"length"}"#),
        format!(
            "data: {CHAT},\"choices\":[],\"usage\":{{\"prompt_tokens\":2,\"completion_tokens\":2,\"total_tokens\":4}}}}\n\n"
        ),
        "data: [DONE]\n\n".to_owned(),
    ];
    assert_eq!(streamed, expected.concat());

    let body = format!(r#"{{{QUESTION},"weir":{{"tokens":2,"ttft":0,"itl":0}}}}"#);
    assert_eq!(
        answer("/v1/chat/completions", &body),
        r#"{"id":"chatcmpl-FuQ5q2ETYfPlRReSlP7u29aY","object":"chat.completion","created":0,"model":"m","system_fingerprint":"fp_weir","choices":[{"index":0,"message":{"role":"assistant","content":"water größer","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":2,"total_tokens":4}}"#
    );
}

#[test]
fn usage_is_not_told_to_who_did_not_ask() {
    let body = format!(r#"{{{QUESTION},"stream":true}}"#);
    let target = "/v1/chat/completions?ttft=0&itl=0&tokens=1&chunk=9&seed=7";
    let streamed = answer(target, &body);
    assert_eq!(streamed.matches("data: ").count(), 4);
    assert!(!streamed.contains("usage"), "{streamed}");
}

#[test]
fn completions_are_those_of_openai() {
    let head = r#"{"id":"cmpl-FuQ5q2ETYfPlRReSlP7u29aY","object":"text_completion","created":0,"model":"m","system_fingerprint":"fp_weir""#;
    let body = format!(r#"{{{QUESTION},"stream":true}}"#);
    let streamed = answer("/v1/completions?ttft=0&itl=0&tokens=4&chunk=3", &body);
    let chunk = |text: &str, reason: &str| {
        format!(
            "data: {head},\"choices\":[{{\"index\":0,\"text\":{text},\"logprobs\":null,\"finish_reason\":{reason}}}]}}\n\n"
        )
    };
    let expected = [
        chunk(r#""water größer answer""#, "null"),
        chunk(r#"" to""#, "null"),
        chunk(r#""""#, r#""stop""#),
        "data: [DONE]\n\n".to_owned(),
    ];
    assert_eq!(streamed, expected.concat());

    let whole = answer(
        "/v1/completions?ttft=0&itl=0&tokens=1",
        &format!("{{{QUESTION}}}"),
    );
    assert_eq!(
        whole,
        format!(
            r#"{head},"choices":[{{"index":0,"text":"water","logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":2,"completion_tokens":1,"total_tokens":3}}}}"#
        )
    );
}

/// A response that says it is `status`, up to its usage.
fn openai_response(status: &str, details: &str, output: &str, usage: &str) -> String {
    format!(
        r#"{{"id":"resp_FuQ5q2ETYfPlRReSlP7u29aY","object":"response","created_at":0,"status":"{status}","error":null,"incomplete_details":{details},"instructions":null,"max_output_tokens":1,"model":"m","output":[{output}],"parallel_tool_calls":true,"previous_response_id":null,"temperature":1.0,"tool_choice":"auto","tools":[],"top_p":1.0,"usage":{usage},"metadata":{{}}}}"#
    )
}

#[test]
fn responses_are_those_of_openai() {
    let item = |status: &str, content: &str| {
        format!(
            r#"{{"id":"msg_FuQ5q2ETYfPlRReSlP7u29aY","type":"message","status":"{status}","role":"assistant","content":[{content}]}}"#
        )
    };
    let part = |text: &str| {
        format!(r#"{{"type":"output_text","text":"{text}","annotations":[],"logprobs":[]}}"#)
    };
    let place = r#""item_id":"msg_FuQ5q2ETYfPlRReSlP7u29aY","output_index":0,"content_index":0"#;
    let begun = openai_response("in_progress", "null", "", "null");
    let ended = openai_response(
        "incomplete",
        r#"{"reason":"max_output_tokens"}"#,
        &item("incomplete", &part("water")),
        r#"{"input_tokens":2,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":1,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":3}"#,
    );
    let expected: String = (0..)
        .zip([
            ("created", format!(r#""response":{begun}"#)),
            ("in_progress", format!(r#""response":{begun}"#)),
            ("output_item.added", format!(r#""output_index":0,"item":{}"#, item("in_progress", ""))),
            ("content_part.added", format!(r#"{place},"part":{}"#, part(""))),
            ("output_text.delta", format!(r#"{place},"delta":"water","logprobs":[]"#)),
            ("output_text.done", format!(r#"{place},"text":"water","logprobs":[]"#)),
            ("content_part.done", format!(r#"{place},"part":{}"#, part("water"))),
            ("output_item.done", format!(r#""output_index":0,"item":{}"#, item("incomplete", &part("water")))),
            ("incomplete", format!(r#""response":{ended}"#)),
        ])
        .map(|(number, (name, said)): (u64, _)| {
            format!("event: response.{name}\ndata: {{\"type\":\"response.{name}\",\"sequence_number\":{number},{said}}}\n\n")
        })
        .collect();
    let question = format!(r#"{{{QUESTION},"stream":true,"max_output_tokens":1}}"#);
    let target = "/v1/responses?ttft=0&itl=0";
    assert_eq!(answer(target, &question), expected);
    let whole = question.replace("true", "false");
    assert_eq!(answer(target, &whole), ended);
    let uncut = answer(&format!("{target}&tokens=1"), &question);
    assert!(uncut.contains("event: response.completed\n"));
}

#[test]
fn messages_are_those_of_anthropic() {
    let body = format!(r#"{{{QUESTION},"system":"be brief","max_tokens":2,"stream":true}}"#);
    assert_eq!(
        answer("/v1/messages?ttft=0&itl=0", &body),
        r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_FuQ5q2ETYfPlRReSlP7u29aY","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":4,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"water"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" größer"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"output_tokens":2}}

event: message_stop
data: {"type":"message_stop"}

"#
    );
    let whole = body.replace("true", "false");
    assert_eq!(
        answer("/v1/messages?ttft=0&itl=0&tokens=2", &whole),
        r#"{"id":"msg_FuQ5q2ETYfPlRReSlP7u29aY","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"water größer"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":4,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":2}}"#
    );
}

const FAILED: &str = "the answer ends here: fail_at asked for it, or the server is shutting down";

#[test]
fn a_failure_ends_the_stream_in_the_words_of_its_format() {
    let openai =
        format!(r#"{{"message":"{FAILED}","type":"server_error","param":null,"code":null}}"#);
    let completion = format!("data: {{\"error\":{openai}}}\n\n");
    let response = format!(
        "event: error\ndata: {{\"type\":\"error\",\"sequence_number\":6,\"code\":\"server_error\",\"message\":\"{FAILED}\",\"param\":null,\"error\":{openai}}}\n\nevent: response.failed\n"
    );
    let message = format!(
        "event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"overloaded_error\",\"message\":\"{FAILED}\"}}}}\n\n"
    );
    let body = format!(r#"{{{QUESTION},"stream":true}}"#);
    for (path, before, failure) in [
        ("chat/completions", 3, &completion),
        ("completions", 2, &completion),
        ("responses", 6, &response),
        ("messages", 5, &message),
    ] {
        let streamed = answer(
            &format!("/v1/{path}?ttft=0&itl=0&tokens=4&fail_at=2"),
            &body,
        );
        let (said, rest) = streamed.split_at(streamed.find(failure).expect(path));
        assert_eq!(said.matches("data: ").count(), before, "{path}");
        assert_eq!(
            rest.matches("data: ").count(),
            failure.matches("event: ").count().max(1)
        );
        let at_the_end = answer(
            &format!("/v1/{path}?ttft=0&itl=0&tokens=2&fail_at=2"),
            &body,
        );
        assert_eq!(at_the_end, streamed, "{path}");
        let never = answer(
            &format!("/v1/{path}?ttft=0&itl=0&tokens=4&fail_at=5"),
            &body,
        );
        assert!(!never.contains(FAILED), "{path}");
    }
}

#[test]
fn a_failure_of_what_is_not_streamed_is_a_status() {
    let server = server();
    for (path, status) in [
        ("chat/completions", "500 Internal Server Error"),
        ("completions", "500 Internal Server Error"),
        ("responses", "500 Internal Server Error"),
        ("messages", "529 <none>"),
    ] {
        let target = format!("/v1/{path}?ttft=0&itl=0&fail_at=2");
        let (line, body) = response(post(server.addr(), &target, "", &format!("{{{QUESTION}}}")));
        assert_eq!(line, format!("HTTP/1.1 {status}"));
        assert!(body.contains(FAILED), "{body}");
    }
}

#[test]
fn a_bad_request_is_refused_in_the_words_of_its_format() {
    let server = server();
    let openai = r#"{"error":{"message":"stream must be true or false, not \"1\"","type":"invalid_request_error","param":"stream","code":"invalid_parameter"}}"#;
    let anthropic = r#"{"type":"error","error":{"type":"invalid_request_error","message":"stream must be true or false, not \"1\"","code":"invalid_parameter","param":"stream"}}"#;
    for (path, expected) in [
        ("chat/completions", openai),
        ("completions", openai),
        ("responses", openai),
        ("messages", anthropic),
    ] {
        let body = format!(r#"{{{QUESTION},"stream":1}}"#);
        let refused = response(post(server.addr(), &format!("/v1/{path}"), "", &body));
        assert_eq!(
            refused,
            ("HTTP/1.1 400 Bad Request".to_owned(), expected.to_owned())
        );
    }
}

#[test]
fn what_is_not_streamed_comes_when_the_last_token_is_due() {
    let server = server();
    for options in [
        "ttft=30&itl=10&tokens=4",
        "ttft=30&itl=10&tokens=4&max_batch=1",
    ] {
        let start = Instant::now();
        let target = format!("/v1/chat/completions?{options}");
        let (status, _) = response(post(server.addr(), &target, "", &format!("{{{QUESTION}}}")));
        assert_eq!(status, "HTTP/1.1 200 OK");
        assert!(start.elapsed() >= Duration::from_millis(60));
    }
}

#[test]
fn a_drain_does_not_wait_for_an_answer() {
    let server = server();
    let target = "/v1/chat/completions?ttft=3600000";
    let waiting = post(
        server.addr(),
        target,
        "expect: 100-continue\r\n",
        &format!("{{{QUESTION}}}"),
    );
    // The interim response says that the request is being read.
    let mut waiting = waiting;
    common::read_until(&mut waiting, "HTTP/1.1 100 Continue\r\n\r\n");
    let counters = server.shutdown();
    let (status, body) = response(waiting);
    assert_eq!(status, "HTTP/1.1 503 Service Unavailable", "{body}");
    assert_eq!(counters.streams, 1, "it counts as one");
}

#[test]
fn the_models_are_listed_for_both_clients() {
    let server = server();
    let (_, body) = common::exchange(server.addr(), "GET /v1/models", "");
    assert!(
        body.starts_with(r#"{"object":"list","data":[{"id":"weir","object":"model","#),
        "{body}"
    );
}

#[test]
fn a_drain_ends_a_stream_in_the_words_of_its_format() {
    for (path, last) in [
        ("chat/completions", r#""type":"server_error""#),
        ("completions", r#""type":"server_error""#),
        ("responses", r#""type":"response.failed""#),
        ("messages", r#""type":"overloaded_error""#),
    ] {
        let server = server();
        let target = format!("/v1/{path}?ttft=1&itl=3600000");
        let body = format!(r#"{{{QUESTION},"stream":true}}"#);
        let mut stream = post(server.addr(), &target, "", &body);
        common::read_until(&mut stream, "\n\n\r\n");
        server.shutdown();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert!(rest.ends_with("\n\n\r\n0\r\n\r\n"), "{path}: {rest}");
        assert!(
            rest.contains(last) && rest.contains(FAILED),
            "{path}: {rest}"
        );
        assert!(!rest.contains("retry:"), "{path}: {rest}");
    }
}
