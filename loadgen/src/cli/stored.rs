//! Reports that were stored: what the commands share that read them.

use std::path::PathBuf;

use clap::Args;

use crate::output::Run;
use crate::report::{ReadError, Report, read};

#[derive(Debug, Args)]
pub(super) struct StoredArgs {
    /// Reports, as `weir run --json` writes them.
    #[arg(required = true, value_name = "REPORT")]
    reports: Vec<PathBuf>,
}

impl StoredArgs {
    /// All of them, by the names of their files.
    pub(super) fn read(&self) -> Result<Vec<(String, Report)>, ReadError> {
        let reports = self.reports.iter();
        reports
            .map(|path| Ok((path.display().to_string(), read(path)?)))
            .collect()
    }
}

/// The same, as printers take them.
pub(super) fn runs(reports: &[(String, Report)]) -> Vec<Run<'_>> {
    let reports = reports.iter();
    reports.map(|(name, report)| Run { name, report }).collect()
}
