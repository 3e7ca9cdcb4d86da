//! How near Weir comes to what the kernel allows.
//!
//! Three pairs of processes, one thread each, are measured turn by turn under the same load: the bare loop with the bare
//! sink, `weir-server` with the bare sink, the bare loop with `weir`. What stands in the record are ratios to the bare pair of
//! the same round, so that whatever slows the machine for a while slows both sides of a ratio. A fourth pair is the bare loop
//! with a sink that burns the user time that `weir` took beyond it, since the kernel charges a receiver for being slow. Each
//! round also weighs the four programs with idle streams, and times the server's pace against a bare timer.

mod args;
mod costs;
mod figures;
#[cfg(test)]
mod fixture;
mod record;
mod round;
mod settings;
mod side;
mod table;
mod text;

use std::io;

pub use args::{Args, Command};
pub use side::weir_server_path;

use record::Record;

/// Does what was typed.
///
/// # Errors
/// When a measurement fails, which it does too when nothing was received, or the record cannot be written.
pub fn run(args: Args) -> anyhow::Result<()> {
    if let Some(Command::Role { part }) = args.command {
        return side::play(&serde_json::from_str(&part)?);
    }
    let record = Record::measure(args.settings())?;
    crate::record::write(&record, args.json.as_deref())?;
    Ok(table::write(&record, &mut io::stdout().lock())?)
}
