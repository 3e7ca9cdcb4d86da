//! What was typed, and what it comes to.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

use super::settings::{Load, Pair, Settings, Span};
use crate::bare::Flood;

/// A load as it is measured unless the run is a smoke test.
struct Usual {
    streams: usize,
    /// Events per write.
    batch: usize,
    pairs: &'static [Pair],
}

/// A write per event (the kernel's game), for weir with many streams too; some batching; and writes as large as still pay
/// (59 KB), which few streams are enough for.
const LOADS: [Usual; 4] = [
    Usual {
        streams: 1_000,
        batch: 1,
        pairs: &Pair::ALL,
    },
    Usual {
        streams: 10_000,
        batch: 1,
        pairs: &[Pair::Bare, Pair::Client],
    },
    Usual {
        streams: 1_000,
        batch: 64,
        pairs: &Pair::ALL,
    },
    Usual {
        streams: 100,
        batch: 500,
        pairs: &Pair::ALL,
    },
];

/// Idle streams, whose memory is weighed.
const IDLE_STREAMS: usize = 10_000;

/// Streams that are paced, at [`PACED_RATE`].
const PACED_STREAMS: usize = 1_000;

/// A smoke test has this part of all streams: enough to see that all parties get events, on a busy machine too.
const SMOKE_PART: usize = 100;
const SMOKE_DURATION_S: f64 = 0.2;

/// Measures weir-server and weir against a bare write loop and a bare epoll sink.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// Rounds, each of everything that is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Length of each measurement
    #[arg(long, default_value = "2", value_parser = seconds, value_name = "S")]
    seconds: f64,
    /// Events without stamps: the same bytes over and over
    #[arg(long)]
    plain: bool,
    /// One short round of few streams: whether everything runs, not how fast
    #[arg(long, conflicts_with_all = ["rounds", "seconds"])]
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
        /// Which, and for how long, as JSON
        part: String,
    },
}

impl Args {
    pub(super) fn settings(&self) -> Settings {
        let (rounds, duration_s, part) = if self.smoke {
            (1, SMOKE_DURATION_S, SMOKE_PART)
        } else {
            (self.rounds, self.seconds, 1)
        };
        let load = |usual: Usual| Load {
            flood: Flood {
                streams: usual.streams / part,
                batch: usual.batch,
                stamped: !self.plain,
            },
            pairs: usual.pairs,
        };
        Settings {
            smoke: self.smoke,
            rounds,
            span: Span { duration_s },
            loads: LOADS.map(load).to_vec(),
            idle_streams: IDLE_STREAMS / part,
            paced_streams: PACED_STREAMS / part,
            stamped: !self.plain,
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
        let of = |args: &[&str]| {
            let settings = Args::parse_from(args).settings();
            let streams = settings.loads.iter().map(|load| load.flood.streams);
            let streams: Vec<usize> = streams.chain([settings.idle_streams]).collect();
            (settings.rounds, settings.span.duration_s, streams)
        };
        let usual = vec![1_000, 10_000, 1_000, 100, 10_000];
        assert_eq!(of(&["ceiling"]), (5, 2.0, usual));
        let smoke = vec![10, 100, 10, 1, 100];
        assert_eq!(of(&["ceiling", "--smoke"]), (1, 0.2, smoke));
    }

    #[test]
    fn what_would_measure_nothing_is_refused() {
        for (flag, value) in [
            ("--seconds", "0"),
            ("--seconds", "-1"),
            ("--seconds", "inf"),
            ("--seconds", "NaN"),
            ("--rounds", "0"),
        ] {
            let typed = Args::try_parse_from(["ceiling", flag, value]);
            assert!(typed.is_err(), "{flag} {value}");
        }
    }
}
