//! What is counted, over the whole run.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counts over the whole run, warm-up included, so that they can be held against what the server says it sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Counters {
    /// Streams begun.
    pub streams_started: u64,
    /// Arrivals of the open model that had to wait, as many streams being open as the cap allows.
    pub streams_held: u64,
    /// Arrivals of the open model that were to start before the run ended, and could not.
    pub streams_unstarted: u64,
    /// Streams that got a 200 with an event stream.
    pub streams_established: u64,
    /// Streams that the server ended properly, or that reached their cap of events.
    pub streams_completed: u64,
    /// Streams that failed, each of one kind of error.
    pub streams_failed: u64,
    /// Streams that the end of the run cut off: neither success nor failure.
    pub streams_cut: u64,
    /// Streams cut, or given up after a timeout, before their first event: `ttfe` counts what they had waited.
    pub streams_unanswered: u64,
    /// The most streams open at one time.
    pub streams_open_peak: u64,
    /// Events dispatched.
    pub events: u64,
    /// Comments, stamps not among them.
    pub comments: u64,
    /// Bytes read from sockets, heads and chunk framing included.
    pub bytes: u64,
    /// Reads that gave bytes.
    pub reads: u64,
    /// Events that share a read with a later one, so that their receive time is an upper bound.
    pub coalesced_events: u64,
    /// Events missing from their stream's sequence.
    pub lost: u64,
    /// Events that came again.
    pub duplicated: u64,
    /// Events that came after a later one.
    pub reordered: u64,
    /// Connections made to go on with a stream.
    pub reconnects: u64,
    /// Events that were due but not received when the run ended; `delivery` counts them at the time they had waited.
    pub censored: u64,
}

impl Counters {
    /// Adds every count. The peak of open streams is no sum: it is taken from the run's [`OpenStreams`].
    ///
    /// [`OpenStreams`]: super::OpenStreams
    pub fn merge(&mut self, other: &Self) {
        let Self {
            streams_started,
            streams_held,
            streams_unstarted,
            streams_established,
            streams_completed,
            streams_failed,
            streams_cut,
            streams_unanswered,
            streams_open_peak,
            events,
            comments,
            bytes,
            reads,
            coalesced_events,
            lost,
            duplicated,
            reordered,
            reconnects,
            censored,
        } = other;
        self.streams_started += streams_started;
        self.streams_held += streams_held;
        self.streams_unstarted += streams_unstarted;
        self.streams_established += streams_established;
        self.streams_completed += streams_completed;
        self.streams_failed += streams_failed;
        self.streams_cut += streams_cut;
        self.streams_unanswered += streams_unanswered;
        self.streams_open_peak = self.streams_open_peak.max(*streams_open_peak);
        self.events += events;
        self.comments += comments;
        self.bytes += bytes;
        self.reads += reads;
        self.coalesced_events += coalesced_events;
        // Numbers that jump may make it as large as they are.
        self.lost = self.lost.saturating_add(*lost);
        self.duplicated += duplicated;
        self.reordered += reordered;
        self.reconnects += reconnects;
        self.censored += censored;
    }

    /// What was counted since `earlier`. Events that were lost until then and have come after all are taken from those lost
    /// since, as far as there are any; of the open streams there is no peak.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            streams_started: self.streams_started - earlier.streams_started,
            streams_held: self.streams_held - earlier.streams_held,
            streams_unstarted: self.streams_unstarted - earlier.streams_unstarted,
            streams_established: self.streams_established - earlier.streams_established,
            streams_completed: self.streams_completed - earlier.streams_completed,
            streams_failed: self.streams_failed - earlier.streams_failed,
            streams_cut: self.streams_cut - earlier.streams_cut,
            streams_unanswered: self.streams_unanswered - earlier.streams_unanswered,
            streams_open_peak: 0,
            events: self.events - earlier.events,
            comments: self.comments - earlier.comments,
            bytes: self.bytes - earlier.bytes,
            reads: self.reads - earlier.reads,
            coalesced_events: self.coalesced_events - earlier.coalesced_events,
            lost: self.lost.saturating_sub(earlier.lost),
            duplicated: self.duplicated - earlier.duplicated,
            reordered: self.reordered - earlier.reordered,
            reconnects: self.reconnects - earlier.reconnects,
            censored: self.censored - earlier.censored,
        }
    }
}

