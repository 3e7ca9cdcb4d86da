//! Local ports, of which every stream takes one, and the addresses that they are of.

use std::fs;
use std::io;
use std::net::{IpAddr, UdpSocket};

use super::PreflightError;
use crate::plan::Settings;

/// Whether so many ports of each source address are enough.
pub(super) fn check(plan: &Settings, ports: Option<u64>) -> Result<(), PreflightError> {
    match ports {
        Some(ports) if most(plan, ports) < u64::from(plan.load.streams) => {
            Err(PreflightError::Ports {
                streams: plan.load.streams,
                ports,
                sources: sources(plan),
            })
        }
        _ => Ok(()),
    }
}

/// The most streams that so many ports are enough for.
pub(super) fn most(plan: &Settings, ports: u64) -> u64 {
    ports * sources(plan)
}

/// Source addresses, each with ports of its own.
fn sources(plan: &Settings) -> u64 {
    plan.local_addrs.len().max(1) as u64
}

/// Whether all source addresses are this machine's.
pub(super) fn check_sources(plan: &Settings) -> Result<(), PreflightError> {
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

/// How many local ports the kernel hands out, if it says.
pub(super) fn local_ports() -> Option<u64> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut ends = range.split_whitespace().map(str::parse::<u64>);
    let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
    Some((last + 1).saturating_sub(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Load;
    use crate::plan::tests::settings;

    #[test]
    fn too_few_are_named_and_enough_or_unknown_ones_are_let_through() {
        let few = Settings {
            load: Load {
                streams: 20_000,
                ..Load::default()
            },
            ..settings("http://127.0.0.1:1/")
        };
        let refusal = check(&few, Some(10_000)).unwrap_err().to_string();
        assert!(refusal.contains("10000 for one target"), "{refusal}");
        check(&few, Some(28_232)).unwrap();
        check(&few, None).unwrap();
        assert!(local_ports().is_some_and(|ports| ports > 1_000));
    }

    #[test]
    fn a_source_address_has_to_be_this_machines() {
        let from = |local: [u8; 4]| Settings {
            local_addrs: vec![local.into()],
            ..settings("http://127.0.0.1:1/")
        };
        check_sources(&from([127, 0, 0, 9])).unwrap();
        // Of a network that is for documentation only (RFC 5737).
        let refusal = check_sources(&from([192, 0, 2, 1])).unwrap_err();
        assert_eq!(refusal.to_string(), "cannot use --local-addr 192.0.2.1");
    }
}
