//! Where the summary of a command goes.

use std::io::{self, Write};

use anstream::AutoStream;

/// Where a summary goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Nobody asked for it.
    Nowhere,
}

impl Summary {
    /// Standard output, unless a document goes there: then standard error, or nowhere if only that is wanted.
    #[must_use]
    pub fn beside(is_document_on_stdout: bool, is_quiet: bool) -> Self {
        match (is_document_on_stdout, is_quiet) {
            (false, _) => Self::Stdout,
            (true, false) => Self::Stderr,
            (true, true) => Self::Nowhere,
        }
    }

    /// Writes it there, with colour if that is a terminal and `NO_COLOR` is not set. A reader that has gone away is no error.
    pub(super) fn print(
        self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let written = match self {
            Self::Stdout => write(&mut AutoStream::auto(io::stdout()).lock()),
            Self::Stderr => write(&mut AutoStream::auto(io::stderr()).lock()),
            Self::Nowhere => Ok(()),
        };
        super::unless_broken_pipe(written)
    }
}
