//! The events of an answer, in whichever format.

use bytes::Bytes;

use super::answer::{Answer, Part, Shape};
use super::dialect::Dialect;
use super::format::Format;
use super::{anthropic, chat, completions, responses};
use crate::tape::encoded::Script;
use crate::tape::shape;

/// How `format` says things.
pub(super) fn dialect(format: Format) -> &'static dyn Dialect {
    match format {
        Format::Chat => &chat::Chat,
        Format::Completions => &completions::Completions,
        Format::Responses => &responses::Responses,
        Format::Anthropic => &anthropic::Anthropic,
    }
}

/// Writes the events of an answer.
struct Speaker {
    dialect: &'static dyn Dialect,
    answer: Answer,
}

impl Speaker {
    fn new(shape: Shape) -> Self {
        Self {
            dialect: dialect(shape.format),
            answer: Answer::new(shape),
        }
    }

    fn part(&self, index: u64) -> Part<'_> {
        let shape = &self.answer.shape;
        let openings = self.dialect.openings();
        match index.checked_sub(openings) {
            None => Part::Opening(index),
            Some(number) => match number.checked_sub(shape.chunks()) {
                None => Part::Text(self.answer.chunk(number)),
                Some(number) if shape.fails() => Part::Failure(number),
                Some(number) => Part::Closing(number),
            },
        }
    }
}

impl shape::Shape for Shape {
    fn script(&self) -> Box<dyn Script> {
        Box::new(Speaker::new(self.clone()))
    }
}

impl Script for Speaker {
    fn encode(&self, index: u64, out: &mut Vec<u8>) {
        let part = self.part(index);
        self.dialect.encode(&self.answer, part, index, out);
    }

    fn len(&self) -> u64 {
        events(&self.answer.shape)
    }

    /// Its failure: an official client takes a `retry` for an event, and a stream that just ends for an answer.
    fn farewell(&self, index: u64) -> Option<Bytes> {
        let mut out = Vec::new();
        for number in 0..self.dialect.failures() {
            let part = Part::Failure(number);
            self.dialect
                .encode(&self.answer, part, index + number, &mut out);
        }
        Some(out.into())
    }

    fn repeats(&self) -> bool {
        false
    }
}

/// Those of a stream.
pub(super) fn events(shape: &Shape) -> u64 {
    let dialect = dialect(shape.format);
    let last = if shape.fails() {
        dialect.failures()
    } else {
        dialect.closings(shape)
    };
    dialect.openings() + shape.chunks() + last
}
