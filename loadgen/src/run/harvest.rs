//! What the workers of a run bring back, merged, and the report made of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Ending;
use super::intervals::Intervals;
use crate::measure::{
    Bank, Counters, CpuTime, Errors, Metric, SequenceSource, Window, WindowTotals,
    encode_v2_deflate, peak_rss_bytes,
};
use crate::plan::Plan;
use crate::report::{Latency, Machine, Report, Resources, SCHEMA, ThreadUse, Throughput, Tool};
use crate::transport::Rx;
use crate::verdict::{Evidence, Verdict};
use crate::worker::Yield;

/// The sum of all workers.
pub(super) struct Harvest {
    begin_ns: u64,
    window: Window,
    clock_drift_ns: u64,
    pub(super) counters: Counters,
    totals: WindowTotals,
    errors: Errors,
    bank: Bank,
    kernel_rx: bool,
    sequence: SequenceSource,
    cpu: Vec<CpuTime>,
}

impl Harvest {
    pub(super) fn new(begin_ns: u64, window: Window, clock_drift_ns: u64) -> Self {
        Self {
            begin_ns,
            window,
            clock_drift_ns,
            counters: Counters::default(),
            totals: WindowTotals::default(),
            errors: Errors::default(),
            bank: Bank::new(),
            kernel_rx: true,
            sequence: SequenceSource::None,
            cpu: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, worker: Yield) {
        let Yield {
            recorder,
            cpu,
            ended_ns: _,
        } = worker;
        self.bank.merge(recorder.bank());
        self.totals.merge(recorder.totals());
        self.counters.merge(&recorder.counters);
        self.errors.merge(recorder.errors);
        self.kernel_rx &= recorder.kernel_rx;
        self.sequence = self.sequence.max(recorder.sequence);
        self.cpu.push(cpu);
    }

    pub(super) fn report(self, plan: &Plan, intervals: Intervals, ending: Ending) -> Report {
        let resources = self.resources();
        let busy = resources.threads.iter().map(|thread| thread.busy_ratio);
        let evidence = Evidence {
            counters: &self.counters,
            window_events: self.totals.events,
            optimised: Tool::is_optimised(),
            busiest_thread: busy.fold(0.0, f64::max),
            clock_drift_ns: self.clock_drift_ns,
        };
        let verdict = Verdict::of(evidence);
        let recorded = Metric::ALL.map(|metric| (metric.name(), self.bank.get(metric)));
        let recorded = recorded
            .into_iter()
            .filter(|(_, histogram)| !histogram.is_empty());
        Report {
            schema: SCHEMA,
            tool: Tool::this(),
            started_at: rfc3339(self.begin_ns),
            plan: plan.clone(),
            machine: Machine::this(),
            rx: if self.kernel_rx { Rx::Kernel } else { Rx::User },
            sequence: self.sequence,
            interrupted: ending == Ending::Interrupted,
            verdict,
            errors: self
                .errors
                .iter()
                .map(|(kind, count, _)| (kind.name(), count))
                .collect(),
            error_samples: self
                .errors
                .iter()
                .map(|(kind, _, detail)| (kind.name(), detail.to_owned()))
                .collect(),
            throughput: self.throughput(),
            latency: recorded
                .clone()
                .filter_map(|(name, histogram)| Some((name, Latency::of(histogram)?)))
                .collect(),
            resources,
            server: None,
            intervals: intervals.finish(self.window),
            histograms: recorded
                .map(|(name, histogram)| (name, encode_v2_deflate(histogram)))
                .collect(),
            counters: self.counters,
        }
    }

    fn window_s(&self) -> f64 {
        self.window.end_ns.saturating_sub(self.window.start_ns) as f64 / 1e9
    }

    fn throughput(&self) -> Throughput {
        let window_s = self.window_s();
        let per_s = |count: u64| {
            if window_s > 0.0 {
                count as f64 / window_s
            } else {
                0.0
            }
        };
        Throughput {
            window_s,
            events: self.totals.events,
            events_per_s: per_s(self.totals.events),
            bytes_per_s: per_s(self.totals.bytes),
            streams_per_s: per_s(self.totals.streams_completed),
        }
    }

    fn resources(&self) -> Resources {
        let window_s = self.window_s();
        let seconds =
            |part: fn(&CpuTime) -> u64| self.cpu.iter().map(part).sum::<u64>() as f64 / 1e9;
        let (cpu_user_s, cpu_sys_s) = (seconds(|cpu| cpu.user_ns), seconds(|cpu| cpu.system_ns));
        let busy = |cpu: &CpuTime| {
            if window_s > 0.0 {
                cpu.total_ns() as f64 / 1e9 / window_s
            } else {
                0.0
            }
        };
        let events = self.totals.events;
        Resources {
            cpu_user_s,
            cpu_sys_s,
            rss_peak_bytes: peak_rss_bytes(),
            threads: self
                .cpu
                .iter()
                .map(|cpu| ThreadUse {
                    busy_ratio: busy(cpu),
                })
                .collect(),
            cpu_ns_per_event: (events > 0).then(|| (cpu_user_s + cpu_sys_s) * 1e9 / events as f64),
        }
    }
}

fn rfc3339(unix_ns: u64) -> String {
    let time: SystemTime = UNIX_EPOCH + Duration::from_nanos(unix_ns);
    humantime::format_rfc3339_millis(time).to_string()
}
