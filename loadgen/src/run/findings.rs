//! A run's report, made of all that came of it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::coordinator::{Collected, Ending};
use super::target_watch::Watched;
use crate::measure::{
    CohortShard, Counters, CpuTime, Metric, Rx, Totals, known_to, peak_rss_bytes,
};
use crate::plan::Plan;
use crate::report::{
    Encoded, ExpectedInterval, Headline, Latency, Machine, Note, Part, Report, Resources, SCHEMA,
    Served, ThreadUse, Throughput, Tool,
};
use crate::verdict::{Evidence, StartRates, Verdict};

/// All that came of a run.
pub(super) struct Findings {
    pub(super) collected: Collected,
    pub(super) ending: Ending,
    pub(super) target_is_local: bool,
    /// What the target used, where that was asked for.
    pub(super) watched: Option<Watched>,
    /// What a server in this process counted.
    pub(super) served: Option<Served>,
}

impl Findings {
    pub(super) fn report(mut self, plan: &Plan) -> Report {
        let whole = self.collected.aggregate.whole();
        let counters = Counters {
            streams_open_peak: self.collected.streams_open_peak,
            ..whole.net_counters()
        };
        let starts = self.starts(plan, &whole);
        let resources = self.resources(whole.totals.events);
        let verdict = self.verdict(&whole, &counters, starts, &resources);
        let watched = self.watched.take();
        let target = watched.map(|watched| {
            watched.sampled(&mut self.collected.intervals);
            watched.into_use(whole.totals.events)
        });
        let seen_periods = self.collected.results.seen_periods;
        let interval = plan.expect_interval;
        let expected_interval =
            interval.and_then(|given| ExpectedInterval::of(given, seen_periods));
        let due = self.collected.results.due;
        let report = Report {
            schema: SCHEMA.to_owned(),
            tool: Tool::this(),
            started_at: rfc3339(self.collected.begin_ns),
            plan: plan.clone(),
            machine: Machine::this(),
            rx: self.rx(),
            sequence: self.collected.results.sequence,
            due,
            expected_interval,
            interrupted: self.ending == Ending::Interrupted,
            given_up: self.ending == Ending::GivenUp,
            headline: Headline::default(),
            verdict,
            notes: Note::of(&counters, due, interval, expected_interval),
            errors: whole.errors.counts(),
            error_samples: whole.errors.samples(),
            throughput: self.throughput(whole.totals, starts.filter(|_| !plan.load.is_closed())),
            latency: latencies(&whole),
            cohorts: self.cohorts(plan),
            phases: self.phases(plan),
            resources,
            server: self.served,
            target,
            thresholds: Vec::new(),
            histograms: histograms(&whole),
            counters,
            merged_from: Vec::new(),
            aborted: match self.ending {
                Ending::Aborted(aborted) => Some(aborted),
                Ending::Planned | Ending::Interrupted | Ending::GivenUp => None,
            },
            intervals: self.collected.intervals,
            truth: self.collected.results.truth,
        };
        let thresholds = self.collected.live.judge(&report);
        report.judged(thresholds)
    }

    fn window_s(&self) -> f64 {
        self.collected.window.length_ns() as f64 / 1e9
    }

    fn rx(&self) -> Rx {
        if self.collected.results.kernel_rx {
            Rx::Kernel
        } else {
            Rx::User
        }
    }

    /// By name, where there are several.
    fn cohorts(&self, plan: &Plan) -> BTreeMap<String, Part> {
        let names = plan.load.cohorts();
        if names.len() < 2 {
            return BTreeMap::new();
        }
        let named = names.iter().zip(self.collected.aggregate.by_cohort());
        named
            .map(|(name, part)| ((*name).to_owned(), part_of(&part)))
            .collect()
    }

    /// In their order, where there are several.
    fn phases(&self, plan: &Plan) -> Vec<Part> {
        if plan.load.phases().len() < 2 {
            return Vec::new();
        }
        let phases = self.collected.aggregate.by_phase();
        phases.map(|part| part_of(&part)).collect()
    }

