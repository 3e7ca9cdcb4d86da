//! `weir show`.

use clap::Args;

use super::output::OutputArgs;
use super::stored::StoredArgs;
use super::threshold::ThresholdArgs;
use crate::analysis::threshold::judge;
use crate::exit::Exit;
use crate::report::Report;

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    stored: StoredArgs,
    #[command(flatten)]
    threshold: ThresholdArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl ShowArgs {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let mut reports = self.stored.read()?;
        let outputs = self.output.outputs(reports.len())?;
        let thresholds = &self.threshold.thresholds;
        if !thresholds.is_empty() {
            let judged = |report: Report| {
                let results = judge(thresholds, &report);
                report.judged(results)
            };
            reports = reports
                .into_iter()
                .map(|(name, report)| (name, judged(report)))
                .collect();
        }
        outputs.print(&super::stored::runs(&reports))?;
        Ok(Exit::worst(
            reports.iter().map(|(_, report)| Exit::of(report)),
        ))
    }
}
