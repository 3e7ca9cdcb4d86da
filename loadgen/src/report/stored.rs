//! Reports that were stored.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use super::{Headline, Report, SCHEMA};

/// Why a file cannot be read as a report.
#[derive(Debug, Error)]
pub enum ReadError {
    /// It cannot be read at all.
    #[error("{}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is JSON of another kind.
    #[error("{path} is no report of weir: its schema is {schema:?}, not {SCHEMA:?}", path = path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// What it says.
        schema: String,
    },
    /// It is no JSON, or not as the schema wants it.
    #[error("{path} is no report of weir (weir run --json)", path = path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where, and why.
        source: serde_json::Error,
    },
}

/// Reads a report.
///
/// # Errors
/// When the file cannot be read, or holds something else; the error names it.
pub fn read(path: &Path) -> Result<Report, ReadError> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    let path_buf = || path.to_owned();
    let text = fs::read(path).map_err(|source| ReadError::File {
        path: path_buf(),
        source,
    })?;
    let json = |source| ReadError::Json {
        path: path_buf(),
        source,
    };
    let Head { schema } = serde_json::from_slice(&text).map_err(json)?;
    if schema != SCHEMA {
        return Err(ReadError::Schema {
            path: path_buf(),
            schema,
        });
    }
    let mut report: Report = serde_json::from_slice(&text).map_err(json)?;
    // What it says itself may be of another version, or of somebody's hand.
    report.headline = Headline::of(&report);
    Ok(report)
}