    fn verdict(
        &self,
        whole: &CohortShard,
        counters: &Counters,
        starts: Option<StartRates>,
        resources: &Resources,
    ) -> Verdict {
        let busy = resources.threads.iter().map(|thread| thread.busy_ratio);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Verdict::of(Evidence {
            counters,
            bank: &whole.bank,
            totals: whole.totals,
            starts,
            local_failures: whole.errors.local(),
            rx: self.rx(),
            optimised: Tool::is_optimised(),
            busiest_thread: busy.clone().fold(0.0, f64::max),
            share_of_host: busy.sum::<f64>() / cores as f64,
            clock_drift_ns: self.collected.clock_drift_ns,
            server_ahead_ns: self.collected.results.server_ahead_ns,
            host: self.collected.host.unwrap_or_default(),
            target_is_local: self.target_is_local,
        })
    }

    /// What was offered in the window and what became of it.
    fn starts(&self, plan: &Plan, whole: &CohortShard) -> Option<StartRates> {
        let window_s = self.window_s();
        let Some(arrivals) = plan.load.arrivals else {
            let (started, failed) = (whole.counters.streams_started, whole.errors.local());
            return (failed > 0).then(|| StartRates {
                offered: started,
                offered_s: window_s,
                started: started - failed,
                started_s: window_s,
            });
        };
        let Totals {
            streams_started: started,
            local_failures,
            ..
        } = whole.totals;
        let offered = self.collected.results.offered;
        let until = |last_ns: u64| {
            let mean_s = 1.0 / arrivals.rate_per_s;
            let last_ns = last_ns.max(self.collected.window.start_ns);
            let span_s = (last_ns - self.collected.window.start_ns) as f64 / 1e9 + mean_s;
            if offered.is_whole { span_s } else { window_s }
        };
        Some(StartRates {
            offered: offered.streams,
            offered_s: until(offered.last_ns),
            started: started.saturating_sub(local_failures),
            started_s: until(offered.last_ns.max(self.collected.results.last_start_ns)),
        })
    }

    fn throughput(&self, totals: Totals, starts: Option<StartRates>) -> Throughput {
        let window_s = self.window_s();
        let per_s = |count: u64| rate(count, window_s);
        Throughput {
            window_s,
            events: totals.events,
            events_per_s: per_s(totals.events),
            bytes_per_s: per_s(totals.bytes),
            streams_per_s: per_s(totals.streams_completed),
            started_streams_per_s: starts.map_or_else(
                || per_s(totals.streams_started),
                |starts| rate(starts.started, starts.started_s),
            ),
            offered_streams_per_s: starts.map(|starts| rate(starts.offered, starts.offered_s)),
        }
    }

    fn resources(&self, events: u64) -> Resources {
        let window_s = self.window_s();
        let cpu = &self.collected.results.cpu;
        let seconds = |part: fn(&CpuTime) -> u64| cpu.iter().map(part).sum::<u64>() as f64 / 1e9;
        let (cpu_user_s, cpu_sys_s) = (seconds(|cpu| cpu.user_ns), seconds(|cpu| cpu.system_ns));
        let busy = |cpu: &CpuTime| {
            if window_s > 0.0 {
                cpu.total_ns() as f64 / 1e9 / window_s
            } else {
                0.0
            }
        };
        Resources {
            cpu_user_s,
            cpu_sys_s,
            rss_peak_bytes: peak_rss_bytes(),
            threads: cpu
                .iter()
                .map(|cpu| ThreadUse {
                    busy_ratio: busy(cpu),
                })
                .collect(),
            host: self.collected.host,
            cpu_ns_per_event: (events > 0).then(|| (cpu_user_s + cpu_sys_s) * 1e9 / events as f64),
        }
    }
}

fn part_of(part: &CohortShard) -> Part {
    Part {
        counters: part.net_counters(),
        latency: latencies(part),
        histograms: histograms(part),
    }
}

fn latencies(part: &CohortShard) -> BTreeMap<Metric, Latency> {
    let recorded = part.bank.recorded();
    let latencies = recorded.filter_map(|(metric, histogram)| {
        let known_to = known_to(histogram, part.censored.of(metric));
        let latency = Latency {
            lower_bound_above: (known_to < 1.0).then_some(known_to),
            ..Latency::of(histogram)?
        };
        Some((metric, latency))
    });
    latencies.collect()
}

fn histograms(part: &CohortShard) -> BTreeMap<Metric, Encoded> {
    let recorded = part.bank.recorded();
    recorded
        .map(|(metric, histogram)| (metric, Encoded::of(histogram)))
        .collect()
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
