//! What an error of a socket or of the framing is called.

use std::io;

use nix::errno::Errno;

use super::http1::ProtocolError;
use crate::measure::{ErrorKind, Failure};

/// An error of `socket` or `connect`.
pub(super) fn connecting(error: &io::Error) -> Failure {
    let kind = match errno(error) {
        Errno::EMFILE | Errno::ENFILE => ErrorKind::LocalFds,
        Errno::EADDRNOTAVAIL | Errno::EADDRINUSE => ErrorKind::LocalPorts,
        Errno::ETIMEDOUT => ErrorKind::ConnectTimeout,
        Errno::ECONNRESET | Errno::EPIPE => ErrorKind::ConnectReset,
        _ => ErrorKind::ConnectRefused,
    };
    Failure::new(kind, error.to_string())
}

/// An error of a connected socket, before the response began.
pub(super) fn before_response(error: &io::Error) -> Failure {
    let kind = match errno(error) {
        Errno::ETIMEDOUT => ErrorKind::ConnectTimeout,
        _ => ErrorKind::ConnectReset,
    };
    Failure::new(kind, error.to_string())
}

/// An error of a connected socket in the middle of the response.
pub(super) fn in_response(error: &io::Error) -> Failure {
    Failure::new(ErrorKind::Reset, error.to_string())
}

impl From<ProtocolError> for Failure {
    fn from(error: ProtocolError) -> Self {
        Self::new(ErrorKind::Protocol, error.to_string())
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
        let kind = |errno: Errno| connecting(&io::Error::from(errno)).kind;
        assert_eq!(kind(Errno::ECONNREFUSED), ErrorKind::ConnectRefused);
        assert_eq!(kind(Errno::EHOSTUNREACH), ErrorKind::ConnectRefused);
        assert_eq!(kind(Errno::EADDRNOTAVAIL), ErrorKind::LocalPorts);
        assert_eq!(kind(Errno::EMFILE), ErrorKind::LocalFds);
        assert_eq!(kind(Errno::ETIMEDOUT), ErrorKind::ConnectTimeout);
        assert_eq!(kind(Errno::ECONNRESET), ErrorKind::ConnectReset);
    }
}
