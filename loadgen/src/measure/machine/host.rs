//! What this host's processors did, whoever they did it for.

use std::fs;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Time of all processors since the host started, in the kernel's ticks (proc_stat(5), the line `cpu`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostTime {
    busy: u64,
    idle: u64,
    stolen: u64,
}

/// What became of the host's processor time in a stretch.
#[derive(Debug, Clone, Copy, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct HostUse {
    /// Share of the time that the host had which somebody used.
    pub busy_ratio: f64,
    /// Share of the time that the hypervisor gave to others while this host wanted it.
    pub stolen_ratio: f64,
}

/// In as many ticks one of them is a hundredth: a run of some milliseconds would be told by a single one.
const TICKS_MIN: f64 = 100.0;

impl HostTime {
    /// Until now, if the kernel says.
    #[must_use]
    pub fn now() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/stat").ok()?)
    }

    fn parse(stat: &str) -> Option<Self> {
        let ticks: Vec<u64> = stat
            .lines()
            .find_map(|line| line.strip_prefix("cpu "))?
            .split_whitespace()
            .map_while(|field| field.parse().ok())
            .collect();
        // Guests' time, which follows, is in user time already.
        let [user, nice, system, idle, iowait, irq, softirq, stolen, ..] = ticks[..] else {
            return None;
        };
        Some(Self {
            busy: user + nice + system + irq + softirq,
            idle: idle + iowait,
            stolen,
        })
    }

    /// What became of the time since `earlier`; `None` if it was too short to tell: half a second of two processors.
    #[must_use]
    pub fn since(self, earlier: Self) -> Option<HostUse> {
        let busy = self.busy.saturating_sub(earlier.busy) as f64;
        // Idle time that was counted for a processor is taken back when it turns out to have been stolen.
        let idle = self.idle.saturating_sub(earlier.idle) as f64;
        let stolen = self.stolen.saturating_sub(earlier.stolen) as f64;
        let had = busy + idle;
        (had > 0.0 && had + stolen >= TICKS_MIN).then(|| HostUse {
            busy_ratio: busy / had,
            stolen_ratio: stolen / (had + stolen),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_told_apart() {
        let at = |stat: &str| HostTime::parse(stat).unwrap();
        let before = at("cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 2 3\n");
        let after = at("cpu  130 10 115 825 5 3 2 10 7 0\n");
        let used = after.since(before).unwrap();
        assert!((used.busy_ratio - 60.0 / 90.0).abs() < 1e-9, "{used:?}");
        assert!((used.stolen_ratio - 0.1).abs() < 1e-9, "{used:?}");
        assert_eq!(before.since(before), None);
        let a_tick_less = at("cpu  129 10 115 825 5 3 2 10 7 0\n");
        assert_eq!(a_tick_less.since(before), None, "too short");
        assert_eq!(HostTime::parse("cpu0 1 2 3\n"), None);
    }

    #[test]
    fn this_kernel_says() {
        assert!(HostTime::now().is_some());
    }
}
