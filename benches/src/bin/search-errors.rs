//! Measures how often the search of `weir capacity` is wrong.

use clap::Parser;
use weir_benches::search::{self, Args};

fn main() -> anyhow::Result<()> {
    search::run(&Args::parse())
}
