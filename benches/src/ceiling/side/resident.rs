//! Memory of a process before it has streams, and with them.

use std::fs;

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// Memory of a process that lies in the machine's: its own, and what it has touched of its program.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Resident {
    /// Before the first stream.
    pub(crate) before_bytes: u64,
    /// With all of them open.
    pub(crate) open_bytes: u64,
}

impl Resident {
    /// All that was added, whatever for.
    pub(crate) fn kib_per_stream(self, streams: usize) -> f64 {
        (self.open_bytes as f64 - self.before_bytes as f64) / 1024.0 / streams as f64
    }
}

/// Exact, other than the counter `VmRSS`, which each processor brings up to date in steps of its own.
pub(crate) fn resident_bytes(process: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{process}/smaps_rollup");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    rss_bytes(&text).with_context(|| format!("{path} has no Rss"))
}

fn rss_bytes(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    let kib: u64 = line.strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use std::process;

    use super::*;

    #[test]
    fn what_is_allocated_and_touched_is_resident() {
        const ADDED_BYTES: usize = 64 << 20;
        let before_bytes = resident_bytes(process::id()).unwrap();
        let added = vec![1_u8; ADDED_BYTES];
        let open_bytes = resident_bytes(process::id()).unwrap();
        assert_eq!(added.len(), ADDED_BYTES);
        let resident = Resident {
            before_bytes,
            open_bytes,
        };
        // Give or take what other tests allocate meanwhile.
        let kib = resident.kib_per_stream(1_024);
        assert!((60.0..68.0).contains(&kib), "{kib}");
    }
}
