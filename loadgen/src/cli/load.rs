//! What load a run puts on its target: the flags that `weir run` shares with what makes runs of its own.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use weir_time::parse_duration;

use super::request::RequestArgs;
use super::{UsageError, units};
use crate::campaign::cores;
use crate::load::{Arrivals, Load, Process};
use crate::plan::{Settings, Target, TargetFigures, Timeouts, Url};
use crate::preflight;

/// Streams kept open when nothing is said: of a server of our own, and of somebody else's.
const EMBEDDED_STREAMS: u32 = 1_000;
const REMOTE_STREAMS: u32 = 10;
const DURATION: Duration = Duration::from_secs(10);
const WARMUP: Duration = Duration::from_secs(1);
/// What a stream takes to be opened, on both ends of loopback on one core, twice over: 5,000 a second leave time to start
/// each of them when it is meant to.
const OPENING: Duration = Duration::from_micros(200);

#[derive(Debug, Args)]
pub(super) struct LoadArgs {
    /// Streams kept open (closed model): when one ends the next begins [default: 1000 embedded, 10 for a URL]. With -r,
    /// the most that are open at one time [default: what this machine can hold].
    #[arg(short = 'c', long, value_name = "N", value_parser = units::streams)]
    streams: Option<u32>,
    /// Streams that arrive a second, in total, whatever becomes of those before (open model).
    #[arg(short, long, value_name = "R", value_parser = units::rate)]
    rate: Option<f64>,
    /// How arrivals are spread: poisson, as those of many users are, or uniform, one every 1/R [default: poisson].
    #[arg(
        long,
        value_name = "PROCESS",
        requires = "rate",
        hide_possible_values = true
    )]
    arrivals: Option<Process>,
    /// Measuring time, after the warm-up [default: 10s, or no limit with -n].
    #[arg(short, long, value_name = "TIME", value_parser = units::positive_duration)]
    duration: Option<Duration>,
    /// Streams to finish; the run ends when they have.
    #[arg(short = 'n', long, value_name = "N", value_parser = units::count)]
    total: Option<u64>,
    /// Time before the measuring time, over which the streams of -c are opened evenly [default: 1s, more for over 5000
    /// streams, or 0 with -n].
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    warmup: Option<Duration>,
    /// End each stream from here after so many events.
    #[arg(short, long, value_name = "N", value_parser = units::count)]
    events: Option<u64>,
    #[command(flatten)]
    request: RequestArgs,
    /// The period of a server without stamps: delivery then counts from an even schedule, fitted to what comes (by numeric ids where
    /// they count) as long as that is within a quarter of it; the report says which period was seen.
    #[arg(long, value_name = "TIME", value_parser = units::positive_duration)]
    expect_interval: Option<Duration>,
    /// Report what this process, the target, uses: processor time and memory, a second, a stream and an event.
    #[arg(long, value_name = "PID", conflicts_with = "server_metrics", value_parser = clap::value_parser!(u32).range(1..))]
    server_pid: Option<u32>,
    /// The same, of a target whose metrics Prometheus can read: http://host:port/metrics.
    #[arg(long, value_name = "URL")]
    server_metrics: Option<String>,
    /// Source addresses, taken in turn: 127.0.0.2,127.0.0.3 or 127.0.0.2-127.0.0.9. Each has some 28,000 ports for a
    /// target, and the first 14,000 are found quickly.
    #[arg(long, value_name = "A[,A|A-B]", value_parser = units::addresses)]
    local_addr: Option<units::Addresses>,
    /// Worker threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Give up connecting after this long; 0 for never.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    timeout_connect: Duration,
    /// Give a stream up that has no event this long after its request; 0 for never.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_duration)]
    timeout_first_event: Duration,
    /// Give a stream up that sends no byte for this long, not even a comment; 0 for never.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_duration)]
    timeout_idle: Duration,
    /// Seed of everything random (when streams start).
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

impl LoadArgs {
    /// The plan of a run against `target`.
    pub(super) async fn plan(
        &self,
        target: Target,
        embedded: bool,
    ) -> Result<Settings, UsageError> {
        self.planned(Settings {
            embedded,
            watch: self.watch(embedded).await?,
            request: self.request.request()?,
            ..Settings::new(target)
        })
    }

