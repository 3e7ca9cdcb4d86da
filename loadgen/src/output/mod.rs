//! What is printed: one printer a format, each from the report alone. Only this module writes to standard output.

pub mod calibrate;
pub mod capacity;
pub mod decode;
mod destination;
pub mod explain;
mod figures;
pub mod json;
mod progress;
pub mod text;

pub use destination::Destination;
pub use progress::Progress;

use std::io;

/// An output nobody reads any more is no error.
fn unless_broken_pipe(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}
