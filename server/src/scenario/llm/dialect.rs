//! How one API says an answer.

use http::StatusCode;
use serde::Serialize;
use weir_sse::Block;

use super::answer::{Answer, Part, Shape};
use crate::request::bad_request::BadRequest;

/// The wording of one API. All of it is as its official clients read it.
pub(super) trait Dialect {
    /// The members of a request that cap the tokens: the least of them counts.
    fn caps(&self) -> &'static [&'static str];

    /// The member of a request that the prompt is in, which it must have, and one that may stand beside it.
    fn prompt(&self) -> (&'static str, Option<&'static str>);

    /// Events before the first one with text.
    fn openings(&self) -> u64;

    /// Events after the last one with text, of an answer that does not fail.
    fn closings(&self, shape: &Shape) -> u64;

    /// Events in place of what would have followed, of one that does.
    fn failures(&self) -> u64 {
        1
    }

    /// Appends event `index`, which is `part` of the answer.
    fn encode(&self, answer: &Answer, part: Part<'_>, index: u64, out: &mut Vec<u8>);

    /// The answer when it is not streamed, as JSON.
    fn whole(&self, answer: &Answer) -> Vec<u8>;

    /// A failure when the answer is not streamed: its status, and its JSON.
    fn failure(&self) -> (StatusCode, Vec<u8>);

    /// A refused request, as JSON.
    fn refusal(&self, refused: &BadRequest) -> Vec<u8>;
}

/// What a failure says.
pub(super) const FAILURE: &str =
    "the answer ends here: fail_at asked for it, or the server is shutting down";

/// Appends an event of `data`, and of a type where the format has them.
pub(super) fn event(event: Option<&str>, data: &impl Serialize, out: &mut Vec<u8>) {
    let data = serde_json::to_string(data).expect(PLAIN);
    let block = Block {
        event,
        data: Some(&data),
        ..Block::default()
    };
    block.encode(out);
}

/// `value` as JSON.
pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect(PLAIN)
}

const PLAIN: &str = "plain values are JSON";
