//! What the workers of a run bring back, merged, and the report made of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;

use super::Ending;
use super::intervals::Intervals;
use crate::measure::{
    Bank, Counters, CpuTime, DueSource, Errors, HostUse, Metric, SequenceSource, Truth, Window,
    WindowTotals, encode_v2_deflate, known_to, new_histogram, peak_rss_bytes,
};
use crate::plan::Plan;
use crate::report::{
    Latency, Machine, Note, Report, Resources, SCHEMA, ThreadUse, Throughput, Tool,
};
use crate::transport::Rx;
use crate::verdict::{Evidence, Offered, Verdict};
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
    censored_waits: Histogram<u64>,
    truth: Option<Box<Truth>>,
    cpu: Vec<CpuTime>,
}

impl Harvest {
    pub(super) fn new(begin_ns: u64, window: Window) -> Self {
        Self {
            begin_ns,
            window,
            clock_drift_ns: 0,
            host: None,
            target_is_local: false,
            counters: Counters::default(),
            totals: WindowTotals::default(),
            errors: Errors::default(),
            bank: Bank::new(),
            kernel_rx: true,
            sequence: SequenceSource::None,
            due: DueSource::None,
            server_ahead_ns: 0,
            censored_waits: new_histogram(),
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
        self.bank.merge(recorder.bank());
        self.totals.merge(recorder.totals());
        self.counters.merge(&recorder.counters);
        self.censored_waits
            .add(recorder.censored_waits())
            .expect("all histograms here have the same bounds");
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

    pub(super) fn report(mut self, plan: &Plan, intervals: Intervals, ending: Ending) -> Report {
        self.counters.streams_unstarted = self.unstarted(plan);
        let resources = self.resources();
        let offered = self.offered(plan);
        let verdict = self.verdict(plan, offered, &resources);
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
            rx: self.rx(),
            sequence: self.sequence,
            due: self.due,
            interrupted: ending == Ending::Interrupted,
            given_up: ending == Ending::GivenUp,
            verdict,
            notes: Note::of(&self.counters, self.due, plan.expect_interval),
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
            throughput: self.throughput(offered),
            latency: recorded
                .clone()
                .filter_map(|(name, histogram)| Some((name, self.latency(name, histogram)?)))
                .collect(),
            resources,
            server: None,
            intervals: intervals.finish(self.window),
            histograms: recorded
                .map(|(name, histogram)| (name, encode_v2_deflate(histogram)))
                .collect(),
            counters: self.counters,
            truth: self.truth,
        }
    }

    fn window_s(&self) -> f64 {
        self.window.end_ns.saturating_sub(self.window.start_ns) as f64 / 1e9
    }

    fn rx(&self) -> Rx {
        if self.kernel_rx { Rx::Kernel } else { Rx::User }
    }

    fn verdict(&self, plan: &Plan, offered: Option<u64>, resources: &Resources) -> Verdict {
        let busy = resources.threads.iter().map(|thread| thread.busy_ratio);
        Verdict::of(Evidence {
            counters: &self.counters,
            bank: &self.bank,
            window_events: self.totals.events,
            arrivals: offered.map(|offered| Offered {
                offered,
                started: self.totals.streams_started,
                cap: plan.streams,
            }),
            rx: self.rx(),
            optimised: Tool::is_optimised(),
            busiest_thread: busy.fold(0.0, f64::max),
            clock_drift_ns: self.clock_drift_ns,
            server_ahead_ns: self.server_ahead_ns,
            host: self.host.unwrap_or_default(),
            target_is_local: self.target_is_local,
        })
    }

    /// Arrivals that were meant to start inside the window.
    fn offered(&self, plan: &Plan) -> Option<u64> {
        let arrivals = self.arrivals_ns(plan)?;
        let offered = arrivals.filter(|&start_ns| self.window.contains(start_ns));
        Some(offered.count() as u64)
    }

    /// Arrivals that were meant to start at all, and did not.
    fn unstarted(&self, plan: &Plan) -> u64 {
        let arrivals = self.arrivals_ns(plan);
        arrivals.map_or(0, |arrivals| {
            (arrivals.count() as u64).saturating_sub(self.counters.streams_started)
        })
    }

    /// When streams were meant to start until the run ended, by the plan alone.
    fn arrivals_ns(&self, plan: &Plan) -> Option<impl Iterator<Item = u64>> {
        let most = plan.total_streams.unwrap_or(u64::MAX);
        let instants = (0..most).zip(plan.arrivals?.starts_ns(plan.seed, 0, 1));
        let (begin_ns, end_ns) = (self.begin_ns, self.window.end_ns);
        let instants = instants.map(move |(_, start_ns)| begin_ns.saturating_add(start_ns));
        Some(instants.take_while(move |&start_ns| start_ns < end_ns))
    }

    fn latency(&self, name: &str, histogram: &Histogram<u64>) -> Option<Latency> {
        let latency = Latency::of(histogram)?;
        let known_to = if name == Metric::Delivery.name() {
            known_to(histogram, &self.censored_waits)
        } else {
            1.0
        };
        Some(Latency {
            lower_bound_above: (known_to < 1.0).then_some(known_to),
            ..latency
        })
    }

    fn throughput(&self, offered: Option<u64>) -> Throughput {
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
            started_streams_per_s: per_s(self.totals.streams_started),
            offered_streams_per_s: offered.map(per_s),
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

fn rfc3339(unix_ns: u64) -> String {
    let time: SystemTime = UNIX_EPOCH + Duration::from_nanos(unix_ns);
    humantime::format_rfc3339_millis(time).to_string()
}
