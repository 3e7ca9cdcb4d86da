//! How often the answer of `weir compare` is wrong: its statistics on simulated runs whose sides are known to differ, or not to.

mod cases;
mod rates;
mod troubles;

use std::path::PathBuf;

use clap::Parser;
use serde::Serialize;
use weir::analysis::compare::simulated::Trouble;

use self::rates::Rates;
use self::troubles::TroubleRates;
use crate::record::{self, Provenance};

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
    #[serde(flatten)]
    provenance: Provenance,
    comparisons: u64,
    cases: Vec<Rates>,
    /// What it can be fooled by.
    troubles: Vec<TroubleRates>,
}

/// Does what was typed.
///
/// # Errors
/// When the record cannot be written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let provenance = Provenance::now(SCHEMA);
    let comparisons = args.comparisons;
    let head = format!("{comparisons} comparisons of each case\n{}", Rates::HEAD);
    let rates = cases::all().map(|(name, case)| Rates::of(name, case, comparisons));
    let troubles = Trouble::ALL.into_iter();
    let troubles = troubles.map(|trouble| TroubleRates::of(trouble, comparisons));
    let record = Record {
        provenance,
        comparisons,
        troubles: record::print_rows(TroubleRates::HEAD, troubles)?,
        cases: record::print_rows(&head, rates)?,
    };
    record::write(&record, args.json.as_deref())
}
