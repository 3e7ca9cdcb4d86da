//! `weir compare`.

mod contest;

use std::future::Future;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Command, Id};

use super::load::LoadArgs;
use super::{UsageError, units};
use crate::analysis::compare::{Comparison, Difference, Gated, Margin, Options, compare};
use crate::exit::Exit;
use crate::output::{self, Destination, Summary};
use crate::report::{ReadError, Report, read};

/// The flags that say how runs are made, and have no meaning for reports.
fn of_runs() -> impl Iterator<Item = Id> {
    let own = [
        "run", "base_cmd", "head_cmd", "max_runs", "max_time", "save",
    ];
    let load = LoadArgs::augment_args(Command::new(""));
    let load: Vec<Id> = load
        .get_arguments()
        .map(|flag| flag.get_id().clone())
        .collect();
    own.into_iter().map(Id::from).chain(load)
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// Reports of the base, as `weir run --json` writes them: several runs of each side, eight say.
    #[arg(value_name = "BASE", required_unless_present = "run", conflicts_with_all = of_runs())]
    base: Vec<PathBuf>,
    /// Reports of the head; with --run its URL, which is the base's if only the commands differ.
    #[arg(long, value_name = "HEAD", num_args = 1.., required_unless_present = "run")]
    to: Vec<String>,
    /// Run both, turn about, until there is an answer: the base's URL.
    #[arg(long, value_name = "URL")]
    run: Option<String>,
    /// Start the base's server by this before each of its runs, and end it after. It runs in a shell.
    #[arg(long, value_name = "COMMAND")]
    base_cmd: Option<String>,
    /// Start the head's server by this.
    #[arg(long, value_name = "COMMAND")]
    head_cmd: Option<String>,
    /// Compare reports of requests that differ in this, which is then printed, repeatable: path, query, method, headers, body. With
    /// --run paths and queries may differ.
    #[arg(long, value_name = "PART", conflicts_with = "run")]
    allow: Vec<Difference>,
    /// Runs of each side at most.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(4..=100))]
    max_runs: u32,
    /// Begin no run that would not be over after this long.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = units::positive_duration)]
    max_time: Duration,
    /// Keep the report of each run in this directory, which is to be new or empty.
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    #[command(flatten)]
    gate: GateArgs,
    #[command(flatten)]
    load: LoadArgs,
}

/// What is gated, and where the answer goes.
#[derive(Debug, Args)]
struct GateArgs {
    /// Gate this percentile, repeatable [default: ttfe.p50, ttfe.p99, gap.p99 and delivery.p99, or of each
    /// the highest that the samples carry].
    #[arg(long = "metric", value_name = "METRIC.pNN")]
    metrics: Vec<Gated>,
    /// How much worse is no regression, as in gap.p99=10%,1ms: both have to be exceeded [default: 10%,100us].
    #[arg(long = "margin", value_name = "METRIC.pNN=MARGIN")]
    margins: Vec<MarginArg>,
    /// Write the comparison as JSON (weir.compare/1) to a file, or - for standard output (the summary then goes to standard
    /// error).
    #[arg(long, value_name = "FILE|-")]
    json: Option<Destination>,
    /// Write a summary for a pull request as Markdown, likewise.
    #[arg(long, value_name = "FILE|-")]
    markdown: Option<Destination>,
    /// No progress, and no summary beside a format on standard output.
    #[arg(short, long)]
    quiet: bool,
}

/// `gap.p99=10%,1ms`.
#[derive(Debug, Clone)]
struct MarginArg(Gated, Margin);

impl FromStr for MarginArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (gated, margin) = text.split_once('=').ok_or_else(|| {
            format!("{text:?} is no margin of a percentile, like gap.p99=10%,1ms")
        })?;
        let wrong = |error: crate::analysis::compare::OptionError| error.to_string();
        Ok(Self(
            gated.parse().map_err(wrong)?,
            margin.parse().map_err(wrong)?,
        ))
    }
}

impl CompareArgs {
    pub(super) async fn execute(self, interrupt: impl Future<Output = ()>) -> anyhow::Result<Exit> {
        self.gate.check()?;
        let (comparison, lost) = match &self.run {
            Some(base) => self.contest(base, interrupt).await?,
            None => (self.stored()?, None),
        };
        self.gate.print(&comparison)?;
        lost.map_or_else(|| Ok(comparison.answer.into()), Err)
    }

    fn stored(&self) -> anyhow::Result<Comparison> {
        let base = read_all(self.base.iter().cloned())?;
        let head = read_all(self.to.iter().map(PathBuf::from))?;
        let files = |paths: &[PathBuf]| {
            paths
                .iter()
                .map(|path| path.display().to_string())
                .collect()
        };
        let options = Options {
            may_differ: self.allow.clone(),
            files: [files(&self.base), self.to.clone()],
            ..self.gate.options()
        };
        let comparison = compare(&base, &head, &options);
        Ok(comparison.map_err(UsageError::from)?)
    }
}

fn read_all(paths: impl Iterator<Item = PathBuf>) -> Result<Vec<Report>, ReadError> {
    paths.map(|path| read(&path)).collect()
}

impl GateArgs {
    fn options(&self) -> Options {
        let margins = self.margins.iter();
        Options {
            metrics: self.metrics.clone(),
            margins: margins
                .map(|MarginArg(gated, margin)| (*gated, *margin))
                .collect(),
            ..Options::default()
        }
    }

    /// Makes sure that every margin is of something, and that all of it can be written.
    fn check(&self) -> anyhow::Result<()> {
        let gated = match self.metrics.as_slice() {
            [] => &Gated::DEFAULTS[..],
            typed => typed,
        };
        let mut margins = self.margins.iter().map(|MarginArg(of, _)| of);
        if let Some(of) = margins.find(|of| !gated.contains(of)) {
            return Err(UsageError::MarginOfNothing(*of).into());
        }
        if let Some(destination) = self.json.clone().filter(|_| self.json == self.markdown) {
            let flags = ["--json", "--markdown"];
            return Err(UsageError::OneDestination { flags, destination }.into());
        }
        let mut destinations = [&self.json, &self.markdown].into_iter().flatten();
        destinations.try_for_each(Destination::check)?;
        Ok(())
    }

    /// The summary, then every format. That one cannot be written does not keep the others from it.
    fn print(&self, comparison: &Comparison) -> std::io::Result<()> {
        let formats = [&self.json, &self.markdown];
        let on_stdout = formats.contains(&&Some(Destination::Stdout));
        let summary = Summary::beside(on_stdout, self.quiet);
        let summary = output::compare::print(comparison, summary);
        let json = self.json.iter();
        let json = json.map(|json| output::json::write(comparison, json));
        let markdown = self.markdown.iter();
        let markdown = markdown.map(|file| output::compare::markdown(comparison, file));
        let written: Vec<std::io::Result<()>> =
            [summary].into_iter().chain(json).chain(markdown).collect();
        written.into_iter().collect()
    }
}
