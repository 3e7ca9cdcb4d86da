//! What may go wrong with a stream, as values.

use http::HeaderValue;

/// Faults that streams are to have, each with its probability. Made from text:
///
/// ```
/// use weir_server::Faults;
///
/// let faults: Faults = "stall:10:500,cut:20:rst@0.1".parse()?;
/// assert!("cut:20".parse::<Faults>().is_err());
/// # Ok::<(), weir_server::BadFault>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults(pub(super) Vec<Spec>);

impl FromIterator<Self> for Faults {
    /// All of them.
    fn from_iter<I: IntoIterator<Item = Self>>(faults: I) -> Self {
        Self(faults.into_iter().flat_map(|faults| faults.0).collect())
    }
}

impl Faults {
    /// Whether there is one among them that only a stream can have.
    pub(crate) fn need_stream(&self) -> bool {
        self.0.iter().any(|spec| spec.fault.is_of_body())
    }
}

/// A fault of some streams.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spec {
    pub(super) fault: Fault,
    /// Of a million streams, so many have it.
    pub(super) per_million: u32,
}

/// What goes wrong. Events are counted as the stream would have them without its faults, from 0: those that this
/// response sends, while heartbeats, comments and `retry` are none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    /// No stream, but an error.
    Refuse(Refusal),
    /// The response's head comes so much later.
    HeadDelay { delay_ns: u64 },
    /// The first of the body comes so much later.
    FirstDelay { delay_ns: u64 },
    /// The response says that it is something else.
    ContentType(HeaderValue),
    /// Something happens at an event.
    At { event: u64, act: Act },
    /// Writes are small.
    Split(Split),
    /// All that comes is let out every so often, at once.
    Hold { every_ns: u64 },
}

impl Fault {
    /// Whether it is one of the body, rather than of the head.
    pub(super) fn is_of_body(&self) -> bool {
        match self {
            Self::Refuse(_) | Self::HeadDelay { .. } | Self::ContentType(_) => false,
            Self::FirstDelay { .. } | Self::At { .. } | Self::Split(_) | Self::Hold { .. } => true,
        }
    }
}

/// An answer other than a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// 400 to 599.
    pub(crate) status: u16,
    pub(crate) retry_after_s: Option<u64>,
}

/// What happens at an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// For so long neither it nor anything behind it is sent.
    Stall { stall_ns: u64 },
    /// The stream ends before it.
    End,
    /// The connection is cut before it.
    Cut(Break),
    /// What stands in its place is hard to parse.
    Malform,
    /// It comes twice.
    Duplicate,
    /// It does not come.
    Drop,
    /// It comes after the next one.
    Swap,
}

/// How a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// It ends, but the response does not.
    Fin,
    /// It is reset.
    Rst,
    /// It ends in the middle of a chunk.
    Half,
}

/// How writes are taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Split {
    /// Each is of one byte.
    Byte,
    /// Lines end in CR LF, and writes between the two.
    Crlf,
    /// Writes end inside every character of several bytes.
    Utf8,
}

/// The refusal among `faults`.
pub(crate) fn refusal(faults: &[Fault]) -> Option<Refusal> {
    faults.iter().find_map(|fault| match fault {
        Fault::Refuse(refusal) => Some(*refusal),
        _ => None,
    })
}

/// How much later the head of a response comes.
pub(crate) fn head_delay_ns(faults: &[Fault]) -> Option<u64> {
    faults.iter().find_map(|fault| match fault {
        Fault::HeadDelay { delay_ns } => Some(*delay_ns),
        _ => None,
    })
}

/// What a response says that it is, in place of what it is.
pub(crate) fn content_type(faults: &[Fault]) -> Option<&HeaderValue> {
    faults.iter().find_map(|fault| match fault {
        Fault::ContentType(value) => Some(value),
        _ => None,
    })
}
