//! Where a report goes: the flags that `weir run` shares with what prints reports again.

use std::io;

use clap::Args;

use crate::output::{self, Destination};
use crate::report::Report;

#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// Write the report as JSON to a file, or - for standard output (the summary then goes to standard error).
    #[arg(long, value_name = "FILE|-")]
    json: Option<Destination>,
    /// No progress line, and no summary beside `--json -`.
    #[arg(short, long)]
    pub(super) quiet: bool,
}

impl OutputArgs {
    /// Makes sure that all of it can be written, before a run and not after it.
    pub(super) fn check(&self) -> io::Result<()> {
        self.json.as_ref().map_or(Ok(()), Destination::check)
    }

    pub(super) fn print(&self, report: &Report) -> io::Result<()> {
        match &self.json {
            Some(Destination::Stdout) if self.quiet => {}
            Some(Destination::Stdout) => output::text::to_stderr(report)?,
            _ => output::text::to_stdout(report)?,
        }
        self.json
            .as_ref()
            .map_or(Ok(()), |json| output::json::write(report, json))
    }
}
