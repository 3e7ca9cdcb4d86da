//! `weir run`.

use std::fs;
use std::future::Future;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use clap::Args;
use http::{HeaderName, HeaderValue, Method};
use thiserror::Error;
use weir_time::parse_duration;

use super::units;
use crate::embedded::Embedded;
use crate::exit::Exit;
use crate::output::{self, Destination, Progress};
use crate::plan::{Plan, Request, Timeouts};
use crate::preflight;
use crate::report::Report;
use crate::run::run;
use crate::target::{Target, TargetError};
use crate::transport::Rx;
use crate::verdict::Status;

/// Streams kept open when nothing is said: of a server of our own, and of somebody else's.
const EMBEDDED_STREAMS: u32 = 1_000;
const REMOTE_STREAMS: u32 = 10;
const DURATION: Duration = Duration::from_secs(10);
const WARMUP: Duration = Duration::from_secs(1);

/// What was typed makes no sense.
#[derive(Debug, Error)]
pub(crate) enum UsageError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("-X {0:?} is not a method, like GET or POST")]
    Method(String),
    #[error("-H {0:?} is not a header field, like 'authorization: Bearer abc'")]
    Header(String),
    #[error("--body {path}")]
    Body { path: String, source: io::Error },
    #[error("--body is not UTF-8 text")]
    BodyEncoding,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Where the streams are (http://...); without one, a weir-server is started in this process and measured.
    url: Option<String>,
    /// Streams kept open (closed model): when one ends the next begins [default: 1000 embedded, 10 for a URL].
    #[arg(short = 'c', long, value_name = "N", value_parser = units::streams)]
    streams: Option<u32>,
    /// Measuring time, after the warm-up [default: 10s, or no limit with -n].
    #[arg(short, long, value_name = "TIME", value_parser = units::positive_duration)]
    duration: Option<Duration>,
    /// Streams to finish; the run ends when they have.
    #[arg(short = 'n', long, value_name = "N", value_parser = units::count)]
    total: Option<u64>,
    /// Time before the measuring time, over which the streams are opened evenly [default: 1s, or 0 with -n].
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    warmup: Option<Duration>,
    /// End each stream from here after so many events.
    #[arg(short, long, value_name = "N", value_parser = units::count)]
    events: Option<u64>,
    /// Method [default: GET, or POST with --body].
    #[arg(short = 'X', long, value_name = "METHOD")]
    method: Option<String>,
    /// Header field, repeatable; replaces the usual one of that name.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Request body: the text, @FILE, or - for standard input. Sent as application/json unless -H says otherwise.
    #[arg(long, value_name = "TEXT|@FILE|-")]
    body: Option<String>,
    /// Do not ask a weir-server to stamp its events with when they were due and sent.
    #[arg(long)]
    no_stamp: bool,
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
    /// Write the report as JSON to a file, or - for standard output (the summary then goes to standard error).
    #[arg(long, value_name = "FILE|-")]
    json: Option<Destination>,
    /// No progress line, and no summary beside `--json -`.
    #[arg(short, long)]
    quiet: bool,
}

impl RunArgs {
    pub(super) async fn execute(self, interrupt: impl Future<Output = ()>) -> anyhow::Result<Exit> {
        if let Some(json) = &self.json {
            json.check()?;
        }
        let request = self.request()?;
        let embedded = match self.url {
            Some(_) => None,
            None => Some(Embedded::start(self.threads())?),
        };
        let url = embedded
            .as_ref()
            .map(Embedded::url)
            .or_else(|| self.url.clone());
        let target = Target::resolve(&url.expect("there is a URL or an embedded server"))
            .map_err(UsageError::from)?;
        let plan = self.plan(target, embedded.is_some(), request);
        preflight::check_machine(&plan)?;
        let mut progress = Progress::begin(&plan, self.quiet);
        let mut report = run(plan, interrupt, |interval| progress.interval(interval)).await?;
        drop(progress);
        report.server = embedded.map(Embedded::stop);
        self.print(&report)?;
        Ok(exit(&report))
    }

    fn print(&self, report: &Report) -> io::Result<()> {
        match &self.json {
            Some(Destination::Stdout) if self.quiet => {}
            Some(Destination::Stdout) => output::text::to_stderr(report)?,
            _ => output::text::to_stdout(report)?,
        }
        self.json
            .as_ref()
            .map_or(Ok(()), |json| output::json::write(report, json))
    }

