//! `GET /api/channels/{names}`: several channels on one connection, told apart by the type of their events.

use std::ops::RangeInclusive;

use serde::Serialize;
use weir_sse::Block;

use super::parameters::{Planned, first_event};
use super::timing::{self, Rated};
use crate::request::bad_request::BadRequest;
use crate::request::call::Call;
use crate::request::query::Query;
use crate::tape::encoded::Script;
use crate::tape::filler::Filler;
use crate::tape::shape;

/// More than a person would follow, and a path that fits in a head.
const CHANNELS: RangeInclusive<usize> = 1..=100;
const NAME_CHARS: RangeInclusive<usize> = 1..=100;
const SIZE_MAX_BYTES: u64 = 64 * 1024;

/// Reads the request. Events are of the channels in turn.
///
/// # Errors
/// When a name, a parameter or the `Last-Event-ID` is not what it may be.
pub(crate) fn plan(call: &Call) -> Planned {
    let headers = &call.head.headers;
    let names = names(&call.name)?;
    let mut query = Query::parse(call.head.uri.query())?;
    let end = timing::end(&mut query)?;
    let rated = Rated::read(&mut query, headers)?;
    let size_bytes = query.integer("size", 0..=SIZE_MAX_BYTES)?.unwrap_or(64) as usize;
    let seed = query.integer("seed", 0..=u64::MAX)?.unwrap_or(0);
    query.finish()?;
    let shape = Shape {
        names,
        size_bytes,
        seed,
    };
    Ok(rated.plan(shape, first_event(headers)?..end, seed))
}

fn names(list: &str) -> Result<Box<[Box<str>]>, BadRequest> {
    let names: Vec<&str> = list.split(',').collect();
    let distinct = (1..names.len()).all(|at| !names[..at].contains(&names[at]));
    let named =
        |name: &&str| NAME_CHARS.contains(&name.chars().count()) && !name.contains(['\n', '\r']);
    if distinct && CHANNELS.contains(&names.len()) && names.iter().all(named) {
        return Ok(names.into_iter().map(Box::from).collect());
    }
    let expected = format!(
        "{} to {} different ones of {} to {} characters without line ends, separated by commas",
        CHANNELS.start(),
        CHANNELS.end(),
        NAME_CHARS.start(),
        NAME_CHARS.end()
    );
    Err(BadRequest::invalid(
        "the channels in the path",
        list,
        expected,
    ))
}

/// What the bytes depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Shape {
    names: Box<[Box<str>]>,
    size_bytes: usize,
    seed: u64,
}

impl shape::Shape for Shape {
    fn script(&self) -> Box<dyn Script> {
        Box::new(Announcer::new(self.clone()))
    }
}

/// Writes the events of the channels.
struct Announcer {
    names: Box<[Box<str>]>,
    filler: Filler,
}

/// The data of an event.
#[derive(Serialize)]
struct Announcement<'a> {
    channel: &'a str,
    /// Counts the events of the channel, from 0.
    index: u64,
    text: &'a str,
}

impl Announcer {
    fn new(shape: Shape) -> Self {
        Self {
            filler: Filler::of_size(shape.size_bytes, shape.seed),
            names: shape.names,
        }
    }
}

impl Script for Announcer {
    fn encode(&self, index: u64, out: &mut Vec<u8>) {
        let channels = self.names.len() as u64;
        let channel = &*self.names[(index % channels) as usize];
        let announcement = Announcement {
            channel,
            index: index / channels,
            text: self.filler.data(index),
        };
        let data = serde_json::to_string(&announcement).expect("plain values are JSON");
        let block = Block {
            event: Some(channel),
            id: Some(&index.to_string()),
            data: Some(&data),
            ..Block::default()
        };
        block.encode(out);
    }

    fn len(&self) -> u64 {
        u64::MAX
    }

    fn repeats(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_take_turns_and_count_by_themselves() {
        let announcer = Announcer::new(Shape {
            names: names("a,新闻").unwrap(),
            size_bytes: 0,
            seed: 0,
        });
        let mut out = Vec::new();
        for index in [0, 1, 2, 5] {
            announcer.encode(index, &mut out);
        }
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "event: a\nid: 0\ndata: {\"channel\":\"a\",\"index\":0,\"text\":\"\"}\n\n\
             event: 新闻\nid: 1\ndata: {\"channel\":\"新闻\",\"index\":0,\"text\":\"\"}\n\n\
             event: a\nid: 2\ndata: {\"channel\":\"a\",\"index\":1,\"text\":\"\"}\n\n\
             event: 新闻\nid: 5\ndata: {\"channel\":\"新闻\",\"index\":2,\"text\":\"\"}\n\n"
        );
    }

    #[test]
    fn channels_are_named_and_different() {
        for list in [
            "",
            "a,",
            "a,b,a",
            "a\nb",
            &"x".repeat(101),
            &"a,".repeat(100),
        ] {
            let error = names(list).unwrap_err();
            assert_eq!(error.param, "the channels in the path", "{list}");
        }
        assert_eq!(names("a").unwrap().len(), 1);
    }
}
