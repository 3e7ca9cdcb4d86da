//! What is printed: one printer a format, each from the report alone. Only this module writes to standard output.

pub mod calibrate;
pub mod capacity;
pub mod compare;
mod csv;
pub mod decode;
mod destination;
pub mod explain;
mod figures;
mod format;
mod hlog;
pub mod html;
pub mod json;
mod junit;
mod markdown;
mod progress;
mod summary;
pub mod text;
mod tracked;

pub use destination::Destination;
pub use format::Format;
pub use progress::Progress;
pub use summary::Summary;

use std::io::{self, Write};

use crate::report::Report;

/// A report, and what it goes by where there are several.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The name of its file, or when it was started.
    pub name: &'a str,
    /// What was found.
    pub report: &'a Report,
}

/// Writes a line to standard error. Where that is closed there is nobody to tell.
fn tell(line: &str) {
    let _lost = writeln!(io::stderr(), "{line}");
}

/// An output nobody reads any more is no error.
fn unless_broken_pipe(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}
