//! What is checked before the first stream: that this machine can hold them, and that somebody answers.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::close;
use socket2::{Domain, Socket, Type};
use thiserror::Error;

use crate::plan::Plan;
use crate::report::proc_kib;

/// Descriptors beside those of streams and threads: standard streams, signals, files of the report.
const SPARE_DESCRIPTORS: u64 = 32;
/// Of a worker or an embedded server's core: its runtime's epoll, event and signal descriptors, its timerfd, its listener.
const THREAD_DESCRIPTORS: u64 = 8;
/// What a stream takes on this side: kernel memory of its socket, and its state here.
const STREAM_BYTES: u64 = 8 * 1024 + 2 * 1024;
/// What it takes on an embedded server's: kernel memory of its socket, and hyper's connection.
const SERVED_STREAM_BYTES: u64 = 8 * 1024 + 11 * 1024;

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

/// Makes sure that this machine can hold the plan's streams, raising the limit of open files as far as it may.
///
/// # Errors
/// When it cannot.
pub fn check_machine(plan: &Plan) -> Result<(), PreflightError> {
    check_descriptors(plan, raise_descriptor_limit())?;
    check_ports(plan, local_ports())?;
    check_sources(plan)?;
    check_memory(plan, available_bytes())
}

/// The first of the target's addresses at which somebody accepts connections.
///
/// # Errors
/// When there is none; the error is that of the last one tried.
pub fn reachable(plan: &Plan) -> Result<SocketAddr, PreflightError> {
    let mut last = None;
    for &addr in &plan.target.addrs {
        match connect(addr, plan) {
            Ok(()) => return Ok(addr),
            Err(source) => last = Some((addr, source)),
        }
    }
    let (addr, source) = last.expect("a resolved target has an address");
    Err(PreflightError::Unreachable {
        url: plan.target.url.clone(),
        addr,
        source,
    })
}

/// As a stream will: from the first of the source addresses, if there are any.
fn connect(addr: SocketAddr, plan: &Plan) -> io::Result<()> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
    if let Some(&source) = plan.local_addrs.first() {
        socket.bind(&SocketAddr::from((source, 0)).into())?;
    }
    match plan.timeouts.connect {
        Some(limit) => socket.connect_timeout(&addr.into(), limit),
        None => socket.connect(&addr.into()),
    }
}

/// Makes room for the plan's descriptors at once. The kernel doubles a process's table when a descriptor does not fit,
/// and where there are several threads it has all of them wait for a grace period of RCU: some 10 ms at the 256th, 512th
/// and 1,024th stream, which is a hundredth of a second's starts.
pub fn reserve_descriptors(plan: &Plan) {
    let (each, others) = descriptors(plan);
    let last = u64::from(plan.streams) * each + others;
    let last = i32::try_from(last.min(raise_descriptor_limit()) - 1).unwrap_or(i32::MAX);
    // Where it cannot be, the table grows as it goes.
    if let Ok(copy) = fcntl(io::stderr(), FcntlArg::F_DUPFD_CLOEXEC(last)) {
        let _closed = close(copy);
    }
}

/// The most streams at one time that [`check_machine`] lets through.
#[must_use]
pub fn most_streams(plan: &Plan) -> u32 {
    let limit = raise_descriptor_limit();
    let (each, others) = descriptors(plan);
    let by_descriptors = limit.saturating_sub(others) / each;
    let by_ports = local_ports().map_or(u64::MAX, |ports| ports * sources(plan));
    // Other programs take memory, too, until it is checked.
    let by_memory = available_bytes().map_or(u64::MAX, |bytes| bytes / 10 * 9 / stream_bytes(plan));
    let most = by_descriptors.min(by_ports).min(by_memory).max(1);
    u32::try_from(most).unwrap_or(u32::MAX)
}

/// Descriptors of a stream, and of all else.
fn descriptors(plan: &Plan) -> (u64, u64) {
    let each = if plan.embedded { 2 } else { 1 };
    let others = SPARE_DESCRIPTORS + plan.threads as u64 * each * THREAD_DESCRIPTORS;
    (each, others)
}

/// Source addresses, each with ports of its own.
fn sources(plan: &Plan) -> u64 {
    plan.local_addrs.len().max(1) as u64
}

/// Memory of a stream.
fn stream_bytes(plan: &Plan) -> u64 {
    if plan.embedded {
        STREAM_BYTES + SERVED_STREAM_BYTES
    } else {
        STREAM_BYTES
    }
}

