//! File descriptors: of which every stream takes one.

use super::PreflightError;
use crate::plan::Settings;

/// Descriptors beside those of streams and threads: standard streams, signals, files of the report.
const SPARE_DESCRIPTORS: u64 = 32;
/// Of a worker or an embedded server's core: its runtime's epoll, event and signal descriptors, its timerfd, its listener.
const THREAD_DESCRIPTORS: u64 = 8;

/// Makes room for the plan's descriptors at once, so that no stream's start waits for it.
pub fn reserve_descriptors(plan: &Settings) {
    raise_limit();
    weir_host::reserve_descriptors(needed(plan));
}

/// Whether so many descriptors are enough.
pub(super) fn check(plan: &Settings, limit: u64) -> Result<(), PreflightError> {
    let needed = needed(plan);
    if needed <= limit {
        return Ok(());
    }
    Err(PreflightError::Descriptors {
        streams: plan.load.streams,
        needed,
        limit,
        fits: most(plan, limit),
        both_ends: if plan.embedded {
            " (both ends are in this process)"
        } else {
            ""
        },
    })
}

/// The most streams that so many descriptors are enough for.
pub(super) fn most(plan: &Settings, limit: u64) -> u64 {
    let (each, others) = descriptors(plan);
    limit.saturating_sub(others) / each
}

/// Descriptors of all streams, and of all else.
fn needed(plan: &Settings) -> u64 {
    let (each, others) = descriptors(plan);
    u64::from(plan.load.streams) * each + others
}

/// Descriptors of a stream, and of all else.
fn descriptors(plan: &Settings) -> (u64, u64) {
    let each = if plan.embedded { 2 } else { 1 };
    let others = SPARE_DESCRIPTORS + plan.threads as u64 * each * THREAD_DESCRIPTORS;
    (each, others)
}

/// The limit of open files after raising it to the hard one. Where that cannot be found out, nothing is refused for it.
pub(super) fn raise_limit() -> u64 {
    weir_host::raise_descriptor_limit().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Load;
    use crate::plan::tests::settings;

    #[test]
    fn what_does_not_fit_is_refused_with_what_would() {
        let message = |plan: &Settings| check(plan, 20_000).unwrap_err().to_string();
        let remote = Settings {
            load: Load {
                streams: 20_000,
                ..Load::default()
            },
            ..settings("http://127.0.0.1:1/")
        };
        let refusal = message(&remote);
        assert!(
            refusal.contains("20000 streams need 20040") && refusal.contains("lower -c to 19960"),
            "{refusal}"
        );
        let embedded = Settings {
            load: Load {
                streams: 10_000,
                ..Load::default()
            },
            embedded: true,
            ..remote
        };
        let refusal = message(&embedded);
        assert!(
            refusal.contains("both ends") && refusal.contains("lower -c to 9976"),
            "{refusal}"
        );
    }

    #[test]
    fn what_fits_is_let_through() {
        check(&settings("http://127.0.0.1:1/"), 1_024).unwrap();
    }
}
