//! What the workers of a run bring back, merged, and the report made of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;

use super::Ending;
use crate::measure::{
    Bank, Censored, Counters, CpuTime, DueSource, Errors, HostUse, Metric, Rx, SequenceSource,
    Truth, Window, WindowTotals, known_to, peak_rss_bytes,
};
use crate::plan::Plan;
use crate::report::{
    Encoded, Interval, Latency, Machine, Note, Report, Resources, SCHEMA, ThreadUse, Throughput,
    Tool,
};
use crate::verdict::{Arrivals, Evidence, Verdict};
use crate::worker::Yield;

/// The sum of all workers.
pub(super) struct Harvest {
    begin_ns: u64,
    window: Window,
    pub(super) clock_drift_ns: u64,
    pub(super) host: Option<HostUse>,
    pub(super) target_is_local: bool,
    pub(super) counters: Counters,
    totals: WindowTotals,
    errors: Errors,
    bank: Bank,
    kernel_rx: bool,
    sequence: SequenceSource,
    due: DueSource,
    server_ahead_ns: u64,
    last_start_ns: u64,
    censored: Censored,
    truth: Option<Box<Truth>>,
    cpu: Vec<CpuTime>,
}

impl Harvest {
    pub(super) fn new(begin_ns: u64, window: Window, bank: Bank) -> Self {
        Self {
            begin_ns,
            window,
            clock_drift_ns: 0,
            host: None,
            target_is_local: false,
            counters: Counters::default(),
            totals: WindowTotals::default(),
            errors: Errors::default(),
            bank,
            kernel_rx: true,
            sequence: SequenceSource::None,
            due: DueSource::None,
            server_ahead_ns: 0,
            last_start_ns: 0,
            censored: Censored::default(),
            truth: None,
            cpu: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, worker: Yield) {
        let Yield {
            recorder,
            cpu,
            ended_ns: _,
        } = worker;
        self.totals.merge(recorder.totals());
        self.counters.merge(&recorder.counters);
        self.last_start_ns = self.last_start_ns.max(recorder.last_start_ns);
        self.censored.merge(recorder.censored_waits());
        if let Some(truth) = &recorder.truth {
            self.truth.get_or_insert_default().merge(truth);
        }
        self.errors.merge(recorder.errors);
        self.kernel_rx &= recorder.kernel_rx;
        self.sequence = self.sequence.max(recorder.sequence);
        self.due = self.due.max(recorder.due);
        self.server_ahead_ns = self.server_ahead_ns.max(recorder.server_ahead_ns);
        self.cpu.push(cpu);
    }

    pub(super) fn report(
        mut self,
        plan: &Plan,
        intervals: Vec<Interval>,
        ending: Ending,
    ) -> Report {
        let arrivals = self.arrivals(plan);
        let resources = self.resources();
        let verdict = self.verdict(arrivals, &resources);
        Report {
            schema: SCHEMA.to_owned(),
            tool: Tool::this(),
            started_at: rfc3339(self.begin_ns),
            plan: plan.clone(),
            machine: Machine::this(),
            rx: self.rx(),
            sequence: self.sequence,
            due: self.due,
            interrupted: ending == Ending::Interrupted,
            given_up: ending == Ending::GivenUp,
            aborted: match ending {
                Ending::Aborted(aborted) => Some(aborted),
                Ending::Planned | Ending::Interrupted | Ending::GivenUp => None,
            },
            verdict,
            notes: Note::of(&self.counters, self.due, plan.expect_interval),
            errors: self
                .errors
                .iter()
                .map(|(kind, count, _)| (kind, count))
                .collect(),
            error_samples: self
                .errors
                .iter()
                .map(|(kind, _, detail)| (kind, detail.to_owned()))
                .collect(),
            throughput: self.throughput(arrivals.filter(|_| plan.arrivals.is_some())),
            latency: self
                .bank
                .recorded()
                .filter_map(|(metric, histogram)| Some((metric, self.latency(metric, histogram)?)))
                .collect(),
            resources,
            server: None,
            target: None,
            thresholds: Vec::new(),
            intervals,
            histograms: self
                .bank
                .recorded()
                .map(|(metric, histogram)| (metric, Encoded::of(histogram)))
                .collect(),
            counters: self.counters,
            merged_from: Vec::new(),
            truth: self.truth,
        }
    }

    fn window_s(&self) -> f64 {
        self.window.end_ns.saturating_sub(self.window.start_ns) as f64 / 1e9
    }

    fn rx(&self) -> Rx {
        if self.kernel_rx { Rx::Kernel } else { Rx::User }
    }

    fn verdict(&self, arrivals: Option<Arrivals>, resources: &Resources) -> Verdict {
        let busy = resources.threads.iter().map(|thread| thread.busy_ratio);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Verdict::of(Evidence {
            counters: &self.counters,
            bank: &self.bank,
            totals: self.totals,
            arrivals,
            local_failures: self.local_failures(),
            rx: self.rx(),
            optimised: Tool::is_optimised(),
            busiest_thread: busy.clone().fold(0.0, f64::max),
            share_of_host: busy.sum::<f64>() / cores as f64,
            clock_drift_ns: self.clock_drift_ns,
            server_ahead_ns: self.server_ahead_ns,
            host: self.host.unwrap_or_default(),
            target_is_local: self.target_is_local,
        })
    }

    fn local_failures(&self) -> u64 {
        self.errors
            .iter()
            .filter(|(kind, ..)| kind.is_local())
            .map(|(_, count, _)| count)
            .sum()
    }

    /// What was offered in the window and what became of it. Arrivals that never started are counted, and what they had
    /// waited is in `ttfe`.
    fn arrivals(&mut self, plan: &Plan) -> Option<Arrivals> {
        let failed = self.local_failures();
        let window_s = self.window_s();
        let Some(arrivals) = plan.arrivals else {
            return (failed > 0).then(|| Arrivals {
                offered: self.counters.streams_started,
                offered_s: window_s,
                started: self.counters.streams_started - failed,
                started_s: window_s,
            });
        };
        let Window { start_ns, end_ns } = self.window;
        let most = plan.total_streams.unwrap_or(u64::MAX);
        let (mut number, mut offered, mut last_ns) = (0, 0, start_ns);
        for instant_ns in arrivals.starts_ns(plan.seed, 0, 1) {
            let intended_ns = self.begin_ns.saturating_add(instant_ns);
            if number == most || intended_ns >= end_ns {
                break;
            }
            // They start in their order, so it is the last ones that did not.
            if number >= self.counters.streams_started {
                self.unstarted(intended_ns);
            }
            number += 1;
            offered += u64::from(intended_ns >= start_ns);
            last_ns = last_ns.max(intended_ns);
        }
        let is_whole = number == most;
        let until = |last_ns: u64| {
            let mean_s = 1.0 / arrivals.rate_per_s;
            let span_s = last_ns.saturating_sub(start_ns) as f64 / 1e9 + mean_s;
            if is_whole { span_s } else { window_s }
        };
        Some(Arrivals {
            offered,
            offered_s: until(last_ns),
            started: self.totals.streams_started.saturating_sub(failed),
            started_s: until(last_ns.max(self.last_start_ns)),
        })
    }

    fn unstarted(&mut self, intended_ns: u64) {
        self.counters.streams_unstarted += 1;
        if self.window.end_ns > self.window.start_ns {
            let waited_ns = self.window.end_ns - intended_ns;
            self.bank.record(Metric::Ttfe, waited_ns);
            self.censored.first_event(waited_ns);
        }
    }

    fn latency(&self, metric: Metric, histogram: &Histogram<u64>) -> Option<Latency> {
        let censored = self.censored.of(metric);
        let known_to = censored.map_or(1.0, |censored| known_to(histogram, censored));
        Some(Latency {
            lower_bound_above: (known_to < 1.0).then_some(known_to),
            ..Latency::of(histogram)?
        })
    }

    fn throughput(&self, arrivals: Option<Arrivals>) -> Throughput {
        let window_s = self.window_s();
        let per_s = |count: u64| rate(count, window_s);
        Throughput {
            window_s,
            events: self.totals.events,
            events_per_s: per_s(self.totals.events),
            bytes_per_s: per_s(self.totals.bytes),
            streams_per_s: per_s(self.totals.streams_completed),
            started_streams_per_s: arrivals.map_or_else(
                || per_s(self.totals.streams_started),
                |arrivals| rate(arrivals.started, arrivals.started_s),
            ),
            offered_streams_per_s: arrivals
                .map(|arrivals| rate(arrivals.offered, arrivals.offered_s)),
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
            host: self.host,
            cpu_ns_per_event: (events > 0).then(|| (cpu_user_s + cpu_sys_s) * 1e9 / events as f64),
        }
    }
}

/// A second; of a window that never began, nothing.
fn rate(count: u64, span_s: f64) -> f64 {
    if span_s > 0.0 {
        count as f64 / span_s
    } else {
        0.0
    }
}

fn rfc3339(unix_ns: u64) -> String {
    let time: SystemTime = UNIX_EPOCH + Duration::from_nanos(unix_ns);
    humantime::format_rfc3339_millis(time).to_string()
}
