//! `GET /api/stream`: a text, character by character.

use std::ops::RangeInclusive;

use http::request::Parts;
use serde::Serialize;
use weir_sse::Block;

use super::parameters::{Planned, first_event, is_stamped};
use crate::request::query::Query;
use crate::schedule::pace::Pace;
use crate::schedule::timing::Timing;
use crate::stream::plan::Plan;
use crate::tape::encoded::Script;
use crate::tape::shape::{self, AnyShape};

const DEFAULT_TEXT: &str =
    "服务器正在逐字推送这句话。Every character arrives as an event of its own.";
/// A head may be 32 KiB, and a character is up to 12 of them percent-encoded.
const TEXT_MAX_CHARS: usize = 2_000;
/// A microsecond to an hour.
const INTERVAL_NS: RangeInclusive<u64> = 1_000..=3_600_000_000_000;
const DEFAULT_INTERVAL_NS: u64 = 100_000_000;

/// Reads the request.
///
/// # Errors
/// When a parameter or the `Last-Event-ID` is not what it may be.
pub(crate) fn plan(request: &Parts) -> Planned {
    let mut query = Query::parse(request.uri.query())?;
    let interval_ns = query
        .millionths("interval", INTERVAL_NS)?
        .unwrap_or(DEFAULT_INTERVAL_NS);
    let text = query.text("text", 0..=TEXT_MAX_CHARS)?;
    let text = text.unwrap_or_else(|| DEFAULT_TEXT.into());
    let fail_at = query.integer("fail_at", 0..=text.chars().count() as u64)?;
    let stamped = is_stamped(&mut query, &request.headers)?;
    query.finish()?;

    let first = first_event(&request.headers)?;
    let shape = Shape {
        text,
        // Who has come back is past it.
        fail_at: fail_at.filter(|_| first == 0),
    };
    let events = first..shape.len();
    Ok((!events.is_empty()).then_some(Plan {
        shape: AnyShape::new(shape),
        events,
        timing: Timing::paced(Pace::every(interval_ns)),
        retry_ms: None,
        stamped,
    }))
}

/// What the bytes depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Shape {
    text: Box<str>,
    /// After so many characters an error comes, and nothing else.
    fail_at: Option<u64>,
}

impl Shape {
    /// A start, the characters, and an end or an error.
    fn len(&self) -> u64 {
        let chars = self.fail_at;
        chars.unwrap_or_else(|| self.text.chars().count() as u64) + 2
    }
}

impl shape::Shape for Shape {
    fn script(&self) -> Box<dyn Script> {
        Box::new(Typist::new(self))
    }
}

/// Writes the events of a text.
struct Typist {
    chars: Box<[char]>,
    /// Where the error stands, if there is one: the last event.
    error: Option<u64>,
    len: u64,
}

impl Typist {
    fn new(shape: &Shape) -> Self {
        Self {
            chars: shape.text.chars().collect(),
            error: shape.fail_at.map(|chars| chars + 1),
            len: shape.len(),
        }
    }

    fn say(&self, index: u64) -> Message {
        let total = self.chars.len();
        if self.error == Some(index) {
            let message = "failed, as fail_at asks for; come back for the rest";
            return Message::Error { message };
        }
        match index.checked_sub(1).map(|index| index as usize) {
            None => Message::Start,
            Some(index) if index < total => Message::Chunk {
                char: self.chars[index],
                index,
                total,
            },
            Some(_) => Message::End,
        }
    }
}

impl Script for Typist {
    fn encode(&self, index: u64, out: &mut Vec<u8>) {
        let data =
            serde_json::to_string(&self.say(index)).expect("a message of plain values is JSON");
        // An error has no id: the reader's last one stays that of the last character, from which it goes on.
        let id = (self.error != Some(index)).then(|| index.to_string());
        let block = Block {
            id: id.as_deref(),
            data: Some(&data),
            ..Block::default()
        };
        block.encode(out);
    }

    fn len(&self) -> u64 {
        self.len
    }