    /// `plan`, which says what is asked of whom, with all that was typed beside.
    fn planned(&self, plan: Settings) -> Result<Settings, UsageError> {
        let limit = |timeout: Duration| (!timeout.is_zero()).then_some(timeout);
        let plan = Settings {
            load: Load {
                arrivals: self.arrivals(),
                total_streams: self.total,
                seed: self.seed,
                ..plan.load
            },
            duration: self.duration.or(self.total.is_none().then_some(DURATION)),
            events_per_stream: self.events,
            expect_interval: self.expect_interval,
            timeouts: Timeouts {
                connect: limit(self.timeout_connect),
                first_event: limit(self.timeout_first_event),
                idle: limit(self.timeout_idle),
            },
            target: self.reachable(plan.target)?,
            local_addrs: self.local_addr.clone().unwrap_or_default().0,
            threads: self.threads(),
            ..plan
        };
        let streams = self.streams(&plan);
        Ok(self.of_streams(plan, streams))
    }

    /// A plan with so many streams instead, and the warm-up that they need.
    pub(super) fn of_streams(&self, plan: Settings, streams: u32) -> Settings {
        let (warmup, opening) = self.beginning(streams, !plan.load.is_closed());
        Settings {
            load: Load {
                streams,
                opening,
                ..plan.load
            },
            warmup,
            threads: self.threads().min(streams as usize),
            ..plan
        }
    }

    /// A plan with so many arrivals a second instead, and room for them.
    pub(super) fn of_arrivals(&self, plan: Settings, rate_per_s: f64) -> Settings {
        let process = plan.load.arrivals.map(|arrivals| arrivals.process);
        let arrivals = Arrivals {
            rate_per_s,
            process: process.unwrap_or(Process::Poisson),
        };
        let plan = Settings {
            load: Load {
                arrivals: Some(arrivals),
                ..plan.load
            },
            ..plan
        };
        let streams = self.streams(&plan);
        self.of_streams(plan, streams)
    }

