//! `GET /api/monitor`: what this process and its host are doing.

use std::ops::RangeInclusive;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use serde::Serialize;
use weir_sse::{Block, Stamp};
use weir_time::{Alarm, NANOS_PER_SEC};

use super::parameters::{is_stamped, last_event_id, retry_ms};
use crate::connection::body::Polled;
use crate::connection::gate::Gate;
use crate::core::shared::Snapshot;
use crate::core::thread::Core;
use crate::number;
use crate::request::bad_request::BadRequest;
use crate::request::call::{Call, FutureReply};
use crate::request::query::Query;
use crate::request::response;
use crate::stream::counted::{Source, counted};
use crate::stream::eventless;

/// From the ten milliseconds in which the kernel counts processor time to an hour.
const INTERVAL_NS: RangeInclusive<u64> = 10_000_000..=3_600_000_000_000;
const DEFAULT_INTERVAL_NS: u64 = 5_000_000_000;

/// Answers with the stream.
pub(crate) fn stream(call: &Call) -> FutureReply {
    let asked = match Asked::read(call) {
        Ok(asked) => asked,
        Err(refused) => return response::bad_request(&refused).into(),
    };
    let start_ns = call.start_ns;
    call.open(|ticket, gate| {
        let monitor = Monitor::new(&ticket.core, &asked, start_ns);
        counted(ticket, gate, monitor)
    })
    .into()
}

struct Asked {
    interval_ns: u64,
    /// Number of the first event: a monitor that comes back sees the present, under numbers it has not seen.
    first: u64,
    retry_ms: Option<u64>,
    stamped: bool,
}

impl Asked {
    fn read(call: &Call) -> Result<Self, BadRequest> {
        let headers = &call.head.headers;
        let mut query = Query::parse(call.head.uri.query())?;
        let asked = Self {
            interval_ns: query
                .read("interval", |value| {
                    number::millionths(value)
                        .filter(|interval_ns| INTERVAL_NS.contains(interval_ns))
                        .ok_or_else(|| "a number of milliseconds from 10 to 3600000".to_owned())
                })?
                .unwrap_or(DEFAULT_INTERVAL_NS),
            first: last_event_id(headers)?.map_or(0, |last| last.saturating_add(1)),
            retry_ms: retry_ms(&mut query)?,
            stamped: is_stamped(&mut query, headers)?,
        };
        query.finish()?;
        Ok(asked)
    }
}

/// What an event tells. Shares and rates are those since the event before it; the first one's are those since the
/// server started. Null is what the host does not tell.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Figures {
    time_ms: u64,
    /// Of one core: two busy cores are 200.
    cpu_percent: Option<f64>,
    memory_bytes: Option<u64>,
    /// Of all cores together.
    host_cpu_percent: Option<f64>,
    host_memory_used_bytes: Option<u64>,
    host_memory_total_bytes: Option<u64>,
    /// Open now, this one among them.
    streams: u64,
    events_per_s: f64,
    bytes_per_s: f64,
}

struct Monitor {
    alarm: Alarm,
    /// To be told first.
    retry_ms: Option<u64>,
    start_ns: u64,
    interval_ns: u64,
    first: u64,
    number: u64,
    /// Of the event before.
    before: Snapshot,
    figures: Figures,
    stamped: bool,
}

impl Monitor {
    fn new(core: &Core, asked: &Asked, start_ns: u64) -> Self {
        Self {
            alarm: core.timers.alarm(),
            retry_ms: asked.retry_ms,
            start_ns,
            interval_ns: asked.interval_ns,
            first: asked.first,
            number: asked.first,
            before: core.shared.start,
            figures: Figures::default(),
            stamped: asked.stamped,
        }
    }

    fn poll_bytes(&mut self, core: &Core, gate: &Gate, cx: &mut Context<'_>) -> Poll<Bytes> {
        if let Some(retry_ms) = self.retry_ms.take() {
            return Poll::Ready(eventless::retry(retry_ms));
        }
        ready!(gate.poll_open());
        let after_ns = (self.number - self.first).saturating_mul(self.interval_ns);
        let due_ns = self.start_ns.saturating_add(after_ns);
        let now_ns = ready!(self.alarm.poll_at(due_ns, cx));
        let bytes = self.event(core, due_ns, now_ns);
        self.number += 1;
        let stats = core.stats();
        stats.events.add(1);
        stats.lag.record(now_ns.saturating_sub(due_ns), 1);
        Poll::Ready(bytes)
    }

    fn event(&mut self, core: &Core, due_ns: u64, now_ns: u64) -> Bytes {
        let figures = self.figures(core, now_ns);
        let data = serde_json::to_string(&figures).expect("plain values are JSON");
        let mut out = Vec::new();
        if self.stamped {
            let mut line = [0; Stamp::LEN];
            let stamp = Stamp {
                seq: self.number,
                due_ns,
                sent_ns: now_ns,
            };
            stamp.write(&mut line);
            out.extend_from_slice(&line);
        }
        let block = Block {
            id: Some(&self.number.to_string()),
            data: Some(&data),
            ..Block::default()
        };
        block.encode(&mut out);
        out.into()
    }

    fn figures(&mut self, core: &Core, now_ns: u64) -> Figures {
        let (shared, now) = (&core.shared, core.snapshot(now_ns));
        if now.at_ns == self.before.at_ns && self.number > self.first {
            // Late events come at once: between two of them nothing can be measured.
            return self.figures;
        }
        let before = std::mem::replace(&mut self.before, now);
        let passed_s = now.at_ns.saturating_sub(before.at_ns).max(1) as f64 / NANOS_PER_SEC as f64;
        let usage = now.usage.zip(before.usage);
        self.figures = Figures {
            time_ms: now.at_ns / 1_000_000,
            cpu_percent: usage
                .map(|(now, before)| tenths(100.0 * (now.cpu_s - before.cpu_s) / passed_s)),
            memory_bytes: now.usage.map(|now| now.memory_bytes),
            host_cpu_percent: usage.map(|(now, before)| tenths(now.host_cpu_percent(&before))),
            host_memory_used_bytes: now.usage.map(|now| now.host_memory_used_bytes),
            host_memory_total_bytes: now.usage.map(|now| now.host_memory_total_bytes),
            streams: shared.open_streams(),
            events_per_s: tenths((now.events - before.events) as f64 / passed_s),
            bytes_per_s: tenths((now.bytes - before.bytes) as f64 / passed_s),
        };
        self.figures
    }
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

impl Source for Monitor {
    fn poll_next(&mut self, core: &Core, gate: &Gate, cx: &mut Context<'_>) -> Polled {
        self.poll_bytes(core, gate, cx).map(|bytes| Some(Ok(bytes)))
    }
}
