//! Where reports go: the flags that `weir run` shares with what prints reports again.

use std::io;

use clap::Args;

use super::UsageError;
use crate::output::{Destination, Format, Run, Summary, text};

#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// Write the report as JSON (weir.report/1) to a file, or, as any format, to standard output with -; the summary then
    /// goes to standard error.
    #[arg(long, value_name = "FILE|-")]
    json: Option<Destination>,
    #[command(flatten)]
    formats: FormatArgs,
}

/// All but the report itself.
#[derive(Debug, Args)]
pub(super) struct FormatArgs {
    /// Write the histograms of every second as an HdrHistogram interval log.
    #[arg(long, value_name = "FILE|-")]
    hlog: Option<Destination>,
    /// Write a row of CSV for every second.
    #[arg(long, value_name = "FILE|-")]
    csv: Option<Destination>,
    /// Write verdict and thresholds as the test cases of JUnit XML.
    #[arg(long, value_name = "FILE|-")]
    junit: Option<Destination>,
    /// Write a summary for a pull request as Markdown.
    #[arg(long, value_name = "FILE|-")]
    markdown: Option<Destination>,
    /// Write one HTML file to be looked at, with curves and figures over time; several reports lie one over the other in it.
    #[arg(long, value_name = "FILE|-")]
    html: Option<Destination>,
    /// Write Bencher Metric Format.
    #[arg(long, value_name = "FILE|-")]
    bmf: Option<Destination>,
    /// Write latencies and losses for github-action-benchmark (customSmallerIsBetter).
    #[arg(long, value_name = "FILE|-")]
    github_action_benchmark: Option<Destination>,
    /// No progress line, and no summary beside a format on standard output.
    #[arg(short, long)]
    quiet: bool,
}

impl OutputArgs {
    pub(super) fn is_quiet(&self) -> bool {
        self.formats.quiet
    }

    /// Where so many reports are to go; all of it can be written.
    pub(super) fn outputs(&self, reports: usize) -> anyhow::Result<Outputs<'_>> {
        self.formats.outputs("--json", self.json.as_ref(), reports)
    }
}

impl FormatArgs {
    /// Likewise, with the report itself as `flag` says.
    pub(super) fn outputs<'a>(
        &'a self,
        flag: &'static str,
        json: Option<&'a Destination>,
        reports: usize,
    ) -> anyhow::Result<Outputs<'a>> {
        let Self {
            hlog,
            csv,
            junit,
            markdown,
            html,
            bmf,
            github_action_benchmark,
            quiet,
        } = self;
        let typed = [
            (flag, Format::Json, json),
            ("--hlog", Format::Hlog, hlog.as_ref()),
            ("--csv", Format::Csv, csv.as_ref()),
            ("--junit", Format::Junit, junit.as_ref()),
            ("--markdown", Format::Markdown, markdown.as_ref()),
            ("--html", Format::Html, html.as_ref()),
            ("--bmf", Format::Bmf, bmf.as_ref()),
            (
                "--github-action-benchmark",
                Format::GithubActionBenchmark,
                github_action_benchmark.as_ref(),
            ),
        ];
        let typed = typed.into_iter().filter_map(|(flag, format, destination)| {
            destination.map(|destination| Output {
                flag,
                format,
                destination,
            })
        });
        let outputs = Outputs {
            all: typed.collect(),
            is_quiet: *quiet,
        };
        outputs.check(reports)?;
        Ok(outputs)
    }
}

/// Where reports are to go.
#[derive(Debug)]
pub(super) struct Outputs<'a> {
    all: Vec<Output<'a>>,
    is_quiet: bool,
}

#[derive(Debug)]
struct Output<'a> {
    flag: &'static str,
    format: Format,
    destination: &'a Destination,
}

impl Outputs<'_> {
    /// Makes sure that all of it can be written, before a run and not after it.
    fn check(&self, reports: usize) -> anyhow::Result<()> {
        for (
            number,
            Output {
                flag,
                format,
                destination,
            },
        ) in self.all.iter().enumerate()
        {
            let mut before = self.all[..number].iter();
            if let Some(other) = before.find(|other| other.destination == *destination) {
                let flags = [other.flag, flag];
                let destination = Destination::clone(destination);
                return Err(UsageError::OneDestination { flags, destination }.into());
            }
            if reports > 1 && format.holds_one() {
                return Err(UsageError::HoldsOne { flag, reports }.into());
            }
        }
        let mut all = self.all.iter();
        all.try_for_each(|output| output.destination.check())?;
        Ok(())
    }

    /// The summary, then every format. That one cannot be written does not keep the others from it.
    pub(super) fn print(&self, runs: &[Run<'_>]) -> io::Result<()> {
        let is_stdout = |output: &Output<'_>| *output.destination == Destination::Stdout;
        let summary = Summary::beside(self.all.iter().any(is_stdout), self.is_quiet);
        let summary = text::print(runs, summary);
        let all = self.all.iter();
        let written = all.map(|output| output.format.write(runs, output.destination));
        let written: Vec<io::Result<()>> = written.collect();
        [summary].into_iter().chain(written).collect()
    }
}
