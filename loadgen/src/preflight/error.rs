//! What stands in the way of a run.

use std::io;
use std::net::{IpAddr, SocketAddr};

use thiserror::Error;

/// Why a run cannot begin.
#[derive(Debug, Error)]
pub enum PreflightError {
    /// The limit of open files is too low.
    #[error(
        "{streams} streams need {needed} file descriptors{both_ends}, and this process may have {limit}: lower -c to {fits}, \
         or raise the limit (ulimit -n)"
    )]
    Descriptors {
        /// As planned.
        streams: u32,
        /// What they take.
        needed: u64,
        /// The hard limit.
        limit: u64,
        /// What would do.
        fits: u64,
        /// Why it is twice the streams, if it is.
        both_ends: &'static str,
    },
    /// One source address has too few ports for the target.
    #[error(
        "{streams} streams need as many local ports, and the kernel has {ports} for one target (ip_local_port_range) and \
         source address, of which there are {sources}: lower -c, or give more with --local-addr"
    )]
    Ports {
        /// As planned.
        streams: u32,
        /// What there is, of each source address.
        ports: u64,
        /// Source addresses.
        sources: u64,
    },
    /// There is not enough memory.
    #[error(
        "{streams} streams take about {needed_mib} MiB, and {available_mib} MiB are available: lower -c to {fits}"
    )]
    Memory {
        /// As planned.
        streams: u32,
        /// What they take.
        needed_mib: u64,
        /// What there is.
        available_mib: u64,
        /// What would do.
        fits: u64,
    },
    /// A source address is not one of this machine's.
    #[error("cannot use --local-addr {local}")]
    Source {
        /// As given.
        local: IpAddr,
        /// Why.
        source: io::Error,
    },
    /// Nobody answers at any of the target's addresses.
    #[error("cannot reach {url} at {addr}")]
    Unreachable {
        /// As typed.
        url: String,
        /// The last one tried.
        addr: SocketAddr,
        /// Why.
        source: io::Error,
    },
}
