//! Fields of the kernel's files under /proc.

use std::fs;

/// The bytes of a field in KiB of a file under /proc, if the kernel says.
pub(crate) fn proc_kib(path: &str, name: &str) -> Option<u64> {
    let kib: u64 = proc_field(path, name)?.strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

/// What stands behind the first `name:` of a file under /proc.
pub(crate) fn proc_field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(field, _)| field.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
}
