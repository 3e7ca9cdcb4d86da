//! The process' log, on standard error.

use std::io::{self, IsTerminal};

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[derive(clap::Args)]
#[command(next_help_heading = "Log, on standard error")]
pub(crate) struct LogArgs {
    /// How a line of it is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    log_format: Format,

    /// The least that is worth a line: off, error, warn, info, debug (each request) or trace
    #[arg(long, value_name = "LEVEL", default_value_t = LevelFilter::INFO)]
    log_level: LevelFilter,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people: time, level, what, and its fields
    Text,
    /// For programs: an object
    Json,
}

impl LogArgs {
    /// Has the process log from now on.
    pub(crate) fn start(&self) {
        // What the libraries below have to say is for those who mend them.
        let ours = Targets::new()
            .with_default(self.log_level.min(LevelFilter::WARN))
            .with_target("weir_server", self.log_level);
        let lines = tracing_subscriber::fmt::layer()
            .with_target(false)
            .with_ansi(io::stderr().is_terminal())
            .with_writer(io::stderr);
        let log = tracing_subscriber::registry().with(ours);
        match self.log_format {
            Format::Text => log.with(lines).init(),
            Format::Json => log.with(lines.json().flatten_event(true)).init(),
        }
    }
}
