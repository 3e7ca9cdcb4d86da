//! How often the answer of `weir compare` is wrong: its statistics on simulated runs whose sides are known to differ, or not to.

mod cases;
mod rates;

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Context;
use clap::Parser;
use serde::Serialize;
use weir::report::{Machine, Tool};

use self::rates::Rates;

const SCHEMA: &str = "weir.gate-errors/1";

/// Compares simulated runs, and says how often the answer is not true.
#[derive(Debug, Parser)]
#[command(name = "gate-errors")]
pub struct Args {
    /// Comparisons of each case.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    comparisons: u64,
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
    comparisons: u64,
    cases: Vec<Rates>,
}

/// Does what was typed.
///
/// # Errors
/// When the record cannot be written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let started_at = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let mut out = io::stdout().lock();
    writeln!(out, "{} comparisons of each case", args.comparisons)?;
    writeln!(out, "{}", Rates::HEAD)?;
    let mut cases = Vec::new();
    for (name, case) in cases::all() {
        let rates = Rates::of(name, case, args.comparisons);
        writeln!(out, "{rates}")?;
        cases.push(rates);
    }
    let record = Record {
        schema: SCHEMA,
        command: Tool::command(),
        revision: Tool::this().revision,
        started_at,
        machine: Machine::this(),
        comparisons: args.comparisons,
        cases,
    };
    if let Some(path) = &args.json {
        let json = serde_json::to_vec_pretty(&record)?;
        std::fs::write(path, json).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
