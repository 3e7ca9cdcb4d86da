//! What the cores of a server have in common. Nothing of it is touched once an event.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio_rustls::TlsAcceptor;
use weir_time::{Clock, NANOS_PER_SEC};

use super::admission::Admission;
use super::stats::Stats;
use super::usage::Sample;
use crate::config::{Config, Fanout, Limits};
use crate::connection::tls;
use crate::fault::draw;
use crate::hub::registry::{Mailbox, Registry};
use crate::scenario::upstream::Upstream;
use crate::schedule::jitter::Ordinals;
use crate::stream::eventless;
use crate::tape::recording::Recording;

/// What the cores of a server have in common.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) ordinals: Ordinals,
    pub(crate) faults: draw::Source,
    pub(crate) admission: Admission,
    pub(crate) limits: Limits,
    pub(crate) fanout: Fanout,
    pub(crate) hub: Registry,
    pub(crate) upstream: Option<Upstream>,
    pub(crate) recording: Option<Recording>,
    /// What open streams say last when the server drains, if anything.
    pub(crate) farewell: Option<Bytes>,
    /// Whether streams are encoded for who asks for it.
    pub(crate) compress: bool,
    pub(crate) tls: Option<TlsAcceptor>,
    /// One of each core.
    pub(crate) stats: Box<[Stats]>,
    /// What there was when the server started.
    pub(crate) start: Seen,
}

/// What there was at an instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) at_ns: u64,
    /// Where the kernel tells.
    pub(crate) sample: Option<Sample>,
    /// Sent by all cores until then.
    pub(crate) events: u64,
    pub(crate) bytes: u64,
}

impl Shared {
    /// With what is to come to each core.
    ///
    /// # Errors
    /// When the server cannot be whom it is to be.
    pub(crate) fn new(config: &Config) -> io::Result<(Arc<Self>, Vec<Mailbox>)> {
        let tls = config.tls.as_ref();
        let address = config.listen.ip();
        let (hub, mailboxes) = Registry::new(config.threads, config.fanout.history);
        let clock = Clock::new();
        let shared = Self {
            clock,
            start: Seen {
                at_ns: clock.now_ns(),
                sample: Sample::take().ok(),
                events: 0,
                bytes: 0,
            },
            ordinals: Ordinals::default(),
            faults: draw::Source::new(config.faults.clone(), config.fault_seed),
            admission: Admission::new(&config.limits),
            limits: config.limits.clone(),
            fanout: config.fanout.clone(),
            hub,
            upstream: config.upstream.clone(),
            recording: config.scenario.clone(),
            farewell: (!config.drain_retry.is_zero()).then(|| {
                eventless::retry(
                    config
                        .drain_retry
                        .as_millis()
                        .try_into()
                        .unwrap_or(u64::MAX),
                )
            }),
            compress: config.compress,
            tls: tls.map(|tls| tls::acceptor(tls, address)).transpose()?,
            stats: (0..config.threads).map(|_| Stats::default()).collect(),
        };
        Ok((Arc::new(shared), mailboxes))
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
    pub(crate) fn look(&self, now_ns: u64) -> Seen {
        Seen {
            at_ns: now_ns,
            sample: Sample::take().ok(),
            events: self.total(|core| core.events.get()),
            bytes: self.total(|core| core.bytes.get()),
        }
    }
}
