//! What was typed, and what it comes to.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use serde::{Deserialize, Serialize};

use crate::bare::{Chunk, Flood};

/// Streams and events per write of each load: a write per event (the kernel's game), some batching, and writes as large as
/// still pay (59 KB), which few streams are enough for.
const LOADS: [(u32, usize); 3] = [(1_000, 1), (1_000, 64), (100, 500)];

/// Enough to see that all parties get events, on a busy machine too.
const SMOKE_STREAMS: u32 = 10;
const SMOKE_DURATION_S: f64 = 0.5;

/// Part of a measurement's length for which clients read before it: at the usual 2 s this is half a second, where socket
/// buffers on loopback reach their size within some ten round trips.
const WARMUP_SHARE: u32 = 4;

/// Measures weir-server and weir against a bare write loop and a bare epoll sink.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// Rounds, each of every load and pair
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Length of each measurement
    #[arg(long, default_value = "2", value_parser = seconds, value_name = "S")]
    seconds: f64,
    /// Streams of every load [default: 1000, 1000 and 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    streams: Option<u32>,
    /// Events without stamps: the same bytes over and over
    #[arg(long)]
    plain: bool,
    /// One short round of few streams: whether everything runs, not how fast
    #[arg(long, conflicts_with_all = ["rounds", "seconds", "streams"])]
    smoke: bool,
    /// Write the record, raw figures included, to a file
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
}

/// What the binary runs itself as.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Plays one side of one measurement
    #[command(hide = true)]
    Role {
        /// Which, and under what load, as JSON
        part: String,
    },
}

/// What is measured.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) rounds: u32,
    pub(super) loads: Vec<Load>,
}

/// What every pair is measured under.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Load {
    #[serde(flatten)]
    pub(super) flood: Flood,
    /// Length of the measurement, without the warm-up.
    pub(super) duration_s: f64,
}

impl Load {
    pub(super) fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.duration_s)
    }

    pub(super) fn warmup(&self) -> Duration {
        self.duration() / WARMUP_SHARE
    }
}

/// How `weir-server` is asked for the events that the write loop sends unasked: path and query.
#[must_use]
pub fn weir_server_path(flood: Flood) -> String {
    let Flood { batch, stamped, .. } = flood;
    let size_bytes = Chunk::data_bytes(stamped);
    let stamp = u8::from(stamped);
    format!("/sse?rate=0&ids=0&size={size_bytes}&batch={batch}&stamp={stamp}")
}

impl Args {
    pub(super) fn settings(&self) -> Settings {
        let (rounds, duration_s, streams) = if self.smoke {
            (1, SMOKE_DURATION_S, Some(SMOKE_STREAMS))
        } else {
            (self.rounds, self.seconds, self.streams)
        };
        let load = |(usual, batch)| Load {
            flood: Flood {
                streams: streams.unwrap_or(usual) as usize,
                batch,
                stamped: !self.plain,
            },
            duration_s,
        };
        Settings {
            rounds,
            loads: LOADS.map(load).to_vec(),
        }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|&seconds| seconds > 0.0 && Duration::try_from_secs_f64(seconds).is_ok())
        .ok_or_else(|| "a number of seconds above 0".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn smoke_is_short_and_the_usual_is_not() {
        let usual = Args::parse_from(["ceiling"]).settings();
        assert_eq!((usual.rounds, usual.loads.len()), (5, 3));
        assert!(
            usual
                .loads
                .iter()
                .all(|load| load.duration() == Duration::from_secs(2))
        );
        let smoke = Args::parse_from(["ceiling", "--smoke"]).settings();
        assert_eq!((smoke.rounds, smoke.loads.len()), (1, 3));
        assert!(
            smoke
                .loads
                .iter()
                .all(|load| load.flood.streams == SMOKE_STREAMS as usize)
        );
    }

    #[test]
    fn weir_server_is_asked_for_events_of_the_same_size() {
        let of = |args: &[&str]| weir_server_path(Args::parse_from(args).settings().loads[1].flood);
        assert_eq!(
            of(&["ceiling"]),
            "/sse?rate=0&ids=0&size=55&batch=64&stamp=1"
        );
        assert_eq!(
            of(&["ceiling", "--plain"]),
            "/sse?rate=0&ids=0&size=110&batch=64&stamp=0"
        );
    }

    #[test]
    fn what_would_measure_nothing_is_refused() {
        for (flag, value) in [
            ("--seconds", "0"),
            ("--seconds", "-1"),
            ("--seconds", "inf"),
            ("--seconds", "NaN"),
            ("--rounds", "0"),
            ("--streams", "0"),
        ] {
            let typed = Args::try_parse_from(["ceiling", flag, value]);
            assert!(typed.is_err(), "{flag} {value}");
        }
    }
}
