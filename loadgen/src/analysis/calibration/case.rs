//! What is measured: streams whose latencies are known beforehand.

use std::time::Duration;

use serde::Serialize;

use super::rates::Search;
use crate::measure::Metric;
use crate::seconds;

/// Of each stream, but in the search.
const EVENTS_PER_S: u32 = 100;

/// Opening a stream takes both ends of loopback some 100 us on one core: at this pace none starts late because of it.
const OPENING: Duration = Duration::from_micros(250);

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Runs of each case with each source of receive times.
    pub repeats: usize,
    /// Streams of the cases that inject something.
    streams: u32,
    /// Streams of the other cases; the last of them is the search's, too.
    loads: [u32; 4],
    /// For what a run begins with to be over.
    settling: Duration,
    window: Duration,
    /// Of a single stream, which has few events.
    long_window: Duration,
    /// Of the highest rate.
    pub search: Search,
}

impl Size {
    /// The longest windows, and the most runs, that take less than a minute together.
    pub const FULL: Self = Self {
        repeats: 2,
        streams: 100,
        loads: [1, 100, 500, 1_000],
        settling: Duration::from_millis(200),
        window: Duration::from_millis(1_000),
        long_window: Duration::from_millis(1_500),
        search: Search {
            from_events_per_s: 10_000,
            to_events_per_s: 640_000,
            bisections: 2,
        },
    };

    /// Enough to see that everything runs, in a few seconds.
    pub const SMOKE: Self = Self {
        repeats: 1,
        streams: 20,
        loads: [1, 5, 10, 20],
        settling: Duration::from_millis(100),
        window: Duration::from_millis(250),
        long_window: Duration::from_millis(250),
        search: Search {
            from_events_per_s: 1_000,
            to_events_per_s: 2_000,
            bisections: 1,
        },
    };

    /// The most streams at one time.
    #[must_use]
    pub fn most_streams(self) -> u32 {
        self.loads[3]
    }

    /// All cases, the injected answers first.
    #[must_use]
    pub fn cases(self) -> Vec<Case> {
        let injected = [
            injected_gaps(self),
            injected_first_event_delays(self),
            frozen_server(self),
        ];
        let loads = self.loads.map(|streams| load(self, streams));
        injected.into_iter().chain(loads).collect()
    }

    /// So many events a second in all, from as many streams as the greatest load has.
    #[must_use]
    pub fn at_rate(self, events_per_s: u64) -> Streams {
        let streams = self.most_streams();
        let each = events_per_s as f64 / f64::from(streams);
        Streams::new(self, streams, format!("rate={each:.3}"))
    }
}

/// One known answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Case {
    /// For programs.
    pub name: String,
    /// For people.
    pub summary: String,
    /// Events a second of all streams together, where nothing is injected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_per_s: Option<u64>,
    /// When the server is stopped, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freeze: Option<Freeze>,
    /// What is measured.
    #[serde(flatten)]
    pub streams: Streams,
    /// Which metrics the case is about.
    #[serde(skip)]
    pub metrics: &'static [Metric],
}

/// Streams of one kind, kept open for a while.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Streams {
    /// What the server is asked for.
    pub query: String,
    /// How many.
    #[serde(rename = "streams")]
    pub count: u32,
    /// Time before the measuring time, over which they are opened.
    #[serde(rename = "warmup_s", with = "seconds")]
    pub warmup: Duration,
    /// Measuring time.
    #[serde(rename = "window_s", with = "seconds")]
    pub window: Duration,
}

/// A stop of the server's process.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Freeze {
    /// From the beginning of the measuring time.
    #[serde(rename = "after_s", with = "seconds")]
    pub after: Duration,
    /// How long it is.
    #[serde(rename = "length_s", with = "seconds")]
    pub length: Duration,
}

fn injected_gaps(size: Size) -> Case {
    let query = format!("rate={EVENTS_PER_S}&stall=0.05:50");
    Case {
        name: "injected_gaps".to_owned(),
        summary: "injected gaps: a stall of 50 ms before 5 % of the events".to_owned(),
        events_per_s: None,
        freeze: None,
        streams: Streams::new(size, size.streams, query),
        metrics: &[Metric::Gap],
    }
}

fn injected_first_event_delays(size: Size) -> Case {
    let query = format!("ttfe=50&rate={EVENTS_PER_S}&events=20");
    Case {
        name: "injected_first_event_delays".to_owned(),
        summary: "injected first-event delays: 50 ms, streams of 20 events one after the other"
            .to_owned(),
        events_per_s: None,
        freeze: None,
        streams: Streams::new(size, size.streams, query),
        metrics: &[Metric::TtfeSent],
    }
}

fn frozen_server(size: Size) -> Case {
    const FREEZE: Freeze = Freeze {
        after: Duration::from_millis(100),
        length: Duration::from_millis(300),
    };
    let streams = Streams::steady(size, size.streams);
    Case {
        name: "frozen_server".to_owned(),
        summary: "frozen server: its process is stopped for 300 ms".to_owned(),
        events_per_s: None,
        freeze: Some(FREEZE),
        streams: Streams {
            window: size.window + FREEZE.length,
            ..streams
        },
        metrics: &[Metric::Delivery],
    }
}

fn load(size: Size, count: u32) -> Case {
    let (summary, window) = match count {
        1 => (
            format!("1 stream at {EVENTS_PER_S} events/s"),
            size.long_window,
        ),
        _ => (
            format!("{count} streams at {EVENTS_PER_S} events/s each"),
            size.window,
        ),
    };
    Case {
        name: format!("streams_{count}"),
        summary,
        events_per_s: Some(u64::from(count) * u64::from(EVENTS_PER_S)),
        freeze: None,
        streams: Streams {
            window,
            ..Streams::steady(size, count)
        },
        metrics: &[Metric::Gap, Metric::Delivery],
    }
}

impl Streams {
    fn steady(size: Size, count: u32) -> Self {
        Self::new(size, count, format!("rate={EVENTS_PER_S}"))
    }

    fn new(size: Size, count: u32, query: String) -> Self {
        Self {
            query,
            count,
            warmup: size.settling + OPENING * count,
            window: size.window,
        }
    }
}