    fn plan(&self, target: Target, embedded: bool, request: Request) -> Plan {
        let usual = if embedded {
            EMBEDDED_STREAMS
        } else {
            REMOTE_STREAMS
        };
        let total = self
            .total
            .map_or(u32::MAX, |total| u32::try_from(total).unwrap_or(u32::MAX));
        let streams = self.streams.unwrap_or(usual).min(total);
        let by_total = self.total.is_some();
        let limit = |patience: Duration| (!patience.is_zero()).then_some(patience);
        Plan {
            target,
            embedded,
            streams,
            total_streams: self.total,
            duration: self.duration.or((!by_total).then_some(DURATION)),
            warmup: self
                .warmup
                .unwrap_or(if by_total { Duration::ZERO } else { WARMUP }),
            events_per_stream: self.events,
            request,
            timeouts: Timeouts {
                connect: limit(self.timeout_connect),
                first_event: limit(self.timeout_first_event),
                idle: limit(self.timeout_idle),
            },
            threads: self.threads().min(streams as usize),
            rx: Rx::Kernel,
            seed: self.seed,
        }
    }

    fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(cores, usize::from)
    }

    fn request(&self) -> Result<Request, UsageError> {
        let body = self.body.as_deref().map(body).transpose()?;
        let method = self
            .method
            .clone()
            .unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
        if Method::from_bytes(method.as_bytes()).is_err() {
            return Err(UsageError::Method(method));
        }
        let headers = self
            .headers
            .iter()
            .map(|text| header(text))
            .collect::<Result<_, _>>()?;
        Ok(Request {
            method,
            headers,
            body,
            stamp: !self.no_stamp,
        })
    }
}

/// The exit code that a report calls for.
fn exit(report: &Report) -> Exit {
    if report.counters.streams_established == 0 {
        Exit::CouldNotRun
    } else if report.verdict.status == Status::Invalid {
        Exit::Invalid
    } else {
        Exit::Success
    }
}

fn header(text: &str) -> Result<(String, String), UsageError> {
    let wrong = || UsageError::Header(text.to_owned());
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let value = value.trim();
    let valid = HeaderName::try_from(name).is_ok() && HeaderValue::from_str(value).is_ok();
    if valid {
        Ok((name.to_owned(), value.to_owned()))
    } else {
        Err(wrong())
    }
}

fn body(text: &str) -> Result<String, UsageError> {
    let read = |path: &str, source: io::Result<Vec<u8>>| {
        let bytes = source.map_err(|source| UsageError::Body {
            path: path.to_owned(),
            source,
        })?;
        String::from_utf8(bytes).map_err(|_| UsageError::BodyEncoding)
    };
    if text == "-" {
        let mut bytes = Vec::new();
        let outcome = io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes);
        return read("-", outcome);
    }
    match text.strip_prefix('@') {
        Some(path) => read(path, fs::read(Path::new(path))),
        None => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: RunArgs,
    }

    fn args(line: &[&str]) -> RunArgs {
        Line::try_parse_from([&["run"], line].concat())
            .unwrap()
            .args
    }

    fn plan(line: &[&str]) -> Plan {
        let args = args(line);
        let target = Target::resolve("http://127.0.0.1:1/").unwrap();
        args.plan(target, args.url.is_none(), args.request().unwrap())
    }

    #[test]
    fn defaults_depend_on_what_ends_the_run_and_on_whose_server_it_is() {
        let embedded = plan(&[]);
        assert_eq!(
            (embedded.streams, embedded.duration, embedded.warmup),
            (1_000, Some(DURATION), WARMUP)
        );
        assert_eq!(plan(&["http://h/"]).streams, 10);
        let counted = plan(&["http://h/", "-n", "5"]);
        assert_eq!((counted.streams, counted.total_streams), (5, Some(5)));
        assert_eq!((counted.duration, counted.warmup), (None, Duration::ZERO));
        assert_eq!(
            plan(&["http://h/", "-n", "5", "-d", "2s"]).duration,
            Some(Duration::from_secs(2))
        );
    }

    #[test]
    fn requests_are_checked() {
        let request = args(&["--body", "{}", "-H", "x-a:  b "]).request().unwrap();
        assert_eq!(request.method, "POST");
        assert_eq!(request.headers, [("x-a".to_owned(), "b".to_owned())]);
        for line in [
            ["-H", "no colon"],
            ["-H", "bad name: x"],
            ["-X", "GE T"],
            ["--body", "@/nowhere/at/all"],
        ] {
            assert!(args(&line).request().is_err(), "{line:?}");
        }
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
        ] {
            assert!(
                Line::try_parse_from([&["run"], line.as_slice()].concat()).is_err(),
                "{line:?}"
            );
        }
    }
}
