//! `GET /api/stream`: a text, character by character.

use std::ops::RangeInclusive;

use http::request::Parts;
use serde::Serialize;
use weir_sse::Block;

use super::{Plan, Planned, first_event, is_stamped};
use crate::pace::Pace;
use crate::query::Query;
use crate::tape::Script;

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
    let stamped = is_stamped(&mut query, &request.headers)?;
    query.finish()?;

    let shape = Shape {
        text: text.unwrap_or_else(|| DEFAULT_TEXT.into()),
    };
    let events = first_event(&request.headers)?..shape.len();
    Ok((!events.is_empty()).then_some(Plan {
        shape: super::Shape::Typewriter(shape),
        events,
        pace: Pace::every(interval_ns),
        chance: None,
        rhythm: None,
        heartbeat_ns: None,
        retry_ms: None,
        stamped,
    }))
}

/// What the bytes depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    text: Box<str>,
}

impl Shape {
    /// A start, the characters, an end.
    fn len(&self) -> u64 {
        self.text.chars().count() as u64 + 2
    }
}

/// Writes the events of a text.
pub(crate) struct Typist {
    chars: Box<[char]>,
}

impl Typist {
    pub(crate) fn new(shape: &Shape) -> Self {
        Self {
            chars: shape.text.chars().collect(),
        }
    }

    fn say(&self, index: u64) -> Message {
        let total = self.chars.len();
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
        let block = Block {
            id: Some(&index.to_string()),
            data: Some(&data),
            ..Block::default()
        };
        block.encode(out);
    }

    fn len(&self) -> u64 {
        self.chars.len() as u64 + 2
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
        let typist = Typist::new(&Shape { text: text.into() });
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
        let due_ns = |query| ask(query, "").unwrap().unwrap().pace.due_ns(3);
        assert_eq!(due_ns(""), 300_000_000);
        assert_eq!(due_ns("interval=0.5"), 1_500_000);
        assert!(ask("interval=0", "").unwrap().unwrap().pace.is_unpaced());
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
    fn a_text_has_its_limit() {
        let error = ask(&format!("text={}", "x".repeat(TEXT_MAX_CHARS + 1)), "").unwrap_err();
        assert_eq!(error.param, "text");
    }
}
