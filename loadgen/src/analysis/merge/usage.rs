//! What shards and their target used.

use crate::measure::Counters;
use crate::report::{Report, Resources, Served, TargetUse};

/// That of all generators together; of their hosts the busiest one, since shards may share one.
pub(super) fn resources(reports: &[&Report]) -> Resources {
    let mut sum = Resources::default();
    for report in reports {
        let Resources {
            cpu_user_s,
            cpu_sys_s,
            rss_peak_bytes,
            threads,
            host,
            cpu_ns_per_event: _,
        } = &report.resources;
        sum.cpu_user_s += cpu_user_s;
        sum.cpu_sys_s += cpu_sys_s;
        sum.rss_peak_bytes += rss_peak_bytes;
        sum.threads.extend(threads);
        let hosts = [sum.host, *host].into_iter().flatten();
        sum.host = hosts.max_by(|one, other| one.busy_ratio.total_cmp(&other.busy_ratio));
    }
    let events: u64 = reports.iter().map(|report| report.throughput.events).sum();
    let cpu_ns = (sum.cpu_user_s + sum.cpu_sys_s) * 1e9;
    sum.cpu_ns_per_event = (events > 0).then(|| cpu_ns / events as f64);
    sum
}

/// What embedded servers counted, if all were.
pub(super) fn served(reports: &[&Report]) -> Option<Served> {
    let servers: Option<Vec<Served>> = reports.iter().map(|report| report.server).collect();
    let servers = servers?;
    Some(Served {
        streams: servers.iter().map(|served| served.streams).sum(),
        events: servers.iter().map(|served| served.events).sum(),
    })
}

/// Whether all that watched their target watched the same.
pub(super) fn same_target(reports: &[&Report]) -> bool {
    let mut sources = reports.iter().filter_map(|report| report.target.as_ref());
    let first = sources.next().map(|target| &target.source);
    sources.all(|target| Some(&target.source) == first)
}

/// That of the one target, as the shards saw it: the most that any of them did, against all that the shards asked of it.
pub(super) fn target(reports: &[&Report], counters: &Counters) -> Option<TargetUse> {
    let mut seen = reports.iter().filter_map(|report| report.target.as_ref());
    let first = seen.next().filter(|_| same_target(reports))?;
    let mut whole = seen.fold(first.clone(), most);
    let open = whole
        .streams_open_peak
        .unwrap_or(counters.streams_open_peak);
    let growth = whole.rss_peak_bytes.zip(whole.rss_before_bytes);
    let growth = growth.map(|(peak, before)| peak.saturating_sub(before) as f64);
    let events = reports
        .iter()
        .map(|report| report.throughput.events)
        .sum::<u64>();
    whole.bytes_per_stream = growth
        .filter(|_| open > 0)
        .map(|growth| growth / open as f64);
    whole.cpu_ns_per_event = whole
        .cpu_s
        .filter(|_| events > 0)
        .map(|cpu_s| cpu_s * 1e9 / events as f64);
    Some(whole)
}

fn most(one: TargetUse, other: &TargetUse) -> TargetUse {
    let larger = |one: Option<f64>, other: Option<f64>| {
        let known = [one, other].into_iter().flatten();
        known.max_by(f64::total_cmp)
    };
    let least = [one.rss_before_bytes, other.rss_before_bytes];
    TargetUse {
        source: one.source,
        lost: one.lost.or_else(|| other.lost.clone()),
        cpu_s: larger(one.cpu_s, other.cpu_s),
        cpu_ns_per_event: None,
        rss_before_bytes: least.into_iter().flatten().min(),
        rss_peak_bytes: one.rss_peak_bytes.max(other.rss_peak_bytes),
        rss_after_bytes: one.rss_after_bytes.max(other.rss_after_bytes),
        streams_open_peak: one.streams_open_peak.max(other.streams_open_peak),
        bytes_per_stream: None,
        memory_returned: one
            .memory_returned
            .zip(other.memory_returned)
            .map(|(one, other)| one && other),
    }
}
