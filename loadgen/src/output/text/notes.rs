//! The notes below the table.

use std::io::{self, Write};

use super::BOLD;
use crate::report::Report;

pub(super) fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    for note in &report.notes {
        writeln!(out, "{BOLD}note{BOLD:#}: {}", note.message)?;
    }
    Ok(())
}
