//! A stream's leave to be open.

use std::net::IpAddr;
use std::rc::Rc;

use bytes::Bytes;

use super::admission::Full;
use super::thread::Core;

/// A stream's leave to be open. Dropping it lets another be opened.
pub(crate) struct Ticket {
    pub(crate) core: Rc<Core>,
    address: IpAddr,
    /// Whether its client has been told when to come back.
    farewell_taken: bool,
}

impl Ticket {
    /// For a stream to `address`.
    ///
    /// # Errors
    /// When as many are open as may be.
    pub(crate) fn take(core: &Rc<Core>, address: IpAddr) -> Result<Self, Full> {
        if let Err(full) = core.shared.admission.enter(address) {
            let reached = &core.stats().reached;
            match full {
                Full::Server(_) => reached.streams.add(1),
                Full::Address(_) => reached.streams_per_address.add(1),
            }
            return Err(full);
        }
        core.stats().streams_opened.add(1);
        Ok(Self {
            core: Rc::clone(core),
            address,
            farewell_taken: false,
        })
    }

    /// What a stream says last when the server drains, to be taken once: the time after which to come back.
    pub(crate) fn take_farewell(&mut self) -> Option<Bytes> {
        let farewell = self.core.shared.farewell.as_ref();
        let farewell = farewell.filter(|_| self.core.is_draining() && !self.farewell_taken)?;
        self.farewell_taken = true;
        Some(farewell.clone())
    }

    /// Whether the server drains, and the stream has nothing to say to that any more.
    pub(crate) fn is_over(&self) -> bool {
        self.core.is_draining() && (self.farewell_taken || self.core.shared.farewell.is_none())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.core.shared.admission.leave(self.address);
        self.core.stats().streams_closed.add(1);
    }
}
