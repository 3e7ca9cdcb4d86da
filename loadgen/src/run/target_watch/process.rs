//! A process of this host, as proc(5) shows it.

use procfs::ProcError;
use procfs::process::{ProcState, Process};

use super::{Figures, WatchError};

/// One process: another that is given its number later is not taken for it.
pub(super) struct TargetProcess {
    pid: u32,
    process: Process,
}

impl TargetProcess {
    /// Finds it.
    pub(super) fn find(pid: u32) -> Result<Self, WatchError> {
        let number = i32::try_from(pid).unwrap_or(i32::MAX);
        let process = Process::new(number).map_err(|source| failed(pid, source))?;
        Ok(Self { pid, process })
    }

    /// What all its threads have used, in the kernel's ticks (10 ms as a rule), and what is resident.
    pub(super) fn read(&self) -> Result<Figures, WatchError> {
        let pid = self.pid;
        let stat = self.process.stat().map_err(|source| failed(pid, source))?;
        // One that nobody has waited for has no memory any more, which is not to say that it gave it back.
        if matches!(stat.state(), Ok(ProcState::Zombie | ProcState::Dead)) {
            return Err(WatchError::Ended { pid });
        }
        let cpu_ticks = stat.utime + stat.stime;
        Ok(Figures {
            cpu_s: Some(cpu_ticks as f64 / procfs::ticks_per_second() as f64),
            rss_bytes: Some(stat.rss * procfs::page_size()),
            streams_open: None,
        })
    }
}

fn failed(pid: u32, source: ProcError) -> WatchError {
    match source {
        ProcError::NotFound(_) => WatchError::Ended { pid },
        source => WatchError::Process { pid, source },
    }
}
