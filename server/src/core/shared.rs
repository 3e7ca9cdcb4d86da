//! What the cores of a server have in common. Nothing of it is touched once an event.

use bytes::Bytes;
use weir_time::{Clock, NANOS_PER_SEC};

use super::admission::Admission;
use super::limits::Limits;
use super::stats::Stats;
use super::usage::Usage;

/// What the cores of a server have in common.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) admission: Admission,
    pub(crate) limits: Limits,
    /// What open streams say last when the server drains, if anything.
    pub(crate) farewell: Option<Bytes>,
    /// One of each core.
    pub(crate) stats: Box<[Stats]>,
    /// What there was when the server started.
    pub(crate) start: Snapshot,
}

/// What there was at an instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Snapshot {
    pub(crate) at_ns: u64,
    /// Where the kernel tells.
    pub(crate) usage: Option<Usage>,
    /// Sent by all cores until then.
    pub(crate) events: u64,
    pub(crate) bytes: u64,
}

impl Shared {
    /// For so many cores, from now on.
    pub(crate) fn new(cores: usize, limits: Limits, farewell: Option<Bytes>) -> Self {
        let clock = Clock::new();
        Self {
            clock,
            start: Snapshot {
                at_ns: clock.now_ns(),
                usage: Usage::take().ok(),
                events: 0,
                bytes: 0,
            },
            admission: Admission::new(&limits),
            limits,
            farewell,
            stats: (0..cores).map(|_| Stats::default()).collect(),
        }
    }

    /// When the server started, in seconds since the Unix epoch.
    pub(crate) fn started_s(&self) -> u64 {
        self.start.at_ns / NANOS_PER_SEC
    }

    /// A count of all cores.
    pub(crate) fn total(&self, of: impl Fn(&Stats) -> u64) -> u64 {
        self.stats.iter().map(of).sum()
    }

    /// Streams that are open now.
    pub(crate) fn open_streams(&self) -> u64 {
        let closed = self.total(|core| core.streams_closed.get());
        // A stream may open and close between the two.
        let opened = self.total(|core| core.streams_opened.get());
        opened.saturating_sub(closed)
    }

    /// What there is at `now_ns`, which is the present.
    pub(crate) fn snapshot(&self, now_ns: u64) -> Snapshot {
        Snapshot {
            at_ns: now_ns,
            usage: Usage::take().ok(),
            events: self.total(|core| core.events.get()),
            bytes: self.total(|core| core.bytes.get()),
        }
    }
}
