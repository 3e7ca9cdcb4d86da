//! What was asked for, and what measured it: a row for each thing, a column for each run.

use std::net::SocketAddr;
use std::time::Duration;

use maud::{Markup, html};

use super::{Run, page, tag};
use crate::measure::Rx;
use crate::output::{figures, text};
use crate::report::{Report, TargetUse};

/// What it is called, and what it is in a report.
pub(super) type Fact = (&'static str, fn(&Report) -> Option<String>);

const PLAN: [Fact; 16] = [
    ("URL", |report| Some(report.plan.target.url.clone())),
    ("addresses", addresses),
    ("load", |report| Some(text::load(&report.plan))),
    ("streams to finish", |report| {
        report.plan.load.total_streams.map(figures::count)
    }),
    ("measuring time", |report| report.plan.duration.map(seconds)),
    ("warm-up", |report| Some(seconds(report.plan.warmup))),
    ("events a stream", |report| {
        report.plan.events_per_stream.map(figures::count)
    }),
    ("expected interval", |report| {
        report.plan.expect_interval.map(seconds)
    }),
    ("method", |report| Some(report.plan.request.method.clone())),
    ("header fields", headers),
    ("body", |report| {
        let body = report.plan.request.body.as_ref()?;
        Some(figures::bytes(body.len() as f64))
    }),
    ("stamps", |report| {
        let asked = report.plan.request.stamp;
        Some(if asked { "asked for" } else { "not asked for" }.to_owned())
    }),
    ("timeouts", |report| Some(timeouts(report))),
    ("source addresses", local_addrs),
    ("threads", |report| Some(report.plan.threads.to_string())),
    ("seed", |report| Some(report.plan.load.seed.to_string())),
];

const MACHINE: [Fact; 11] = [
    ("started", |report| Some(report.started_at.clone())),
    ("weir", tool),
    ("kernel", |report| Some(report.machine.kernel.clone())),
    ("processor", |report| report.machine.cpu.clone()),
    ("cores", |report| Some(report.machine.cores.to_string())),
    ("memory", |report| {
        let bytes = report.machine.memory_bytes?;
        Some(figures::bytes(bytes as f64))
    }),
    ("receive times", |report| {
        let source = match report.rx {
            Rx::Kernel => "the kernel's",
            Rx::User => "taken in user space",
        };
        Some(source.to_owned())
    }),
    ("weir's processor time", |report| {
        let resources = &report.resources;
        let (user_s, sys_s) = (resources.cpu_user_s, resources.cpu_sys_s);
        Some(format!("{user_s:.2} s user, {sys_s:.2} s system"))
    }),
    ("of it for an event", |report| {
        let ns = report.resources.cpu_ns_per_event?;
        Some(figures::duration(ns as u64))
    }),
    ("weir's threads busy", |report| {
        let threads = report.resources.threads.iter();
        let busy: Vec<String> = threads
            .map(|thread| format!("{:.0} %", thread.busy_ratio * 100.0))
            .collect();
        (!busy.is_empty()).then(|| busy.join(", "))
    }),
    ("weir's memory at most", |report| {
        Some(figures::bytes(report.resources.rss_peak_bytes as f64))
    }),
];

const TARGET: [Fact; 9] = [
    ("figures from", |report| {
        Some(report.target.as_ref()?.source.clone())
    }),
    ("processor time", |report| {
        Some(format!("{:.2} s", report.target.as_ref()?.cpu_s?))
    }),
    ("of it for an event", |report| {
        let ns = report.target.as_ref()?.cpu_ns_per_event?;
        Some(figures::duration(ns as u64))
    }),
    ("memory before", |report| {
        memory(report, |target| target.rss_before_bytes)
    }),
    ("memory at most", |report| {
        memory(report, |target| target.rss_peak_bytes)
    }),
    ("memory after", |report| {
        memory(report, |target| target.rss_after_bytes)
    }),
    ("memory given back", |report| {
        let returned = report.target.as_ref()?.memory_returned?;
        Some(if returned { "most of it" } else { "no" }.to_owned())
    }),
    ("memory for a stream", |report| {
        report.target.as_ref()?.bytes_per_stream.map(figures::bytes)
    }),
    ("streams open at most", |report| {
        let peak = report.target.as_ref()?.streams_open_peak;
        peak.map(figures::count)
    }),
];

pub(super) fn section(runs: &[Run<'_>]) -> Markup {
    html! {
        (page::section("plan", "Plan", &table("plan", runs, &PLAN)))
        @if runs.iter().any(|run| run.report.target.is_some()) {
            (page::section("target", "Target", &table("target", runs, &TARGET)))
        }
        (page::section("machine", "Machine", &table("machine", runs, &MACHINE)))
    }
}

/// A row for each fact that any run has; where runs differ it is marked.
pub(super) fn table(label: &str, runs: &[Run<'_>], facts: &[Fact]) -> Markup {
    let row = |(name, fact): &Fact| {
        let found: Vec<Option<String>> = runs.iter().map(|run| fact(run.report)).collect();
        found.iter().any(Option::is_some).then_some((*name, found))
    };
    let rows: Vec<(&str, Vec<Option<String>>)> = facts.iter().filter_map(row).collect();
    let table = html! {
        table.facts.of-one[runs.len() == 1] {
            @if runs.len() > 1 {
                thead { tr {
                    td {}
                    @for ink in 0..runs.len() { th scope="col" { (tag(runs, ink)) } }
                } }
            }
            tbody {
                @for (name, found) in rows {
                    tr.differs[found.iter().any(|other| *other != found[0])] {
                        th scope="row" { (name) }
                        @for value in found { td { (value.unwrap_or_default()) } }
                    }
                }
            }
        }
    };
    page::wide(label, &table)
}

fn seconds(duration: Duration) -> String {
    format!("{duration:?}")
}

/// The first of them, since a host may have many.
fn addresses(report: &Report) -> Option<String> {
    let addrs = &report.plan.target.addrs;
    let first = addrs.first().map(SocketAddr::to_string)?;
    Some(match addrs.len() {
        1 => first,
        more => format!("{first} and {} more", more - 1),
    })
}

/// By name only: what they say may be secret, and pages are passed on.
fn headers(report: &Report) -> Option<String> {
    let names = report.plan.request.headers.iter();
    let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn timeouts(report: &Report) -> String {
    let timeouts = &report.plan.timeouts;
    let limits = [
        ("connect", timeouts.connect),
        ("first event", timeouts.first_event),
        ("idle", timeouts.idle),
    ];
    let limits = limits.map(|(name, limit)| {
        let limit = limit.map_or_else(|| "none".to_owned(), seconds);
        format!("{name} {limit}")
    });
    limits.join(", ")
}

fn local_addrs(report: &Report) -> Option<String> {
    let addrs = &report.plan.local_addrs;
    let (first, last) = (addrs.first()?, addrs.last()?);
    Some(match addrs.len() {
        1 => first.to_string(),
        count => format!("{count}, {first} to {last}"),
    })
}

fn tool(report: &Report) -> Option<String> {
    let tool = &report.tool;
    Some(format!(
        "{}, revision {}, {} build",
        tool.version, tool.revision, tool.build
    ))
}

fn memory(report: &Report, of: fn(&TargetUse) -> Option<u64>) -> Option<String> {
    let bytes = of(report.target.as_ref()?)?;
    Some(figures::bytes(bytes as f64))
}
