//! `weir decode`, against the cases that the decoder itself is held to.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::time::Duration;

use assert_cmd::cargo::cargo_bin_cmd;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

/// Cases in the fixture: one that was emptied or cut short must not pass.
const CASES: usize = 88;

/// The longest line that is decoded.
const LINE_LIMIT_BYTES: usize = 16 << 20;

#[derive(Deserialize)]
struct Case {
    name: String,
    chunks: Vec<Chunk>,
    expect: Vec<Value>,
    comments: Option<Vec<String>>,
    last_event_id_after: String,
    /// One case asks for more than a `u64` holds.
    retry: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Chunk {
    Text(String),
    Bytes { b64: String },
}

impl Chunk {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Bytes { b64 } => STANDARD.decode(b64).unwrap(),
        }
    }
}

impl Case {
    fn wire(&self) -> Vec<u8> {
        self.chunks.iter().flat_map(Chunk::bytes).collect()
    }

    /// Holds the lines that were printed for it to what it expects.
    fn check(&self, feeding: &str, mut lines: Vec<Value>) {
        let name = &self.name;
        let end = lines.pop().unwrap();
        assert_eq!(lines, self.expect, "{name}, {feeding}");
        // Saturates, as the decoder does.
        let retry_ms = self.retry.map(|retry| retry as u64);
        // A case that does not list its comments says nothing of them.
        let comments = match &self.comments {
            Some(comments) => json!(comments.len()),
            None => end["end"]["comments"].clone(),
        };
        let expected = json!({"end": {
            "last_event_id": self.last_event_id_after,
            "retry_ms": retry_ms,
            "comments": comments,
        }});
        assert_eq!(end, expected, "{name}, {feeding}");
    }
}

/// Exit code, the lines printed, and what is on standard error.
fn decode(args: &[&str], wire: &[u8]) -> (Option<i32>, Vec<Value>, String) {
    let output = cargo_bin_cmd!("weir")
        .arg("decode")
        .args(args)
        .write_stdin(wire)
        .timeout(Duration::from_secs(20))
        .output()
        .unwrap();
    let lines = serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), lines, stderr)
}

#[test]
fn every_case_whole_and_byte_by_byte() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../sse/tests/fixtures/sse_cases.json")).unwrap();
    assert_eq!(cases.len(), CASES);
    for case in &cases {
        let wire = case.wire();
        for args in [&[][..], &["--split", "1"]] {
            let (code, lines, stderr) = decode(args, &wire);
            assert_eq!((code, stderr.as_str()), (Some(0), ""), "{}", case.name);
            case.check(&format!("{args:?}"), lines);
        }
    }
}

#[test]
fn a_line_over_the_limit_ends_it_after_the_events_before() {
    let long = "x".repeat(LINE_LIMIT_BYTES + 1);
    let (code, lines, stderr) = decode(&[], format!("data: a\n\ndata: {long}\n\n").as_bytes());
    assert_eq!(code, Some(1));
    assert_eq!(lines, [json!({"event": "message", "data": "a", "id": ""})]);
    let message = "weir: decoding standard input: a line is longer than 16777216 bytes\n";
    assert_eq!(stderr, message);
}

#[test]
fn nothing_has_only_an_end() {
    let (code, lines, _) = decode(&[], b"");
    assert_eq!(code, Some(0));
    let end = json!({"end": {"last_event_id": "", "retry_ms": null, "comments": 0}});
    assert_eq!(lines, [end]);
}