fn check_descriptors(plan: &Plan, limit: u64) -> Result<(), PreflightError> {
    let (each, others) = descriptors(plan);
    let needed = u64::from(plan.streams) * each + others;
    if needed <= limit {
        return Ok(());
    }
    let fits = limit.saturating_sub(others) / each;
    Err(PreflightError::Descriptors {
        streams: plan.streams,
        needed,
        limit,
        fits,
        both_ends: if plan.embedded {
            " (both ends are in this process)"
        } else {
            ""
        },
    })
}

fn check_ports(plan: &Plan, ports: Option<u64>) -> Result<(), PreflightError> {
    match ports {
        Some(ports) if ports * sources(plan) < u64::from(plan.streams) => {
            Err(PreflightError::Ports {
                streams: plan.streams,
                ports,
                sources: sources(plan),
            })
        }
        _ => Ok(()),
    }
}

fn check_sources(plan: &Plan) -> Result<(), PreflightError> {
    for &local in &plan.local_addrs {
        bind(local).map_err(|source| PreflightError::Source { local, source })?;
    }
    Ok(())
}

/// Whether an address is one of this machine's.
pub(crate) fn is_local(address: IpAddr) -> bool {
    bind(address).is_ok()
}

/// A datagram socket is bound without a word to anybody.
fn bind(address: IpAddr) -> io::Result<UdpSocket> {
    UdpSocket::bind((address, 0))
}

fn check_memory(plan: &Plan, available_bytes: Option<u64>) -> Result<(), PreflightError> {
    const MIB: u64 = 1024 * 1024;
    let each = stream_bytes(plan);
    let needed = u64::from(plan.streams) * each;
    match available_bytes {
        Some(available) if available < needed => Err(PreflightError::Memory {
            streams: plan.streams,
            needed_mib: needed / MIB,
            available_mib: available / MIB,
            fits: available / each,
        }),
        _ => Ok(()),
    }
}

/// The limit of open files after raising it to the hard one.
fn raise_descriptor_limit() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return u64::MAX;
    };
    match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    }
}

/// How many local ports the kernel hands out, if it says.
fn local_ports() -> Option<u64> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut ends = range.split_whitespace().map(str::parse::<u64>);
    let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
    Some((last + 1).saturating_sub(first))
}

/// The memory that programs can still take without swapping, if the kernel says.
fn available_bytes() -> Option<u64> {
    proc_kib("/proc/meminfo", "MemAvailable")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::plan;

    #[test]
    fn what_does_not_fit_is_refused_with_what_would() {
        let message = |outcome: Result<(), PreflightError>| outcome.unwrap_err().to_string();
        let remote = Plan {
            streams: 20_000,
            ..plan("http://127.0.0.1:1/")
        };
        let refusal = message(check_descriptors(&remote, 20_000));
        assert!(
            refusal.contains("20000 streams need 20040") && refusal.contains("lower -c to 19960"),
            "{refusal}"
        );
        let embedded = Plan {
            streams: 10_000,
            embedded: true,
            ..remote.clone()
        };
        let refusal = message(check_descriptors(&embedded, 20_000));
        assert!(
            refusal.contains("both ends") && refusal.contains("lower -c to 9976"),
            "{refusal}"
        );
        assert!(message(check_ports(&remote, Some(10_000))).contains("10000 for one target"));
        assert!(message(check_memory(&remote, Some(100 << 20))).contains("195 MiB, and 100 MiB"));
    }

    #[test]
    fn what_fits_is_let_through() {
        let small = plan("http://127.0.0.1:1/");
        check_descriptors(&small, 1_024).unwrap();
        check_ports(&small, Some(28_232)).unwrap();
        check_ports(&small, None).unwrap();
        check_memory(&small, Some(1 << 30)).unwrap();
        assert!(local_ports().is_some_and(|ports| ports > 1_000));
        assert!(available_bytes().is_some_and(|bytes| bytes > 1 << 20));
    }

    #[test]
    fn a_source_address_has_to_be_this_machines() {
        let from = |local: [u8; 4]| Plan {
            local_addrs: vec![local.into()],
            ..plan("http://127.0.0.1:1/")
        };
        check_sources(&from([127, 0, 0, 9])).unwrap();
        // Of a network that is for documentation only (RFC 5737).
        let refusal = check_sources(&from([192, 0, 2, 1])).unwrap_err();
        assert_eq!(refusal.to_string(), "cannot use --local-addr 192.0.2.1");
    }

    #[test]
    fn an_address_where_nobody_listens_is_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap();
        let url = format!("http://{open}/");
        assert_eq!(reachable(&plan(&url)).unwrap(), open);
        drop(listener);
        let refusal = reachable(&plan(&url)).unwrap_err();
        assert_eq!(refusal.to_string(), format!("cannot reach {url} at {open}"));
        assert!(
            matches!(refusal, PreflightError::Unreachable { source, .. } if source.kind() == io::ErrorKind::ConnectionRefused)
        );
    }
}
