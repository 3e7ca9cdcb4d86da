//! What the generator itself used.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use weir_time::NANOS_PER_SEC;

/// Processor time of a thread, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CpuTime {
    /// In user space.
    pub user_ns: u64,
    /// In the kernel on its behalf.
    pub system_ns: u64,
}

impl CpuTime {
    /// Used so far by the calling thread.
    #[must_use]
    pub fn of_thread() -> Self {
        let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("the kernel knows RUSAGE_THREAD");
        Self {
            user_ns: nanoseconds(usage.user_time()),
            system_ns: nanoseconds(usage.system_time()),
        }
    }

    /// What was used since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            user_ns: self.user_ns.saturating_sub(earlier.user_ns),
            system_ns: self.system_ns.saturating_sub(earlier.system_ns),
        }
    }

    /// User and system together.
    #[must_use]
    pub fn total_ns(self) -> u64 {
        self.user_ns + self.system_ns
    }
}

/// The most memory this process has had resident, in bytes.
#[must_use]
pub fn peak_rss_bytes() -> u64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("the kernel knows RUSAGE_SELF");
    usage.max_rss().cast_unsigned() * 1024
}

fn nanoseconds(time: TimeVal) -> u64 {
    time.tv_sec().cast_unsigned() * NANOS_PER_SEC + time.tv_usec().cast_unsigned() * 1_000
}
