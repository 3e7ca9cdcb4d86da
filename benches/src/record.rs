//! What the records of all measurements have in common: where they come from, and how they are written.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::time::SystemTime;

use anyhow::Context;
use serde::Serialize;
use weir::report::{Machine, Tool};

/// What was measured how, when and where, as a record begins.
#[derive(Debug, Serialize)]
pub(crate) struct Provenance {
    schema: &'static str,
    /// As typed.
    command: String,
    /// The commit it was built from, if it is known.
    pub(crate) revision: String,
    /// RFC 3339, in UTC.
    started_at: String,
    pub(crate) machine: Machine,
}

impl Provenance {
    /// Of a measurement that begins now.
    pub(crate) fn now(schema: &'static str) -> Self {
        Self {
            schema,
            command: Tool::command(),
            revision: Tool::this().revision,
            started_at: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            machine: Machine::this(),
        }
    }
}

/// Prints rows below their head as they come: each may take a while.
pub(crate) fn print_rows<R: Display>(
    head: &str,
    rows: impl Iterator<Item = R>,
) -> io::Result<Vec<R>> {
    let mut out = io::stdout().lock();
    writeln!(out, "{head}")?;
    let printed = rows.map(|row| writeln!(out, "{row}").map(|()| row));
    printed.collect()
}

/// Writes a record to the file that was asked for, if one was.
pub(crate) fn write(record: &impl Serialize, path: Option<&Path>) -> anyhow::Result<()> {
    let Some(path) = path else {
        return Ok(());
    };
    let json = serde_json::to_vec_pretty(record)?;
    std::fs::write(path, json).with_context(|| format!("writing {}", path.display()))
}
