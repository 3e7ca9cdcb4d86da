//! What was typed.

mod calibrate;
mod capacity;
mod compare;
mod decode;
mod load;
mod merge;
mod output;
mod request;
mod run;
mod show;
mod stored;
mod threshold;
mod units;

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use thiserror::Error;

use crate::analysis::capacity::Unusable;
use crate::analysis::compare::{Gated, Incomparable};
use crate::analysis::merge::MergeError;
use crate::campaign::compare::ContestError;
use crate::exit::Exit;
use crate::output::{Destination, explain, json};
use crate::plan::{PlanError, Target, TargetError, Url};
use crate::report::schema::Document;
use crate::run::RunError;

/// What was typed makes no sense.
#[derive(Debug, Error)]
enum UsageError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("--server-metrics")]
    Metrics(#[source] TargetError),
    #[error(
        "--server-pid and --server-metrics are about a target of its own: without a URL it is weir's own server in this process, \
         and nothing tells apart what either of them uses"
    )]
    WatchEmbedded,
    #[error("{flag} {expression:?} cannot be measured in this run: {reason}")]
    Unmeasurable {
        flag: &'static str,
        expression: String,
        reason: &'static str,
    },
    #[error("-X {0:?} is not a method, like GET or POST")]
    Method(String),
    #[error("-H {0:?} is not a header field, like 'authorization: Bearer abc'")]
    Header(String),
    #[error("--body {path}")]
    Body { path: String, source: io::Error },
    #[error("--body is not UTF-8 text")]
    BodyEncoding,
    #[error("--local-addr {locals:?} cannot reach {addrs:?}: all have to be IPv4, or all IPv6")]
    AddressFamily {
        locals: Vec<IpAddr>,
        addrs: Vec<SocketAddr>,
    },
    #[error("{flag} does not go with weir capacity --vary {vary}: {instead}")]
    Varied {
        flag: &'static str,
        vary: &'static str,
        instead: &'static str,
    },
    #[error(
        "--vary rate puts the events a second of each stream in place of {{rate}} in the URL, and {0:?} has none"
    )]
    NoRate(String),
    #[error(transparent)]
    Untold(Unusable),
    #[error("{{rate}} in {0:?} stands for what --vary rate varies, which is not asked for")]
    RateUnvaried(String),
    #[error("--from {from} is above --to {to}")]
    Range { from: f64, to: f64 },
    #[error("{} and {} cannot both go to {destination}", .flags[0], .flags[1])]
    OneDestination {
        flags: [&'static str; 2],
        destination: Destination,
    },
    #[error(
        "a side has one URL: weir compare --run BASE --to HEAD, or two commands that differ and the URL of both"
    )]
    OneHead,
    #[error("--save {} has files in it: name a new directory", .0.display())]
    NotEmpty(PathBuf),
    #[error("--margin is of {0}, which is not gated: gate it with --metric {0}")]
    MarginOfNothing(Gated),
    #[error("--server-pid and --server-metrics are of one target, and here are two")]
    WatchTwo,
    #[error(transparent)]
    Incomparable(#[from] Incomparable),
    #[error("{flag} holds one report, not {reports}: weir merge adds up those of one run")]
    HoldsOne { flag: &'static str, reports: usize },
    #[error(transparent)]
    Merge(#[from] MergeError),
}

/// Measures Server-Sent Event streams.
///
/// Opens thousands of concurrent streams and measures time to first event, inter-event gaps, delivery latency and throughput. With no
/// URL, `weir run` measures a server of its own on this machine.
#[derive(Debug, Parser)]
#[command(
    name = "weir",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open streams, measure them, and say what was seen.
    Run(Box<run::RunArgs>),
    /// Say whether head is slower than base, or loses more: the gate.
    ///
    /// Takes reports of several runs of each side, or runs both, turn about. A regression (exit code 10) is worse than chance would have
    /// it, and by its estimate by more than the margin; pass (0) is known not to be, in anything that is gated: latencies, what was
    /// delivered, losses; the rest is inconclusive (11), with how many more runs would decide.
    /// A run that is invalid makes the answer so (12).
    Compare(Box<compare::CompareArgs>),
    /// Search the highest load that holds service levels.
    ///
    /// Runs trials at loads that double until a level is breached, and between the loads around the limit until they are close.
    /// What comes late, not at all or of a stream that failed or was never served is a trial's loss, and a load whose latencies grow
    /// through a trial is lost; two trials of three decide a load, a longer one confirms the answer, and no invalid trial counts.
    /// Exits with 10 if not even the lowest load holds a level, with 12 if the generator was the limit, with 11 if trials had too few
    /// samples or the search was not done in time, with 1 if the target refuses every stream of the lowest load.
    Capacity(Box<capacity::CapacityArgs>),
    /// Run known answers on this machine, and say how far to trust it.
    ///
    /// Takes a minute, in which nothing else should run. Holds what weir reports against what the server's own stamps say:
    /// of injected gaps and first-event delays, of a server that is frozen, and of up to 1,000 streams; then searches the
    /// highest event rate with a valid verdict. Exits with 12 if every run of even a single stream is invalid.
    Calibrate(calibrate::CalibrateArgs),
    #[command(name = calibrate::SUBCOMMAND, hide = true)]
    CalibrateServer(calibrate::ServerArgs),
    /// Print stored reports again, in any format.
    ///
    /// With --threshold they are judged anew, by that alone. The exit code is that of the worst of them.
    Show(show::ShowArgs),
    /// Add up the reports of shards of one run: several processes or machines that asked the same of one target at a time.
    ///
    /// Histograms, counters, errors and seconds are added exactly; percentiles, rates and thresholds are those of the whole, the
    /// verdict that of the worst. What cannot be added is refused, and why.
    Merge(merge::MergeArgs),
    /// Decode an event stream from standard input to one JSON object per event.
    Decode(decode::DecodeArgs),
    /// Print the JSON Schema of what weir writes as JSON.
    Schema {
        /// Of what.
        #[arg(default_value = "report")]
        document: Document,
    },
    /// Print the definitions that reports go by.
    Explain {
        /// What to explain.
        topic: Topic,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Topic {
    /// What each metric is.
    Metrics,
    /// What makes a run suspect or invalid.
    Verdict,
    /// What thresholds look like, and every figure they may name.
    Thresholds,
    /// What the exit codes mean.
    ExitCodes,
}

impl Cli {
    /// Does what was typed. `interrupt` completes when the user wants a run to end early.
    ///
    /// # Errors
    /// When it could not be done; [`exit_of`] says with which code.
    pub async fn execute(self, interrupt: impl Future<Output = ()>) -> anyhow::Result<Exit> {
        match self.command {
            Command::Run(args) => args.execute(interrupt).await,
            Command::Compare(args) => args.execute(interrupt).await,
            Command::Capacity(args) => args.execute(interrupt).await,
            Command::Calibrate(args) => args.execute(interrupt).await,
            Command::CalibrateServer(args) => args.execute(),
            Command::Merge(args) => args.execute(),
            Command::Show(args) => args.execute(),
            Command::Decode(args) => args.execute(),
            Command::Schema { document } => {
                json::write(&document.schema(), &Destination::Stdout)?;
                Ok(Exit::Success)
            }
            Command::Explain {
                topic: Topic::Metrics,
            } => explain::metrics(),
            Command::Explain {
                topic: Topic::Verdict,
            } => explain::verdict(),
            Command::Explain {
                topic: Topic::Thresholds,
            } => explain::thresholds(),
            Command::Explain {
                topic: Topic::ExitCodes,
            } => explain::exit_codes(),
        }
    }
}

/// Where a URL that was typed is.
async fn lookup(url: &str) -> Result<Target, UsageError> {
    Ok(Url::parse(url)?.lookup().await?)
}

/// The exit code of an error: usage if what was typed makes no sense, that the user ended it, otherwise that it could not be
/// done. A host that does not resolve may make sense another day.
#[must_use]
pub fn exit_of(error: &anyhow::Error) -> Exit {
    if is_interrupted(error) {
        return Exit::Interrupted;
    }
    match error.downcast_ref::<UsageError>() {
        None => Exit::CouldNotRun,
        Some(UsageError::Target(error) | UsageError::Metrics(error))
            if matches!(error, TargetError::Resolve { .. }) =>
        {
            Exit::CouldNotRun
        }
        Some(_) => Exit::Usage,
    }
}

fn is_interrupted(error: &anyhow::Error) -> bool {
    let run = matches!(error.downcast_ref(), Some(RunError::Interrupted));
    run || matches!(error.downcast_ref(), Some(ContestError::Interrupted))
}
