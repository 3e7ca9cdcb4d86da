//! What was found, as JSON.

use std::fs;
use std::io::{self, Write};

use serde::Serialize;

use super::Destination;

/// Writes a document, indented, with a newline at its end.
///
/// # Errors
/// When it cannot be written; the error names the file. A reader of standard output that has gone away is none.
pub fn write(document: &impl Serialize, destination: &Destination) -> io::Result<()> {
    let mut bytes = serde_json::to_vec_pretty(document)?;
    bytes.push(b'\n');
    match destination {
        Destination::Stdout => super::unless_broken_pipe(io::stdout().lock().write_all(&bytes)),
        Destination::File(path) => {
            fs::write(path, bytes).map_err(|error| destination.named(&error))
        }
    }
}
