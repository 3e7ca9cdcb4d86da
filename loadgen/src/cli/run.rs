//! `weir run`.

use std::future::Future;

use clap::Args;

use super::load::LoadArgs;
use super::output::OutputArgs;
use super::threshold::{ThresholdArgs, check_measurable};
use super::{UsageError, lookup};
use crate::campaign::embedded::Embedded;
use crate::exit::Exit;
use crate::output::{self, Progress};
use crate::plan::{Plan, Settings};
use crate::preflight;
use crate::run::run_served_by;

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Where the streams are (http://...); without one, a weir-server is started in this process and measured.
    url: Option<String>,
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    threshold: ThresholdArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl RunArgs {
    pub(super) async fn execute(self, interrupt: impl Future<Output = ()>) -> anyhow::Result<Exit> {
        let outputs = self.output.outputs(1)?;
        let embedded = match self.url {
            Some(_) => None,
            None => Some(Embedded::start(self.load.threads())?),
        };
        let url = embedded
            .as_ref()
            .map(Embedded::url)
            .or_else(|| self.url.clone());
        let url = url.expect("there is a URL or an embedded server");
        let settings = Settings {
            thresholds: self.threshold.thresholds,
            ..self
                .load
                .plan(lookup(&url).await?, embedded.is_some())
                .await?
        };
        let plan = Plan::build(settings).map_err(UsageError::from)?;
        check_measurable("--threshold", &plan.thresholds, &plan)?;
        preflight::check_machine(&plan)?;
        let mut progress = Progress::new(self.output.is_quiet());
        let stop = || embedded.map(Embedded::stop);
        let report = run_served_by(plan, stop, interrupt, &mut progress).await?;
        drop(progress);
        outputs.print(&[output::Run {
            name: &report.started_at,
            report: &report,
        }])?;
        Ok(Exit::of(&report))
    }
}
