//! Where a machine format goes.

use std::convert::Infallible;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A file, or standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// `-`.
    Stdout,
    /// A path.
    File(PathBuf),
}

impl FromStr for Destination {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == "-" {
            Self::Stdout
        } else {
            Self::File(text.into())
        })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => write!(out, "standard output"),
            Self::File(path) => write!(out, "{}", path.display()),
        }
    }
}

impl Destination {
    /// Makes sure that it can be written, without touching what is there: before a run, not after it.
    ///
    /// # Errors
    /// When a file cannot be opened for writing; the error names it.
    pub fn check(&self) -> io::Result<()> {
        match self {
            Self::Stdout => Ok(()),
            Self::File(path) => check_file(path).map_err(|error| self.named(&error)),
        }
    }

    /// Writes all of a document.
    ///
    /// # Errors
    /// When it cannot be written; the error names the file. A reader of standard output that has gone away is none.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => super::unless_broken_pipe(io::stdout().lock().write_all(bytes)),
            Self::File(path) => fs::write(path, bytes).map_err(|error| self.named(&error)),
        }
    }

    /// An error with the file's name before it.
    pub(super) fn named(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{self}: {error}"))
    }
}

fn check_file(path: &Path) -> io::Result<()> {
    match OpenOptions::new().append(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            OpenOptions::new()
                .append(true)
                .create_new(true)
                .open(path)?;
            fs::remove_file(path)
        }
        opened => opened.map(drop),
    }
}
