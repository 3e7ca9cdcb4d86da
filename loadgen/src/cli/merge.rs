//! `weir merge`.

use clap::Args;

use super::UsageError;
use super::output::FormatArgs;
use super::stored::StoredArgs;
use super::threshold::ThresholdArgs;
use crate::analysis::merge::merge;
use crate::exit::Exit;
use crate::output::{Destination, Run};

#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    #[command(flatten)]
    stored: StoredArgs,
    /// Where the report of the whole goes, as JSON: a file, or - for standard output.
    #[arg(short, long, value_name = "OUT|-")]
    output: Destination,
    #[command(flatten)]
    threshold: ThresholdArgs,
    #[command(flatten)]
    formats: FormatArgs,
}

impl MergeArgs {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let outputs = self.formats.outputs("--output", Some(&self.output), 1)?;
        let shards = self.stored.read()?;
        let report = merge(&shards, &self.threshold.thresholds).map_err(UsageError::from)?;
        outputs.print(&[Run {
            name: &report.started_at,
            report: &report,
        }])?;
        Ok(Exit::of(&report))
    }
}