    fn repeats(&self) -> bool {
        false
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Message {
    Start,
    Chunk {
        char: char,
        index: usize,
        total: usize,
    },
    End,
    Error {
        message: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn ask(query: &str, last_event_id: &str) -> Planned {
        let request = Request::get(format!("/api/stream?{query}"))
            .header("last-event-id", last_event_id)
            .body(())
            .unwrap();
        plan(&request.into_parts().0)
    }

    fn events(text: &str) -> Vec<String> {
        encoded(&Typist::new(&Shape {
            text: text.into(),
            fail_at: None,
        }))
    }

    fn encoded(typist: &dyn Script) -> Vec<String> {
        (0..typist.len())
            .map(|index| {
                let mut out = Vec::new();
                typist.encode(index, &mut out);
                String::from_utf8(out).unwrap()
            })
            .collect()
    }

    #[test]
    fn one_event_per_scalar_value_between_a_start_and_an_end() {
        assert_eq!(
            events("你\"👍🏽"),
            [
                "id: 0\ndata: {\"type\":\"start\"}\n\n",
                "id: 1\ndata: {\"type\":\"chunk\",\"char\":\"你\",\"index\":0,\"total\":4}\n\n",
                "id: 2\ndata: {\"type\":\"chunk\",\"char\":\"\\\"\",\"index\":1,\"total\":4}\n\n",
                "id: 3\ndata: {\"type\":\"chunk\",\"char\":\"👍\",\"index\":2,\"total\":4}\n\n",
                "id: 4\ndata: {\"type\":\"chunk\",\"char\":\"🏽\",\"index\":3,\"total\":4}\n\n",
                "id: 5\ndata: {\"type\":\"end\"}\n\n",
            ]
        );
    }

    #[test]
    fn line_ends_stay_inside_their_event() {
        assert_eq!(events("\n")[1].matches('\n').count(), 3);
        assert!(events("\n")[1].contains(r#""char":"\n""#));
    }

    #[test]
    fn the_interval_is_in_milliseconds() {
        let due_ns = |query| ask(query, "").unwrap().unwrap().timing.pace.due_ns(3);
        assert_eq!(due_ns(""), 300_000_000);
        assert_eq!(due_ns("interval=0.5"), 1_500_000);
        assert!(
            ask("interval=0", "")
                .unwrap()
                .unwrap()
                .timing
                .pace
                .is_unpaced()
        );
        assert_eq!(ask("interval=-1", "").unwrap_err().param, "interval");
    }

    #[test]
    fn resumes_and_knows_when_it_is_finished() {
        assert_eq!(ask("text=ab", "").unwrap().unwrap().events, 0..4);
        assert_eq!(ask("text=ab", "1").unwrap().unwrap().events, 2..4);
        assert!(ask("text=ab", "3").unwrap().is_none());
        assert_eq!(ask("text=", "").unwrap().unwrap().events, 0..2);
        assert_eq!(ask("", "x").unwrap_err().param, "Last-Event-ID");
    }

    #[test]
    fn fails_after_so_many_characters_and_not_again() {
        let of = |query: &str, last_event_id: &str| ask(query, last_event_id).unwrap().unwrap();
        for fail_at in 0..=2 {
            let query = format!("text=ab&fail_at={fail_at}");
            let failing = of(&query, "");
            assert_eq!(failing.events, 0..fail_at + 2);
            let [whole, failing] = [events("ab"), encoded(&*failing.shape.script())];
            let (error, before) = failing.split_last().unwrap();
            assert_eq!(before, &whole[..=fail_at as usize]);
            assert_eq!(
                error,
                "data: {\"type\":\"error\",\"message\":\"failed, as fail_at asks for; come back for the rest\"}\n\n"
            );
            let rest = of(&query, &fail_at.to_string());
            assert_eq!(rest.events, fail_at + 1..4);
            assert_eq!(rest.shape, of("text=ab", "").shape);
        }
        let error = ask("text=ab&fail_at=3", "").unwrap_err();
        assert_eq!(
            error.message,
            "fail_at must be a whole number from 0 to 2, not \"3\""
        );
    }

    #[test]
    fn a_text_has_its_limit() {
        let error = ask(&format!("text={}", "x".repeat(TEXT_MAX_CHARS + 1)), "").unwrap_err();
        assert_eq!(error.param, "text");
    }
}
