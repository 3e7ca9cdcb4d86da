//! `weir decode`.

use std::io::{self, Read};

use anyhow::Context;
use clap::Args;
use weir_sse::{Decoder, Item};

use crate::exit::Exit;
use crate::output::decode::Printer;

/// How much of standard input is read, and fed to the decoder, at a time.
const READ_BYTES: usize = 64 * 1024;

#[derive(Debug, Args)]
pub(super) struct DecodeArgs {
    /// Feed the decoder so many bytes at a time.
    #[arg(long, value_name = "N", value_parser = super::units::count)]
    split: Option<u64>,
}

impl DecodeArgs {
    pub(super) fn execute(&self) -> anyhow::Result<Exit> {
        match self.decode() {
            // Whoever read the events has had enough of them.
            Err(error) if is_broken_pipe(&error) => Ok(Exit::Success),
            outcome => outcome.map(|()| Exit::Success),
        }
    }

    fn decode(&self) -> anyhow::Result<()> {
        let piece_bytes = self.split.map_or(READ_BYTES, |split| {
            usize::try_from(split).unwrap_or(usize::MAX)
        });
        let mut input = io::stdin().lock();
        let mut buffer = vec![0; READ_BYTES];
        let mut decoder = Decoder::new();
        let mut printer = Printer::new();
        loop {
            let length = input.read(&mut buffer).context("reading standard input")?;
            if length == 0 {
                break;
            }
            for piece in buffer[..length].chunks(piece_bytes) {
                feed(&mut decoder, piece, &mut printer)?;
            }
            printer.flush()?;
        }
        printer.end(decoder.last_event_id(), decoder.retry_ms())?;
        Ok(())
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn feed(decoder: &mut Decoder, mut piece: &[u8], printer: &mut Printer) -> anyhow::Result<()> {
    loop {
        match decoder.next(&mut piece) {
            Ok(Some(Item::Event(event))) => printer.event(&event)?,
            Ok(Some(Item::Comment(_))) => printer.comment(),
            Ok(None) => return Ok(()),
            Err(error) => {
                printer.flush()?;
                return Err(error).context("decoding standard input");
            }
        }
    }
}
