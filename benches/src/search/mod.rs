//! How often the search for a target's capacity is wrong: the search of `weir capacity` on targets whose capacity is known.

mod rates;

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Context;
use clap::Parser;
use serde::Serialize;
use weir::analysis::capacity::simulated::Kind;
use weir::report::{Machine, Tool};

pub use rates::Rates;

const SCHEMA: &str = "weir.search-errors/1";

/// Searches simulated targets, and says how often what is found is not true.
#[derive(Debug, Parser)]
#[command(name = "search-errors")]
pub struct Args {
    /// Searches of each kind of target.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    searches: u64,
    /// Also write the record to a file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// All that was found, as it is written to a file.
#[derive(Debug, Serialize)]
struct Record {
    schema: &'static str,
    command: String,
    revision: String,
    started_at: String,
    machine: Machine,
    searches: u64,
    targets: Vec<Rates>,
}

/// Does what was typed.
///
/// # Errors
/// When the record cannot be written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let record = Record {
        schema: SCHEMA,
        command: Tool::command(),
        revision: Tool::this().revision,
        started_at: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        machine: Machine::this(),
        searches: args.searches,
        targets: Kind::ALL
            .into_iter()
            .map(|kind| Rates::of(kind, args.searches))
            .collect(),
    };
    if let Some(path) = &args.json {
        let json = serde_json::to_vec_pretty(&record)?;
        std::fs::write(path, json).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(write(&record, &mut io::stdout().lock())?)
}

fn write(record: &Record, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{} searches of each kind of target", record.searches)?;
    writeln!(
        out,
        "{:<10}{:>26}{:>26}{:>26}{:>10}{:>8}{:>8}",
        "target", "right", "too high", "too low", "bracket", "trials", "most"
    )?;
    for rates in &record.targets {
        writeln!(
            out,
            "{:<10}{:>26}{:>26}{:>26}{:>10}{:>8}{:>8}",
            rates.name(),
            rates.hits.to_string(),
            rates.too_high.to_string(),
            rates.too_low.to_string(),
            format!("{:.1} %", rates.bracketed.ratio * 100.0),
            rates.trials_median,
            rates.trials_max
        )?;
    }
    Ok(())
}
