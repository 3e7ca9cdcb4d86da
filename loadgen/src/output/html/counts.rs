//! What was counted: streams and events, failures, and notes on them.

use maud::{Markup, html};

use super::facts::{self, Fact};
use super::{Run, page, tag};
use crate::measure::SequenceSource;
use crate::output::figures;
use crate::report::Report;

const COUNTS: [Fact; 11] = [
    ("streams", |report| Some(streams(report))),
    ("arrivals", arrivals),
    ("events", |report| Some(events(report))),
    ("sequence", |report| Some(sequence(report))),
    ("comments", |report| nonzero(report.counters.comments)),
    ("bytes", |report| {
        Some(figures::bytes(report.counters.bytes as f64))
    }),
    ("reads", |report| {
        Some(figures::count(report.counters.reads))
    }),
    ("events in one read with a later one", |report| {
        nonzero(report.counters.coalesced_events)
    }),
    ("reconnects", |report| nonzero(report.counters.reconnects)),
    ("events due that had not come", |report| {
        nonzero(report.counters.censored)
    }),
    ("streams without an answer", |report| {
        nonzero(report.counters.streams_unanswered)
    }),
];

pub(super) fn section(runs: &[Run<'_>]) -> Markup {
    html! {
        (page::section("errors", "Errors", &errors(runs)))
        (notes(runs))
        (page::section("counts", "Counted", &facts::table("counted", runs, &COUNTS)))
    }
}

fn errors(runs: &[Run<'_>]) -> Markup {
    if runs.iter().all(|run| run.report.errors.is_empty()) {
        return html! { p { "No stream failed." } };
    }
    let table = html! {
        table {
            thead { tr {
                th scope="col" { "kind" }
                th.figure scope="col" { "streams" }
                th scope="col" { "the first one" }
                @if runs.len() > 1 { th scope="col" { "run" } }
            } }
            tbody {
                @for (ink, run) in runs.iter().enumerate() {
                    @for (kind, count) in &run.report.errors {
                        tr {
                            th scope="row" { code { (kind.name()) } }
                            td.figure { (figures::count(*count)) }
                            td.words { (run.report.error_samples.get(kind).map_or("", String::as_str)) }
                            @if runs.len() > 1 { td { (tag(runs, ink)) } }
                        }
                    }
                }
            }
        }
    };
    page::wide("errors", &table)
}

fn notes(runs: &[Run<'_>]) -> Markup {
    if runs.iter().all(|run| run.report.notes.is_empty()) {
        return html! {};
    }
    let list = html! {
        ul {
            @for (ink, run) in runs.iter().enumerate() {
                @for note in &run.report.notes {
                    li { @if runs.len() > 1 { (tag(runs, ink)) ": " } (note.message) }
                }
            }
        }
    };
    page::section("notes", "Notes", &list)
}

fn streams(report: &Report) -> String {
    let counters = &report.counters;
    let parts = [
        (counters.streams_started, "started"),
        (counters.streams_completed, "completed"),
        (counters.streams_failed, "failed"),
        (counters.streams_cut, "cut at the end"),
        (counters.streams_open_peak, "open at most"),
    ];
    listed(&parts)
}

fn arrivals(report: &Report) -> Option<String> {
    let offered = report.throughput.offered_streams_per_s?;
    Some(format!(
        "{}/s offered, {}/s started, {} never",
        figures::rate(offered),
        figures::rate(report.throughput.started_streams_per_s),
        figures::count(report.counters.streams_unstarted)
    ))
}

fn events(report: &Report) -> String {
    let received = figures::count(report.counters.events);
    match report.server {
        Some(server) => format!(
            "{received} received of {} that the server sent",
            figures::count(server.events)
        ),
        None => format!("{received} received"),
    }
}

fn sequence(report: &Report) -> String {
    let by = match report.sequence {
        SequenceSource::None => return "no stamps or consecutive ids to tell losses by".to_owned(),
        SequenceSource::Ids => "ids",
        SequenceSource::Stamps => "stamps",
    };
    let counters = &report.counters;
    let parts = [
        (counters.lost, "lost"),
        (counters.duplicated, "duplicated"),
        (counters.reordered, "reordered"),
    ];
    format!("{}, by their {by}", listed(&parts))
}

fn listed(parts: &[(u64, &str)]) -> String {
    let parts = parts
        .iter()
        .map(|(count, name)| format!("{} {name}", figures::count(*count)));
    parts.collect::<Vec<_>>().join(", ")
}

fn nonzero(count: u64) -> Option<String> {
    (count > 0).then(|| figures::count(count))
}
