//! The forms of a report beside the summary.

use std::io::{self, Write};

use super::{Destination, Run, csv, hlog, html, json, junit, markdown, tracked};

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The report itself.
    Json,
    /// The histograms of every second, as HdrHistogram's tools read them.
    Hlog,
    /// The scalars of every second.
    Csv,
    /// Verdict and thresholds as test cases.
    Junit,
    /// A summary for a pull request.
    Markdown,
    /// A page to be looked at.
    Html,
    /// Bencher Metric Format.
    Bmf,
    /// The array of github-action-benchmark's `customSmallerIsBetter`.
    GithubActionBenchmark,
}

type Printer = fn(&[Run<'_>], &mut dyn Write) -> io::Result<()>;

impl Format {
    /// Whether a file of it holds one report and no more.
    #[must_use]
    pub fn holds_one(self) -> bool {
        matches!(self, Self::Json | Self::Hlog)
    }

    /// Writes reports. Nothing is written, be it to a file, before all of it is there.
    ///
    /// # Errors
    /// When it cannot be written; the error names the file. A reader of standard output that has gone away is none.
    pub fn write(self, runs: &[Run<'_>], destination: &Destination) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.printer()(runs, &mut bytes)?;
        destination.write(&bytes)
    }

    fn printer(self) -> Printer {
        match self {
            Self::Json => json::print,
            Self::Hlog => hlog::print,
            Self::Csv => csv::print,
            Self::Junit => junit::print,
            Self::Markdown => markdown::print,
            Self::Html => html::print,
            Self::Bmf => tracked::bmf::print,
            Self::GithubActionBenchmark => tracked::github_action_benchmark::print,
        }
    }
}
