//! What the cores of a server have in common. Nothing of it is touched once an event.

use std::sync::Arc;

use weir_time::Clock;

use crate::admission::Admission;
use crate::chance::Ordinals;
use crate::config::{Config, Limits};
use crate::stats::Stats;

/// What the cores of a server have in common.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) ordinals: Ordinals,
    pub(crate) admission: Admission,
    pub(crate) limits: Limits,
    /// One of each core.
    pub(crate) stats: Box<[Stats]>,
}

impl Shared {
    pub(crate) fn new(config: &Config) -> Arc<Self> {
        Arc::new(Self {
            clock: Clock::new(),
            ordinals: Ordinals::default(),
            admission: Admission::new(&config.limits),
            limits: config.limits.clone(),
            stats: (0..config.threads).map(|_| Stats::default()).collect(),
        })
    }
}
