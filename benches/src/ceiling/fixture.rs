//! What tests are about: the usual settings, and rounds of round figures.

use clap::Parser;

use super::args::Args;
use super::round::{Loaded, Memory, Moved, Pacing, Round};
use super::settings::{Pair, Settings};
use super::side::{Lag, Resident};
use crate::bare::{CpuTime, Flood, Received, Tally};

pub(super) fn settings() -> Settings {
    Args::parse_from(["ceiling"]).settings()
}

pub(super) fn load(batch: usize) -> Flood {
    Flood {
        streams: 1,
        batch,
        stamped: true,
    }
}

/// Each pair moved so many events.
pub(super) fn loaded(batch: usize, events: &[(Pair, u64)]) -> Loaded {
    let moved = events.iter().map(|&(pair, events)| (pair, moved(events)));
    Loaded {
        load: load(batch),
        moved: moved.collect(),
        burn_ns_per_event: None,
    }
}

/// In two seconds and a hundred reads, for which the server's processor worked one second and the client's two.
fn moved(events: u64) -> Moved {
    let tally = |cpu_s: f64| Tally {
        events,
        bytes: events * 1_000,
        seconds: 2.0,
        cpu: CpuTime {
            user_s: cpu_s / 4.0,
            system_s: cpu_s * 3.0 / 4.0,
        },
    };
    Moved {
        sent: tally(1.0),
        received: Received {
            measured: tally(2.0),
            events,
            events_per_read: events as f64 / 100.0,
        },
    }
}

/// 10 KiB a stream of weir-server, 2 of weir, 1 of the loop and a half of the sink; lags of 100 us and 1 ms, of the timer
/// 5 and 50 us.
pub(super) fn round(loads: Vec<Loaded>) -> Round {
    let streams = 8;
    let resident = |added_bytes: u64| Resident {
        before_bytes: 1_000_000,
        open_bytes: 1_000_000 + added_bytes,
    };
    let lag = |p50_us: u64| Lag {
        count: 100,
        p50_ns: p50_us * 1_000,
        p99_ns: p50_us * 10_000,
    };
    Round {
        loads,
        memory: Memory {
            streams,
            weir_server: resident(80 << 10),
            sink: resident(4 << 10),
            write_loop: resident(8 << 10),
            weir: resident(16 << 10),
        },
        pacing: Pacing {
            streams,
            rate_per_s: 10,
            server_lag: lag(100),
            timer_lag: lag(5),
        },
    }
}
