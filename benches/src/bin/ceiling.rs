//! Measures weir-server and weir against what the kernel allows.

use clap::Parser;
use weir_benches::ceiling::{self, Args};

fn main() -> anyhow::Result<()> {
    ceiling::run(Args::parse())
}
