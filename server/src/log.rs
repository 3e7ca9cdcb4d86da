//! The process' log, on standard error.

use std::io::{self, IsTerminal};

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;

#[derive(clap::Args)]
#[command(next_help_heading = "Log, on standard error")]
pub(crate) struct LogArgs {
    /// How a line of it is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    log_format: Format,

    /// The least that is worth a line: error, warn, info, debug (each request) or off
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
        let log = tracing_subscriber::fmt()
            .with_max_level(self.log_level)
            .with_target(false)
            .with_ansi(io::stderr().is_terminal())
            .with_writer(io::stderr);
        match self.log_format {
            Format::Text => log.init(),
            Format::Json => log.json().flatten_event(true).init(),
        }
    }
}
