//! A side of a measurement as a process of its own, so that its processor time can be told from the other's.

use std::io::{BufRead, BufReader};
use std::process::{Child as Process, ChildStdout, Command, Stdio};

use anyhow::{Context, bail};
use serde::de::DeserializeOwned;

use super::part::{Part, Role};
use crate::ceiling::settings::Span;

/// This binary, playing a part. Ended with its handle, whatever becomes of the measurement.
pub(crate) struct Child {
    part: String,
    process: Process,
    lines: BufReader<ChildStdout>,
}

impl Child {
    pub(crate) fn spawn(role: Role, span: Span) -> anyhow::Result<Self> {
        let part = serde_json::to_string(&Part { role, span })?;
        let mut process = Command::new(std::env::current_exe()?)
            .args(["role", &part])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {part}"))?;
        let stdout = process.stdout.take().expect("it is piped");
        Ok(Self {
            part,
            process,
            lines: BufReader::new(stdout),
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// The next thing it says: one line of JSON.
    pub(crate) fn receive<T: DeserializeOwned>(&mut self) -> anyhow::Result<T> {
        let mut line = String::new();
        self.lines.read_line(&mut line)?;
        if line.is_empty() {
            bail!(
                "{} ended ({}) without saying what it did",
                self.part,
                self.process.wait()?
            );
        }
        serde_json::from_str(&line).with_context(|| format!("{} said {line}", self.part))
    }

    /// Tells it that it is no longer needed, which a server waits for.
    pub(crate) fn dismiss(&mut self) {
        drop(self.process.stdin.take());
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
