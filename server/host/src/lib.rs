//! What both ends of Weir ask of the machine that they run on: descriptors, since each stream is one.

use std::io;

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::close;

/// Lets this process have as many descriptors as the system allows, and says how many: shells commonly allow 1,024 where
/// the system would allow many more.
///
/// # Errors
/// When the limit cannot be read or raised.
pub fn raise_descriptor_limit() -> io::Result<u64> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    Ok(hard)
}

/// Makes room for so many descriptors at once, or as many as there may be. The kernel doubles a process's table when a
/// descriptor does not fit, and where there are several threads it has all of them wait for a grace period of RCU: some
/// 10 ms at the 256th, 512th and 1,024th stream.
///
/// A table takes eight bytes for each. Where there is no room for it, it grows as it goes.
pub fn reserve_descriptors(count: u64) {
    let (limit, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((count, count));
    let last = count.min(limit).saturating_sub(1);
    let last = i32::try_from(last).unwrap_or(i32::MAX);
    // A table does not shrink when its last descriptor is closed.
    if let Ok(copy) = fcntl(io::stderr(), FcntlArg::F_DUPFD_CLOEXEC(last)) {
        let _closed = close(copy);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Of this process, in `/proc/self/status`: how many descriptors its table has room for.
    fn table() -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let mut lines = status.lines();
        let size = lines.find_map(|line| line.strip_prefix("FDSize:")).unwrap();
        size.trim().parse().unwrap()
    }

    /// One test, since both are about the process.
    #[test]
    fn the_limit_is_the_hard_one_and_the_table_has_room() {
        let limit = raise_descriptor_limit().unwrap();
        let now = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(now, (limit, limit));
        let open = fs::read_dir("/proc/self/fd").unwrap().count();
        let count = limit.min(2_048);
        assert!(table() < count);
        reserve_descriptors(count);
        assert!(table() >= count);
        // Beyond the limit there is nothing to reserve.
        reserve_descriptors(limit.saturating_add(1).min(4_096));
        assert_eq!(fs::read_dir("/proc/self/fd").unwrap().count(), open);
    }
}
