//! `GET /metrics`: the server's counts, in the text format of Prometheus or, for who accepts it, that of OpenMetrics.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use crate::core::shared::Shared;
use crate::core::stats::{Lag, Reached, Stats};
use crate::core::usage::{self, Usage};
use crate::request::call::{Call, FutureReply};
use crate::request::response;

const NANOS: f64 = 1e9;

/// Answers with all of them.
pub(crate) fn answer(call: &Call) -> FutureReply {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Scrape(Arc::clone(&call.core.shared))));
    let mut text = String::new();
    encode(&mut text, &registry).expect("a string takes any text");
    let accepted = call.head.headers.get(ACCEPT);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    let (text, content_type) = if accepted.is_some_and(|types| types.contains(OPEN_METRICS)) {
        let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        (text, content_type)
    } else {
        (
            prometheus(&text),
            "text/plain; version=0.0.4; charset=utf-8",
        )
    };
    let mut reply = response::text(text);
    let content_type = HeaderValue::from_static(content_type);
    reply.headers_mut().insert(CONTENT_TYPE, content_type);
    reply.into()
}

const OPEN_METRICS: &str = "application/openmetrics-text";

/// The text format of Prometheus, from that of OpenMetrics: it knows neither units nor an end, and counters have the
/// name of their samples (OpenMetrics 1.0, "Compatibility").
fn prometheus(open_metrics: &str) -> String {
    let type_line = |line: &str| -> Option<String> {
        let name = line.strip_prefix("# TYPE ")?.strip_suffix(" counter")?;
        Some(name.to_owned())
    };
    let counters: HashSet<String> = open_metrics.lines().filter_map(type_line).collect();
    let known = |line: &&str| !line.starts_with("# UNIT ") && *line != "# EOF";
    let mut text = String::new();
    for line in open_metrics.lines().filter(known) {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", what, name, rest] if counters.contains(name) => {
                text.push_str(&format!("# {what} {name}_total {rest}\n"));
            }
            _ => text.push_str(&format!("{line}\n")),
        }
    }
    text
}

/// Reads the counts when it is asked for them.
struct Scrape(Arc<Shared>);

impl fmt::Debug for Scrape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scrape")
    }
}

/// A count, its help, and how a core has it.
type CountOf = (&'static str, &'static str, fn(&Stats) -> u64);

const COUNTS: &[CountOf] = &[
    (
        "weir_connections_accepted",
        "Connections accepted",
        |core| core.connections.get(),
    ),
    (
        "weir_handshakes_failed",
        "Connections that spoke no TLS, or none that is spoken here",
        |core| core.handshakes_failed.get(),
    ),
    ("weir_streams_opened", "Event streams opened", |core| {
        core.streams_opened.get()
    }),
    (
        "weir_streams_refused",
        "Event streams refused, as many being open as may be",
        |core| core.reached.streams.get() + core.reached.streams_per_address.get(),
    ),
    ("weir_events_sent", "Events handed to the sockets", |core| {
        core.events.get()
    }),
    (
        "weir_sent_bytes",
        "Bytes of event streams handed to the sockets",
        |core| core.bytes.get(),
    ),
    (
        "weir_events_dropped",
        "Events that slow subscribers have lost",
        |core| core.dropped.get(),
    ),
    (
        "weir_subscribers_overrun",
        "Subscribers disconnected for being slow",
        |core| core.overrun.get(),
    ),
];

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, of) in COUNTS {
            let total = ConstCounter::new(self.0.total(of));
            put(&mut encoder, name, help, None, &total)?;
        }
        limits(&mut encoder, &self.0.stats)?;
        let open = self.0.open_streams();
        let help = "Event streams that are open";
        put(
            &mut encoder,
            "weir_streams_open",
            help,
            None,
            &ConstGauge::new(open),
        )?;
        lag(&mut encoder, &self.0.stats)?;
        process(&mut encoder)
    }
}

fn put(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    metric: &impl EncodeMetric,
) -> fmt::Result {
    let encoder = encoder.encode_descriptor(name, help, unit, metric.metric_type())?;
    metric.encode(encoder)
}

fn limits(encoder: &mut DescriptorEncoder<'_>, cores: &[Stats]) -> fmt::Result {
    let help = "How often a limit on what clients may take was reached";
    let name = "weir_limit_reached";
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    let mut total = Reached::default().by_limit();
    for core in cores {
        for ((_, total), (_, count)) in total.iter_mut().zip(core.reached.by_limit()) {
            *total += count;
        }
    }
    for (limit, count) in total {
        let labels = [("limit", limit)];
        ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

fn lag(encoder: &mut DescriptorEncoder<'_>, cores: &[Stats]) -> fmt::Result {
    let mut classes = [0; Lag::CLASSES];
    for core in cores {
        for (total, count) in classes.iter_mut().zip(core.lag.classes()) {
            *total += count;
        }
    }
    let ends_s =
        (0..).map(|class| Lag::end_ns(class).map_or(f64::INFINITY, |end| end as f64 / NANOS));
    let buckets: Vec<(f64, u64)> = ends_s.zip(classes).collect();
    let sum_s: f64 = cores
        .iter()
        .map(|core| core.lag.sum_ns() as f64 / NANOS)
        .sum();
    let help = "How long after it was due an event was sent";
    encoder
        .encode_descriptor(
            "weir_server_lag",
            help,
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?
        .encode_histogram::<NoLabelSet>(sum_s, classes.iter().sum(), &buckets, None)
}

/// By the names that Prometheus' own client libraries have for them.
fn process(encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    if let Ok(usage) = Usage::take() {
        let cpu = ConstCounter::new(usage.cpu_s);
        let help = "Processor time used, user and system";
        put(encoder, "process_cpu", help, Some(&Unit::Seconds), &cpu)?;
        let memory = ConstGauge::new(usage.memory_bytes);
        let help = "Resident memory";
        put(
            encoder,
            "process_resident_memory",
            help,
            Some(&Unit::Bytes),
            &memory,
        )?;
    }
    if let Ok(open) = usage::open_files() {
        let help = "File descriptors in use";
        put(
            encoder,
            "process_open_fds",
            help,
            None,
            &ConstGauge::new(open as u64),
        )?;
    }
    Ok(())
}
