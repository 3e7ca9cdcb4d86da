//! Why a stream failed.

use std::io;

use nix::errno::Errno;

use crate::measure::ErrorKind;

/// A stream's failure: its kind, and what it looked like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    pub(crate) detail: String,
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }

    /// An error of `socket` or `connect`.
    pub(crate) fn connecting(error: &io::Error) -> Self {
        let kind = match errno(error) {
            Errno::EMFILE | Errno::ENFILE => ErrorKind::LocalFds,
            Errno::EADDRNOTAVAIL | Errno::EADDRINUSE => ErrorKind::LocalPorts,
            Errno::ETIMEDOUT => ErrorKind::ConnectTimeout,
            Errno::ECONNRESET | Errno::EPIPE => ErrorKind::ConnectReset,
            _ => ErrorKind::ConnectRefused,
        };
        Self::new(kind, error.to_string())
    }

    /// An error of a connected socket, before the response began.
    pub(crate) fn before_response(error: &io::Error) -> Self {
        let kind = match errno(error) {
            Errno::ETIMEDOUT => ErrorKind::ConnectTimeout,
            _ => ErrorKind::ConnectReset,
        };
        Self::new(kind, error.to_string())
    }
}

fn errno(error: &io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generators_own_limits_are_told_from_the_targets() {
        let kind = |errno: Errno| Failure::connecting(&io::Error::from(errno)).kind;
        assert_eq!(kind(Errno::ECONNREFUSED), ErrorKind::ConnectRefused);
        assert_eq!(kind(Errno::EHOSTUNREACH), ErrorKind::ConnectRefused);
        assert_eq!(kind(Errno::EADDRNOTAVAIL), ErrorKind::LocalPorts);
        assert_eq!(kind(Errno::EMFILE), ErrorKind::LocalFds);
        assert_eq!(kind(Errno::ETIMEDOUT), ErrorKind::ConnectTimeout);
        assert_eq!(kind(Errno::ECONNRESET), ErrorKind::ConnectReset);
    }
}
