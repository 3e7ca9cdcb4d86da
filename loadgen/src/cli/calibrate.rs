//! `weir calibrate`.

use std::future::Future;
use std::io::{self, Read};
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use crate::analysis::calibration::Calibration;
use crate::campaign::calibrate::{Progress, calibrate};
use crate::campaign::cores;
use crate::campaign::embedded::Embedded;
use crate::exit::Exit;
use crate::load::Load;
use crate::output::{self, Destination, Summary};
use crate::plan::{Settings, Target};
use crate::preflight;

/// The subcommand that this program starts itself with.
pub(super) const SUBCOMMAND: &str = "calibrate-server";

#[derive(Debug, Args)]
pub(super) struct CalibrateArgs {
    /// Few streams for a few seconds: whether everything runs, not how well.
    #[arg(long)]
    smoke: bool,
    /// Write what was found as JSON to a file, or - for standard output (the summary then goes to standard error).
    #[arg(long, value_name = "FILE|-")]
    json: Option<Destination>,
    /// No progress, and no summary beside `--json -`.
    #[arg(short, long)]
    quiet: bool,
}

impl CalibrateArgs {
    pub(super) async fn execute(self, interrupt: impl Future<Output = ()>) -> anyhow::Result<Exit> {
        if let Some(json) = &self.json {
            json.check()?;
        }
        let calibration = calibrate(self.smoke, server, interrupt, |progress| {
            if self.quiet {
                return;
            }
            match progress {
                Progress::Case(result) => output::calibrate::case(result),
                Progress::Trial(trial) => output::calibrate::trial(trial),
            }
        })
        .await?;
        self.print(&calibration)?;
        Ok(calibration.exit())
    }

    fn print(&self, calibration: &Calibration) -> io::Result<()> {
        let on_stdout = self.json == Some(Destination::Stdout);
        output::calibrate::print(calibration, Summary::beside(on_stdout, self.quiet))?;
        self.json
            .as_ref()
            .map_or(Ok(()), |json| output::calibrate::json(calibration, json))
    }
}

/// This program as the server of a calibration.
fn server(streams: u32) -> anyhow::Result<Command> {
    let program = std::env::current_exe().context("finding this program")?;
    let mut command = Command::new(program);
    command.args([SUBCOMMAND, &streams.to_string()]);
    Ok(command)
}

/// The process that `weir calibrate` measures: it starts it itself, and closes its standard input at the end.
#[derive(Debug, Args)]
pub(super) struct ServerArgs {
    /// Streams that it must be able to hold.
    streams: u32,
}

impl ServerArgs {
    pub(super) fn execute(&self) -> anyhow::Result<Exit> {
        // A thread per core, like any `weir-server`: with fewer the highest rate would be its limit, not weir's.
        let server = Embedded::start(cores())?;
        let url = server.url();
        preflight::check_machine(&Settings {
            load: Load::closed(self.streams, Duration::ZERO),
            ..Settings::new(Target::literal(&url)?)
        })?;
        output::calibrate::announce(&url)?;
        io::stdin().read_to_end(&mut Vec::new())?;
        Ok(Exit::Success)
    }
}