    /// The first flag typed that says how long a run is, or how much load it makes, which a search says of its trials.
    pub(super) fn fixed(&self, streams_vary: bool) -> Option<&'static str> {
        let flags = [
            (self.duration.is_some(), "-d"),
            (self.total.is_some(), "-n"),
            (streams_vary && self.streams.is_some(), "-c"),
            (self.rate.is_some() && streams_vary, "-r"),
        ];
        let typed = flags.into_iter().find(|(is_typed, _)| *is_typed);
        typed.map(|(_, flag)| flag)
    }

    /// What `-r` says.
    pub(super) fn rate(&self) -> Option<f64> {
        self.rate
    }

    async fn watch(&self, embedded: bool) -> Result<Option<TargetFigures>, UsageError> {
        let metrics = self.server_metrics.as_deref().map(Url::parse);
        let metrics = metrics.transpose().map_err(UsageError::Metrics)?;
        match (self.server_pid, metrics) {
            (None, None) => Ok(None),
            _ if embedded => Err(UsageError::WatchEmbedded),
            (Some(pid), _) => Ok(Some(TargetFigures::Pid(pid))),
            (None, Some(url)) => {
                let target = url.lookup().await.map_err(UsageError::Metrics)?;
                Ok(Some(TargetFigures::Metrics(target)))
            }
        }
    }

    fn streams(&self, plan: &Settings) -> u32 {
        let usual = || match (plan.load.arrivals, plan.embedded) {
            (Some(_), _) => preflight::most_streams(plan),
            (None, true) => EMBEDDED_STREAMS,
            (None, false) => REMOTE_STREAMS,
        };
        let total = self
            .total
            .map_or(u32::MAX, |total| u32::try_from(total).unwrap_or(u32::MAX));
        self.streams.unwrap_or_else(usual).min(total)
    }

    fn arrivals(&self) -> Option<Arrivals> {
        self.rate.map(|rate_per_s| Arrivals {
            rate_per_s,
            process: self.arrivals.unwrap_or(Process::Poisson),
        })
    }

    /// The warm-up, and what of it or beyond it the streams are opened over.
    fn beginning(&self, streams: u32, is_open: bool) -> (Duration, Duration) {
        let opening = if is_open {
            Duration::ZERO
        } else {
            OPENING * streams
        };
        let usual = match self.total {
            None => WARMUP.max(opening),
            Some(_) => Duration::ZERO,
        };
        let warmup = self.warmup.unwrap_or(usual);
        let asked = Some(warmup).filter(|warmup| !warmup.is_zero());
        (warmup, asked.unwrap_or(opening))
    }

    /// `target` as far as the source addresses can reach it.
    fn reachable(&self, target: Target) -> Result<Target, UsageError> {
        let Some(units::Addresses(locals)) = &self.local_addr else {
            return Ok(target);
        };
        let reach =
            |addr: &SocketAddr| locals.iter().all(|local| local.is_ipv4() == addr.is_ipv4());
        let addrs: Vec<SocketAddr> = target.addrs.iter().copied().filter(reach).collect();
        if addrs.is_empty() {
            return Err(UsageError::AddressFamily {
                locals: locals.clone(),
                addrs: target.addrs,
            });
        }
        Ok(Target { addrs, ..target })
    }

    /// Worker threads, and those of an embedded server.
    pub(super) fn threads(&self) -> usize {
        self.threads.map_or_else(cores, usize::from)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        url: Option<String>,
        #[command(flatten)]
        load: LoadArgs,
    }

    fn line(line: &[&str]) -> Line {
        Line::try_parse_from([&["run"], line].concat()).unwrap()
    }

    fn target() -> Target {
        Target::literal("http://127.0.0.1:1/").unwrap()
    }

    fn planned(load: &LoadArgs, target: Target, embedded: bool) -> Result<Settings, UsageError> {
        load.planned(Settings {
            embedded,
            ..Settings::new(target)
        })
    }

    fn plan(words: &[&str]) -> Settings {
        let Line { url, load } = line(words);
        planned(&load, target(), url.is_none()).unwrap()
    }

    #[test]
    fn defaults_depend_on_what_ends_the_run_and_on_whose_server_it_is() {
        let embedded = plan(&[]);
        assert_eq!(
            (embedded.load.streams, embedded.duration, embedded.warmup),
            (1_000, Some(DURATION), WARMUP)
        );
        assert_eq!(plan(&["http://h/"]).load.streams, 10);
        let counted = plan(&["http://h/", "-n", "5"]);
        assert_eq!(
            (counted.load.streams, counted.load.total_streams),
            (5, Some(5))
        );
        assert_eq!((counted.duration, counted.warmup), (None, Duration::ZERO));
        assert_eq!(
            plan(&["http://h/", "-n", "5", "-d", "2s"]).duration,
            Some(Duration::from_secs(2))
        );
    }

    #[test]
    fn streams_are_opened_no_faster_than_can_be_kept_up_with_unless_that_is_asked_for() {
        let beginning = |words: &[&str]| {
            let plan = plan(words);
            (plan.warmup.as_millis(), plan.load.opening.as_millis())
        };
        assert_eq!(beginning(&["http://h/", "-c", "500"]), (1_000, 1_000));
        assert_eq!(beginning(&["http://h/", "-c", "15k"]), (3_000, 3_000));
        let asked = ["http://h/", "-c", "15k", "--warmup", "1s"];
        assert_eq!(beginning(&asked), (1_000, 1_000));
        assert_eq!(
            beginning(&["http://h/", "-c", "5k", "-n", "5k"]),
            (0, 1_000)
        );
    }

    #[test]
    fn a_rate_makes_streams_the_most_there_are_at_one_time() {
        let open = plan(&["http://h/", "-r", "1.5k"]);
        let arrivals = Arrivals {
            rate_per_s: 1_500.0,
            process: Process::Poisson,
        };
        assert_eq!(open.load.arrivals, Some(arrivals));
        assert_eq!(open.load.streams, preflight::most_streams(&open));
        let capped = plan(&["http://h/", "-r", "5", "-c", "7", "--arrivals", "uniform"]);
        assert_eq!((capped.load.streams, capped.warmup), (7, WARMUP));
        assert_eq!(capped.load.arrivals.unwrap().process, Process::Uniform);
    }

    #[test]
    fn source_addresses_are_of_the_targets_family() {
        let two = plan(&["http://h/", "--local-addr", "127.0.0.2-127.0.0.3"]);
        assert_eq!(two.local_addrs.len(), 2);
        let local = line(&["--local-addr", "::1"]).load;
        let refused = planned(&local, target(), false).unwrap_err();
        assert!(
            refused
                .to_string()
                .contains("[::1] cannot reach [127.0.0.1:1]")
        );
        let v4 = "127.0.0.1:1".parse().unwrap();
        let both = Target {
            addrs: vec!["[::1]:1".parse().unwrap(), v4],
            ..target()
        };
        let local = line(&["--local-addr", "127.0.0.2"]).load;
        let reached = planned(&local, both, false);
        assert_eq!(reached.unwrap().target.addrs, [v4]);
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            ["-c", "0"],
            ["-d", "0s"],
            ["-n", "1.5"],
            ["--threads", "0"],
            ["-d", "ten"],
            ["--seed", "-1"],
            ["-r", "0"],
            ["--arrivals", "uniform"],
            ["--expect-interval", "0"],
            ["--local-addr", "localhost"],
        ] {
            assert!(
                Line::try_parse_from([&["run"], line.as_slice()].concat()).is_err(),
                "{line:?}"
            );
        }
    }
}
