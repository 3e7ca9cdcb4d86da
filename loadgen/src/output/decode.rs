//! Decoded events as JSON lines.

use std::io::{self, BufWriter, StdoutLock, Write};

use serde::Serialize;
use weir_sse::Event;

/// Writes one object an event, and one for the end.
pub struct Printer {
    out: BufWriter<StdoutLock<'static>>,
    comments: u64,
}

#[derive(Serialize)]
struct EventLine<'a> {
    event: &'a str,
    data: &'a str,
    id: &'a str,
}

#[derive(Serialize)]
struct EndLine<'a> {
    end: End<'a>,
}

#[derive(Serialize)]
struct End<'a> {
    last_event_id: &'a str,
    retry_ms: Option<u64>,
    comments: u64,
}

impl Printer {
    /// To standard output.
    #[must_use]
    pub fn new() -> Self {
        Self {
            out: BufWriter::new(io::stdout().lock()),
            comments: 0,
        }
    }

    /// One event.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let (name, data, id) = (event.event_str(), event.data_str(), event.id_str());
        self.line(&EventLine {
            event: &name,
            data: &data,
            id: &id,
        })
    }

    /// Counts a comment.
    pub fn comment(&mut self) {
        self.comments += 1;
    }

    /// The last line: what a reconnect would send, the reconnection time, and how many comments there were.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn end(&mut self, last_event_id: &[u8], retry_ms: Option<u64>) -> io::Result<()> {
        let last_event_id = &String::from_utf8_lossy(last_event_id);
        let comments = self.comments;
        self.line(&EndLine {
            end: End {
                last_event_id,
                retry_ms,
                comments,
            },
        })?;
        self.flush()
    }

    /// Hands what is written to standard output.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }
}

impl Default for Printer {
    fn default() -> Self {
        Self::new()
    }
}
