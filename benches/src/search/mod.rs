//! How often the search for a target's capacity is wrong: the search of `weir capacity` on targets whose capacity is known.

mod rates;

use std::path::PathBuf;

use clap::Parser;
use serde::Serialize;
use weir::analysis::capacity::simulated::Kind;

use self::rates::Rates;
use crate::record::{self, Provenance};

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
    #[serde(flatten)]
    provenance: Provenance,
    searches: u64,
    targets: Vec<Rates>,
}

/// Does what was typed.
///
/// # Errors
/// When the record cannot be written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let provenance = Provenance::now(SCHEMA);
    let searches = args.searches;
    let head = format!(
        "{searches} searches of each kind of target\n{}",
        Rates::HEAD
    );
    let rates = Kind::ALL.into_iter().map(|kind| Rates::of(kind, searches));
    let record = Record {
        provenance,
        searches,
        targets: record::print_rows(&head, rates)?,
    };
    record::write(&record, args.json.as_deref())
}