/// What a stream failed of.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Nobody listens, or no way there.
    ConnectRefused,
    /// Not connected within the limit.
    ConnectTimeout,
    /// The connection was reset while connecting or before the response.
    ConnectReset,
    /// A status other than 200.
    HttpStatus,
    /// A content type other than `text/event-stream`.
    ContentType,
    /// No event within the limit after the request.
    FirstEventTimeout,
    /// No byte within the limit.
    IdleTimeout,
    /// Not HTTP/1.1, not well-formed chunks, or a line or event over the limit.
    Protocol,
    /// The connection was reset in the middle of the stream.
    Reset,
    /// The connection ended before the response did.
    Truncated,
    /// No local port was free.
    LocalPorts,
    /// No file descriptor was free.
    LocalFds,
}

impl ErrorKind {
    /// All of them, in the order in which a stream may meet them.
    pub const ALL: [Self; 12] = [
        Self::ConnectRefused,
        Self::ConnectTimeout,
        Self::ConnectReset,
        Self::HttpStatus,
        Self::ContentType,
        Self::FirstEventTimeout,
        Self::IdleTimeout,
        Self::Protocol,
        Self::Reset,
        Self::Truncated,
        Self::LocalPorts,
        Self::LocalFds,
    ];

    /// Whether it was for want of something on this machine.
    #[must_use]
    pub fn is_local(self) -> bool {
        matches!(self, Self::LocalPorts | Self::LocalFds)
    }

    /// Whether the stream was given up after having been waited for.
    #[must_use]
    pub fn is_timeout(self) -> bool {
        matches!(
            self,
            Self::ConnectTimeout | Self::FirstEventTimeout | Self::IdleTimeout
        )
    }

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ConnectRefused => "connect_refused",
            Self::ConnectTimeout => "connect_timeout",
            Self::ConnectReset => "connect_reset",
            Self::HttpStatus => "http_status",
            Self::ContentType => "content_type",
            Self::FirstEventTimeout => "first_event_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::Protocol => "protocol",
            Self::Reset => "reset",
            Self::Truncated => "truncated",
            Self::LocalPorts => "local_ports",
            Self::LocalFds => "local_fds",
        }
    }
}

/// Failures by kind, with what the first of each looked like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors {
    by_kind: BTreeMap<ErrorKind, (u64, String)>,
}

impl Errors {
    /// Counts a failure; `detail` is kept for the first of its kind.
    pub fn count(&mut self, kind: ErrorKind, detail: String) {
        self.by_kind.entry(kind).or_insert((0, detail)).0 += 1;
    }

    /// Adds every count of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (kind, (count, detail)) in &other.by_kind {
            let known = self.by_kind.entry(*kind);
            known.or_insert_with(|| (0, detail.clone())).0 += count;
        }
    }

    /// Those for want of something on this machine.
    #[must_use]
    pub fn local(&self) -> u64 {
        let local = self.iter().filter(|(kind, ..)| kind.is_local());
        local.map(|(_, count, _)| count).sum()
    }

    /// Counts by kind.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<ErrorKind, u64> {
        self.iter().map(|(kind, count, _)| (kind, count)).collect()
    }

    /// What the first of each kind looked like.
    #[must_use]
    pub fn samples(&self) -> BTreeMap<ErrorKind, String> {
        let samples = self.iter();
        samples
            .map(|(kind, _, detail)| (kind, detail.to_owned()))
            .collect()
    }

    /// Kind, count and the first one's detail, by kind.
    pub fn iter(&self) -> impl Iterator<Item = (ErrorKind, u64, &str)> {
        self.by_kind
            .iter()
            .map(|(kind, (count, detail))| (*kind, *count, detail.as_str()))
    }
}

/// What lost, duplicated and reordered events were told by; when streams differ, the best source that any had.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum SequenceSource {
    /// Nothing in the streams tells.
    #[default]
    None,
    /// Consecutive numeric ids.
    Ids,
    /// The server's stamps.
    Stamps,
}

/// What `delivery` counts from; when streams differ, the best source that any had.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DueSource {
    /// Nothing tells when events were due.
    #[default]
    None,
    /// The period that the user says the server has.
    ExpectInterval,
    /// The server's stamps.
    Stamps,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_serde_writes() {
        let places = ErrorKind::ALL.map(|kind| kind as usize);
        assert!(places.into_iter().eq(0..=ErrorKind::LocalFds as usize));
        for kind in ErrorKind::ALL {
            assert_eq!(
                serde_json::to_string(&kind).unwrap(),
                format!("\"{}\"", kind.name())
            );
        }
    }

    #[test]
    fn errors_keep_the_first_detail_and_add_up() {
        let mut errors = Errors::default();
        errors.count(ErrorKind::Reset, "first".into());
        errors.count(ErrorKind::Reset, "second".into());
        let mut other = Errors::default();
        other.count(ErrorKind::Reset, "third".into());
        errors.merge(&other);
        assert_eq!(
            errors.iter().collect::<Vec<_>>(),
            [(ErrorKind::Reset, 3, "first")]
        );
    }
}
