//! What this host's processors do meanwhile.

use crate::measure::{HostTime, HostUse};

/// What they did inside the window, if the kernel says.
#[derive(Default)]
pub(super) struct HostWatch {
    begun: Option<HostTime>,
    used: Option<HostUse>,
}

impl HostWatch {
    pub(super) fn begin(&mut self) {
        self.begun = HostTime::now();
    }

    pub(super) fn end(&mut self) {
        let times = self.begun.zip(HostTime::now());
        self.used = times.and_then(|(before, now)| now.since(before));
    }

    pub(super) fn used(&self) -> Option<HostUse> {
        self.used
    }
}
