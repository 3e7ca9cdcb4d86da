//! What was typed.

mod decode;
mod run;
mod units;

use std::future::Future;

use clap::{Parser, Subcommand, ValueEnum};

use self::run::UsageError;
use crate::exit::Exit;
use crate::output::explain;
use crate::target::TargetError;

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
    /// Decode an event stream from standard input to one JSON object per event.
    Decode(decode::DecodeArgs),
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
            Command::Decode(args) => args.execute(),
            Command::Explain {
                topic: Topic::Metrics,
            } => explain::metrics(),
            Command::Explain {
                topic: Topic::ExitCodes,
            } => explain::exit_codes(),
        }
    }
}

/// The exit code of an error: usage if what was typed makes no sense, otherwise that it could not be done. A host that
/// does not resolve may make sense another day.
#[must_use]
pub fn exit_of(error: &anyhow::Error) -> Exit {
    match error.downcast_ref::<UsageError>() {
        None | Some(UsageError::Target(TargetError::Resolve { .. })) => Exit::CouldNotRun,
        Some(_) => Exit::Usage,
    }
}
