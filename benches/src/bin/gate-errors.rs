//! Measures how often the gate of `weir compare` is wrong.

use clap::Parser;
use weir_benches::gate::{self, Args};

fn main() -> anyhow::Result<()> {
    gate::run(&Args::parse())
}
