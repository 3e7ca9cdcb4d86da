//! Reads any bytes as a response, and its content as an event stream, in two ways of cutting them into pieces, and holds
//! that both come to the same.
//!
//! The last byte of an input says how long the pieces are; but for that it is a response as it stands.

#![no_main]

// Nothing else of weir: this builds in seconds.
#[allow(dead_code, reason = "only what frames is read here")]
#[path = "../../src/transport/http1/response/mod.rs"]
mod http1;

use http1::{Body, Head, PartialHead, ProtocolError};
use libfuzzer_sys::fuzz_target;
use weir_sse::{DecodeError, Decoder, Item, Limits, StampReader};

/// Low, so that streams reach them.
const LIMITS: Limits = Limits {
    line_bytes: 64,
    event_bytes: 96,
};

fuzz_target!(|bytes: &[u8]| {
    let piece_bytes = bytes.last().map_or(1, |&last| usize::from(last).max(1));
    let (whole, whole_end) = Response::read([bytes]);
    let (pieces, pieces_end) = Response::read(bytes.chunks(piece_bytes));
    let content = whole.runs.concat();
    assert!(content.len() <= bytes.len(), "content that was not sent");
    assert_eq!(pieces.runs.concat(), content);
    assert_eq!((&pieces.head, pieces_end), (&whole.head, whole_end));

    let events = Events::decode(&[content]);
    assert_eq!(Events::decode(&whole.runs), events);
    assert_eq!(Events::decode(&pieces.runs), events);
    assert_eq!(Passed::over(&whole.runs), events.passed());
    assert_eq!(Passed::over(&pieces.runs), events.passed());
});

/// What has come of a response.
#[derive(Default)]
struct Response {
    part: PartialHead,
    head: Option<Head>,
    body: Option<Body>,
    /// The content, as it came out.
    runs: Vec<Vec<u8>>,
}

impl Response {
    /// Gives also whether the connection's end behind the pieces is the response's, or what is wrong with them.
    fn read<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> (Self, Result<bool, ProtocolError>) {
        let mut response = Self::default();
        let taken = pieces
            .into_iter()
            .try_for_each(|piece| response.take(piece));
        let ended = taken.and_then(|()| response.end());
        (response, ended)
    }

    fn end(&mut self) -> Result<bool, ProtocolError> {
        match &self.body {
            Some(body) => Ok(body.may_end()),
            None => self.part.end().map(|()| false),
        }
    }

    fn take(&mut self, mut piece: &[u8]) -> Result<(), ProtocolError> {
        let Some(body) = &mut self.body else {
            return self.take_head(piece);
        };
        while let Some(run) = body.next(&mut piece)? {
            self.runs.push(run.to_vec());
        }
        Ok(())
    }

    fn take_head(&mut self, piece: &[u8]) -> Result<(), ProtocolError> {
        let Some((head, rest)) = self.part.take(piece)? else {
            return Ok(());
        };
        self.body = Some(Body::new(head.framing));
        self.head = Some(head);
        self.take(&rest)
    }
}

/// All that a decoder tells about a stream.
#[derive(Debug, PartialEq)]
struct Events {
    /// A comment, or an event's type, data and id.
    items: Vec<Vec<Vec<u8>>>,
    retry_ms: Option<u64>,
    last_event_id: Vec<u8>,
    error: Option<DecodeError>,
}

impl Events {
    fn decode(runs: &[Vec<u8>]) -> Self {
        let mut decoder = Decoder::with_limits(LIMITS);
        let mut items = Vec::new();
        let error = runs
            .iter()
            .find_map(|run| feed(&mut decoder, run, &mut items).err());
        Self {
            items,
            retry_ms: decoder.retry_ms(),
            last_event_id: decoder.last_event_id().to_vec(),
            error,
        }
    }
}

/// What is left of a stream whose events are passed over where they go on as the ones before them.
#[derive(Debug, PartialEq)]
struct Passed {
    events: usize,
    /// Of events that were looked into.
    last_event_id: Vec<u8>,
    error: Option<DecodeError>,
}

impl Passed {
    /// As `weir::stream::events` takes reads: the stamp of a batch's next event and a block of one data line are not looked into.
    fn over(runs: &[Vec<u8>]) -> Self {
        let (mut decoder, mut events) = (Decoder::with_limits(LIMITS), 0);
        let take = |run: &Vec<u8>| pass(&mut decoder, run, &mut events).err();
        let error = runs.iter().find_map(take);
        Self {
            events,
            last_event_id: decoder.last_event_id().to_vec(),
            error,
        }
    }
}

impl Events {
    fn passed(&self) -> Passed {
        Passed {
            events: self.items.iter().filter(|item| item.len() == 3).count(),
            last_event_id: self.last_event_id.clone(),
            error: self.error,
        }
    }
}

fn pass(decoder: &mut Decoder, mut run: &[u8], events: &mut usize) -> Result<(), DecodeError> {
    let (mut stamps, mut last) = (StampReader::default(), None);
    loop {
        if decoder.is_between_lines() {
            last = stamps.take(&mut run).or(last);
        }
        match decoder.next(&mut run)? {
            None => return Ok(()),
            Some(Item::Comment(comment)) => last = stamps.parse(comment).or(last),
            Some(Item::Event(_)) => *events += 1,
        }
        let Some(stamp) = last.take() else {
            continue;
        };
        let (mut seq, mut rest) = (stamp.seq.wrapping_add(1), run);
        while stamps.pass(&mut rest, seq) && decoder.pass_data(&mut rest) {
            *events += 1;
            seq = seq.wrapping_add(1);
            run = rest;
        }
    }
}

fn feed(
    decoder: &mut Decoder,
    mut run: &[u8],
    items: &mut Vec<Vec<Vec<u8>>>,
) -> Result<(), DecodeError> {
    while let Some(item) = decoder.next(&mut run)? {
        items.push(match item {
            Item::Comment(comment) => vec![comment.to_vec()],
            Item::Event(event) => [event.event, event.data, event.id]
                .map(<[u8]>::to_vec)
                .into(),
        });
    }
    Ok(())
}
