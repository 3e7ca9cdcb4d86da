//! The block that is being read (WHATWG HTML 9.2.6).

use std::mem;

use super::field::Field;
use super::{DecodeError, empty};
use crate::Event;

/// Fields of the block that lie in the present input, not copied.
#[derive(Clone, Copy, Default)]
pub(super) struct Fed<'i> {
    event: Option<&'i [u8]>,
    /// The block's only data line so far.
    data: Option<&'i [u8]>,
}

/// What a line led to.
pub(super) enum Step {
    More,
    Comment,
    Event,
}

/// Fields of the block that arrived in earlier inputs or had to be joined, and what outlives blocks.
///
/// In one call kept lines come before fed ones, so a [`Fed`] type is the later one, and it has a data line only while
/// `data` is empty.
#[derive(Debug)]
pub(super) struct Pending {
    limit_bytes: usize,
    event: Vec<u8>,
    /// The standard's data buffer: every line is followed by LF, so an empty line is not an empty buffer.
    data: Vec<u8>,
    /// `event` and `data` are of an event that has been given out.
    dispatched: bool,
    /// The standard's last event ID buffer, where `id_set`; else that is `last_event_id`.
    id: Vec<u8>,
    id_set: bool,
    /// The event that is given out had an id in its own block.
    has_id: bool,
    last_event_id: Vec<u8>,
    retry_ms: Option<u64>,
}

impl Pending {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self {
            limit_bytes,
            event: Vec::new(),
            data: Vec::new(),
            dispatched: false,
            id: Vec::new(),
            id_set: false,
            has_id: false,
            last_event_id: Vec::new(),
            retry_ms: None,
        }
    }

    pub(super) fn last_event_id(&self) -> &[u8] {
        &self.last_event_id
    }

    pub(super) fn retry_ms(&self) -> Option<u64> {
        self.retry_ms
    }

    /// Empties the buffers an event was lent from. Comes before the first line of a call.
    pub(super) fn take_back(&mut self) {
        if self.dispatched {
            self.dispatched = false;
            empty(&mut self.event);
            empty(&mut self.data);
        }
    }

    /// Takes the data of a block of one line, if nothing came before it in the block.
    pub(super) fn take_whole<'i>(&mut self, data: &'i [u8]) -> Option<Fed<'i>> {
        let is_first = self.event.is_empty() && self.data.is_empty() && !self.id_set;
        if !is_first || data.len() > self.limit_bytes {
            return None;
        }
        self.has_id = false;
        self.dispatched = true;
        Some(Fed {
            event: None,
            data: Some(data),
        })
    }

    /// Reads a line that lies in the present input.
    pub(super) fn read<'i>(
        &mut self,
        line: &'i [u8],
        fed: &mut Fed<'i>,
    ) -> Result<Step, DecodeError> {
        match Field::parse(line) {
            Field::Blank => return Ok(self.end(fed)),
            Field::Comment => return Ok(Step::Comment),
            Field::Data(value) => self.add_data(value, fed)?,
            Field::Event(value) => fed.event = Some(value),
            Field::Id(value) => self.set_id(value),
            Field::RetryMs(retry_ms) => self.retry_ms = Some(retry_ms),
            Field::Ignored => {}
        }
        Ok(Step::More)
    }

    /// Reads a line that does not outlive the call.
    pub(super) fn read_kept(&mut self, line: &[u8]) -> Result<Step, DecodeError> {
        let mut fed = Fed::default();
        let step = self.read(line, &mut fed)?;
        self.keep(fed);
        Ok(step)
    }

    /// Copies what lies in the present input, before that goes away.
    pub(super) fn keep(&mut self, fed: Fed<'_>) {
        if let Some(event) = fed.event {
            self.event.clear();
            self.event.extend_from_slice(event);
        }
        if let Some(data) = fed.data {
            self.push_data(data);
        }
    }

    /// The event that [`Step::Event`] announced.
    pub(super) fn event<'a>(&'a self, fed: Fed<'a>) -> Event<'a> {
        let joined = || self.data.strip_suffix(b"\n").unwrap_or_default();
        Event {
            event: fed.event.unwrap_or(&self.event),
            data: fed.data.unwrap_or_else(joined),
            id: &self.last_event_id,
            has_id: self.has_id,
        }
    }

    #[cfg(test)]
    pub(super) fn capacity_bytes(&self) -> usize {
        let buffers = [&self.event, &self.data, &self.id, &self.last_event_id];
        buffers.map(Vec::capacity).iter().sum()
    }

    fn add_data<'i>(&mut self, value: &'i [u8], fed: &mut Fed<'i>) -> Result<(), DecodeError> {
        let before_bytes = fed.data.map_or(self.data.len(), |data| data.len() + 1);
        if before_bytes + value.len() > self.limit_bytes {
            return Err(DecodeError::EventTooLong {
                limit_bytes: self.limit_bytes,
            });
        }
        if before_bytes == 0 {
            fed.data = Some(value);
            return Ok(());
        }
        if let Some(first) = fed.data.take() {
            self.push_data(first);
        }
        self.push_data(value);
        Ok(())
    }

    fn push_data(&mut self, line: &[u8]) {
        self.data.extend_from_slice(line);
        self.data.push(b'\n');
    }

    fn set_id(&mut self, value: &[u8]) {
        self.id.clear();
        self.id.extend_from_slice(value);
        self.id_set = true;
    }

    /// "Dispatch the event": the id counts even when there is no data, and the type then does not last.
    fn end(&mut self, fed: &mut Fed<'_>) -> Step {
        self.has_id = mem::take(&mut self.id_set);
        if self.has_id {
            mem::swap(&mut self.id, &mut self.last_event_id);
            empty(&mut self.id);
        }
        if fed.data.is_none() && self.data.is_empty() {
            fed.event = None;
            empty(&mut self.event);
            return Step::More;
        }
        self.dispatched = true;
        Step::Event
    }
}
