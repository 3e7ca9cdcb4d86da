//! Memory, of which every stream takes some.

use super::PreflightError;
use crate::measure::proc_kib;
use crate::plan::Settings;

/// What a stream takes on this side: kernel memory of its socket, and its state here.
const STREAM_BYTES: u64 = 8 * 1024 + 2 * 1024;
/// What it takes on an embedded server's: kernel memory of its socket, and hyper's connection.
const SERVED_STREAM_BYTES: u64 = 8 * 1024 + 11 * 1024;

/// Whether so much memory is enough.
pub(super) fn check(plan: &Settings, available_bytes: Option<u64>) -> Result<(), PreflightError> {
    const MIB: u64 = 1024 * 1024;
    let each = stream_bytes(plan);
    let needed = u64::from(plan.load.streams) * each;
    match available_bytes {
        Some(available) if available < needed => Err(PreflightError::Memory {
            streams: plan.load.streams,
            needed_mib: needed / MIB,
            available_mib: available / MIB,
            fits: available / each,
        }),
        _ => Ok(()),
    }
}

/// The most streams that so much memory is enough for. Other programs take some, too, until it is checked.
pub(super) fn most(plan: &Settings, available_bytes: u64) -> u64 {
    available_bytes / 10 * 9 / stream_bytes(plan)
}

/// Memory of a stream.
fn stream_bytes(plan: &Settings) -> u64 {
    if plan.embedded {
        STREAM_BYTES + SERVED_STREAM_BYTES
    } else {
        STREAM_BYTES
    }
}

/// The memory that programs can still take without swapping, if the kernel says.
pub(super) fn available_bytes() -> Option<u64> {
    proc_kib("/proc/meminfo", "MemAvailable")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Load;
    use crate::plan::tests::settings;

    #[test]
    fn too_little_is_named_and_enough_is_let_through() {
        let large = Settings {
            load: Load {
                streams: 20_000,
                ..Load::default()
            },
            ..settings("http://127.0.0.1:1/")
        };
        let refusal = check(&large, Some(100 << 20)).unwrap_err().to_string();
        assert!(refusal.contains("195 MiB, and 100 MiB"), "{refusal}");
        check(&large, Some(1 << 30)).unwrap();
        assert!(available_bytes().is_some_and(|bytes| bytes > 1 << 20));
    }
}
