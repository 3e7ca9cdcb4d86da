//! What is checked before the first stream: that this machine can hold them, and that somebody answers.

mod descriptors;
mod error;
mod memory;
mod ports;
mod reachability;

pub use descriptors::reserve_descriptors;
pub use error::PreflightError;
pub(crate) use ports::is_local;
pub use reachability::reachable;

use crate::plan::Settings;

/// Makes sure that this machine can hold the plan's streams, raising the limit of open files as far as it may.
///
/// # Errors
/// When it cannot.
pub fn check_machine(plan: &Settings) -> Result<(), PreflightError> {
    descriptors::check(plan, descriptors::raise_limit())?;
    ports::check(plan, ports::local_ports())?;
    ports::check_sources(plan)?;
    memory::check(plan, memory::available_bytes())
}

/// The most streams at one time that [`check_machine`] lets through.
#[must_use]
pub fn most_streams(plan: &Settings) -> u32 {
    let limits = [
        Some(descriptors::most(plan, descriptors::raise_limit())),
        ports::local_ports().map(|ports| ports::most(plan, ports)),
        memory::available_bytes().map(|bytes| memory::most(plan, bytes)),
    ];
    let most = limits.into_iter().flatten().min().unwrap_or(u64::MAX);
    u32::try_from(most.max(1)).unwrap_or(u32::MAX)
}
