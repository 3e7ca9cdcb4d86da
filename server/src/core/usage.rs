//! What this process and its host are doing, as the kernel tells it (proc(5)).

use procfs::process::Process;
use procfs::{CpuTime, Current, CurrentSI, KernelStats, Meminfo, ProcResult};

/// What the process and its host have used up to an instant, and what they use at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Processor time of this process, in seconds.
    pub(crate) cpu_s: f64,
    /// Memory of this process that is resident.
    pub(crate) memory_bytes: u64,
    /// Processor time of the host: all of it, and what was spent on work. In clock ticks.
    host_ticks: u64,
    host_busy_ticks: u64,
    pub(crate) host_memory_total_bytes: u64,
    pub(crate) host_memory_used_bytes: u64,
}

impl Usage {
    /// Reads it. Takes some 0.1 ms.
    ///
    /// # Errors
    /// When proc(5) is not there, as in some containers.
    pub(crate) fn take() -> ProcResult<Self> {
        let process = Process::myself()?.stat()?;
        let cpu_ticks = process.utime + process.stime;
        let host = KernelStats::current()?.total;
        let memory = Meminfo::current()?;
        let available = memory.mem_available.unwrap_or(memory.mem_free);
        Ok(Self {
            cpu_s: cpu_ticks as f64 / procfs::ticks_per_second() as f64,
            memory_bytes: process.rss * procfs::page_size(),
            host_ticks: idle_ticks(&host) + busy_ticks(&host),
            host_busy_ticks: busy_ticks(&host),
            host_memory_total_bytes: memory.mem_total,
            host_memory_used_bytes: memory.mem_total.saturating_sub(available),
        })
    }

    /// Share of the host's processors that was busy from `earlier` to this, in percent of all of them.
    pub(crate) fn host_cpu_percent(&self, earlier: &Self) -> f64 {
        let all = self.host_ticks.saturating_sub(earlier.host_ticks);
        let busy = self.host_busy_ticks.saturating_sub(earlier.host_busy_ticks);
        // No tick has passed.
        if all == 0 {
            return 0.0;
        }
        100.0 * busy as f64 / all as f64
    }
}

/// Files that this process has open: sockets, mostly.
///
/// # Errors
/// As those of [`Usage::take`].
pub(crate) fn open_files() -> ProcResult<usize> {
    Process::myself()?.fd_count()
}

fn idle_ticks(cpu: &CpuTime) -> u64 {
    cpu.idle + cpu.iowait.unwrap_or(0)
}

fn busy_ticks(cpu: &CpuTime) -> u64 {
    let interrupts = cpu.irq.unwrap_or(0) + cpu.softirq.unwrap_or(0);
    cpu.user + cpu.nice + cpu.system + interrupts + cpu.steal.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_grows_and_stays_within_what_there_is() {
        let before = Usage::take().unwrap();
        let mut sum = 0_u64;
        let after = loop {
            sum = (0..1_000_000).fold(sum, |sum, number| std::hint::black_box(sum ^ number));
            let after = Usage::take().unwrap();
            if after.cpu_s > before.cpu_s && after.host_ticks > before.host_ticks {
                break after;
            }
        };
        assert!((0.0..=100.0).contains(&after.host_cpu_percent(&before)));
        assert!(after.memory_bytes > 0 && after.memory_bytes < after.host_memory_total_bytes);
        assert!(after.host_memory_used_bytes <= after.host_memory_total_bytes);
        assert!(open_files().unwrap() > 0);
    }
}
