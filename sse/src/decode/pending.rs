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

/// The block that is being read, and what outlives blocks.
///
/// In one call kept lines come before fed ones, so a [`Fed`] type is the later one, and it has a data line only while no
/// data is kept.
#[derive(Debug)]
pub(super) struct Pending {
    limit_bytes: u32,
    /// What is kept is of an event that has been given out.
    dispatched: bool,
    /// The block has an id.
    id_set: bool,
    /// The event that is given out had an id in its own block.
    has_id: bool,
    /// None has ever been for most streams, which then have no room for it.
    kept: Option<Box<Kept>>,
}

/// Fields that arrived in earlier inputs, had to be joined, or outlive their block.
#[derive(Debug, Default)]
struct Kept {
    event: Vec<u8>,
    /// The standard's data buffer: every line is followed by LF, so an empty line is not an empty buffer.
    data: Vec<u8>,
    /// The standard's last event ID buffer, where `id_set`; else that is `last_event_id`.
    id: Vec<u8>,
    last_event_id: Vec<u8>,
    retry_ms: Option<u64>,
}

impl Pending {
    pub(super) fn new(limit_bytes: u32) -> Self {
        Self {
            limit_bytes,
            dispatched: false,
            id_set: false,
            has_id: false,
            kept: None,
        }
    }

    pub(super) fn last_event_id(&self) -> &[u8] {
        self.kept.as_ref().map_or(b"", |kept| &kept.last_event_id)
    }

    pub(super) fn retry_ms(&self) -> Option<u64> {
        self.kept.as_ref().and_then(|kept| kept.retry_ms)
    }

    /// Empties the buffers an event was lent from. Comes before the first line of a call.
    pub(super) fn take_back(&mut self) {
        if self.dispatched {
            self.dispatched = false;
            if let Some(kept) = &mut self.kept {
                empty(&mut kept.event);
                empty(&mut kept.data);
            }
        }
    }

    /// Takes the data of a block of one line, if nothing came before it in the block.
    pub(super) fn take_whole<'i>(&mut self, data: &'i [u8]) -> Option<Fed<'i>> {
        let is_empty = |kept: &Kept| kept.event.is_empty() && kept.data.is_empty();
        let is_first = !self.id_set && self.kept.as_deref().is_none_or(is_empty);
        if !is_first || data.len() > self.limit_bytes as usize {
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
            Field::RetryMs(retry_ms) => self.kept().retry_ms = Some(retry_ms),
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
            let kept = &mut self.kept().event;
            kept.clear();
            kept.extend_from_slice(event);
        }
        if let Some(data) = fed.data {
            self.push_data(data);
        }
    }

    /// The event that [`Step::Event`] announced.
    pub(super) fn event<'a>(&'a self, fed: Fed<'a>) -> Event<'a> {
        let kept = self.kept.as_deref();
        let event = kept.map_or(b"".as_slice(), |kept| &kept.event);
        let data = kept.map_or(b"".as_slice(), |kept| &kept.data);
        let joined = || data.strip_suffix(b"\n").unwrap_or_default();
        Event {
            event: fed.event.unwrap_or(event),
            data: fed.data.unwrap_or_else(joined),
            id: self.last_event_id(),
            has_id: self.has_id,
        }
    }

    #[cfg(test)]
    pub(super) fn capacity_bytes(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| {
            let buffers = [&kept.event, &kept.data, &kept.id, &kept.last_event_id];
            buffers.map(Vec::capacity).iter().sum()
        })
    }

    fn kept(&mut self) -> &mut Kept {
        self.kept.get_or_insert_default()
    }

    /// So much of the data is kept.
    fn kept_data_bytes(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.data.len())
    }

    fn add_data<'i>(&mut self, value: &'i [u8], fed: &mut Fed<'i>) -> Result<(), DecodeError> {
        let before_bytes = match fed.data {
            Some(data) => data.len() + 1,
            None => self.kept_data_bytes(),
        };
        if before_bytes + value.len() > self.limit_bytes as usize {
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
        let data = &mut self.kept().data;
        data.extend_from_slice(line);
        data.push(b'\n');
    }

    fn set_id(&mut self, value: &[u8]) {
        let id = &mut self.kept().id;
        id.clear();
        id.extend_from_slice(value);
        self.id_set = true;
    }

    /// "Dispatch the event": the id counts even when there is no data, and the type then does not last.
    fn end(&mut self, fed: &mut Fed<'_>) -> Step {
        self.has_id = mem::take(&mut self.id_set);
        if let Some(kept) = &mut self.kept
            && self.has_id
        {
            mem::swap(&mut kept.id, &mut kept.last_event_id);
            empty(&mut kept.id);
        }
        if fed.data.is_none() && self.kept_data_bytes() == 0 {
            fed.event = None;
            if let Some(kept) = &mut self.kept {
                empty(&mut kept.event);
            }
            return Step::More;
        }
        self.dispatched = true;
        Step::Event
    }
}
