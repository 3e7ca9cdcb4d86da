//! What the kernel says of this machine, and of this process on it.

mod host;
mod proc;
mod usage;

pub use host::{HostTime, HostUse};
pub(crate) use proc::{proc_field, proc_kib};
pub use usage::{CpuTime, peak_rss_bytes};
