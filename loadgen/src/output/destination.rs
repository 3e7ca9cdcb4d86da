//! Where a machine format goes.

use std::convert::Infallible;
use std::fs::{self, OpenOptions};
use std::io;
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

    /// An error with the file's name before it.
    pub(super) fn named(&self, error: &io::Error) -> io::Error {
        match self {
            Self::Stdout => io::Error::new(error.kind(), format!("standard output: {error}")),
            Self::File(path) => {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            }
        }
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
