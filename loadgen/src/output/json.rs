//! What was found, as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::{Destination, Run};

/// Writes a document, indented, with a newline at its end.
///
/// # Errors
/// When it cannot be written; the error names the file. A reader of standard output that has gone away is none.
pub fn write(document: &impl Serialize, destination: &Destination) -> io::Result<()> {
    let mut bytes = Vec::new();
    indented(document, &mut bytes)?;
    destination.write(&bytes)
}

/// Prints the report of each run, of which there is one where they are to be read again.
pub(super) fn print(runs: &[Run<'_>], out: &mut dyn Write) -> io::Result<()> {
    runs.iter().try_for_each(|run| indented(run.report, out))
}

pub(super) fn indented(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}
