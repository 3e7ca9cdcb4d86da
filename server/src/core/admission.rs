//! How many streams may be open, in total and of one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::limits::Limits;

/// Counts the streams that are open, on all cores.
pub(crate) struct Admission {
    streams_max: usize,
    per_address_max: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    streams: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Why a stream is not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// So many streams are open, as many as may be.
    Server(usize),
    /// So many streams of its address are open, as many as may be.
    Address(usize),
}

impl Admission {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            streams_max: limits.streams,
            per_address_max: limits.streams_per_address,
            open: Mutex::default(),
        }
    }

    /// Whether a stream to `address` would be admitted now.
    pub(crate) fn would_admit(&self, address: IpAddr) -> Result<(), Full> {
        self.check(&self.lock(), address)
    }

    fn check(&self, open: &Open, address: IpAddr) -> Result<(), Full> {
        if open.streams >= self.streams_max {
            return Err(Full::Server(self.streams_max));
        }
        let of_address = open.by_address.get(&address).copied().unwrap_or(0);
        if of_address >= self.per_address_max {
            return Err(Full::Address(self.per_address_max));
        }
        Ok(())
    }

    pub(super) fn enter(&self, address: IpAddr) -> Result<(), Full> {
        let mut open = self.lock();
        self.check(&open, address)?;
        *open.by_address.entry(address).or_default() += 1;
        open.streams += 1;
        Ok(())
    }

    pub(super) fn leave(&self, address: IpAddr) {
        let mut open = self.lock();
        open.streams -= 1;
        if let Some(of_address) = open.by_address.get_mut(&address) {
            *of_address -= 1;
            if *of_address == 0 {
                open.by_address.remove(&address);
            }
        }
    }

    /// Counts are whole whoever held the lock.
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(last: u8) -> IpAddr {
        Ipv4Addr::new(127, 0, 0, last).into()
    }

    #[test]
    fn who_leaves_lets_another_in() {
        let admission = Admission::new(&Limits {
            streams: 3,
            streams_per_address: 2,
            ..Limits::default()
        });
        assert_eq!(admission.enter(address(1)), Ok(()));
        assert_eq!(admission.enter(address(1)), Ok(()));
        assert_eq!(admission.enter(address(1)), Err(Full::Address(2)));
        assert_eq!(admission.enter(address(2)), Ok(()));
        assert_eq!(admission.enter(address(3)), Err(Full::Server(3)));
        admission.leave(address(1));
        assert_eq!(admission.enter(address(3)), Ok(()));
        for last in [1, 2, 3] {
            admission.leave(address(last));
        }
        assert!(admission.lock().by_address.is_empty());
    }
}
