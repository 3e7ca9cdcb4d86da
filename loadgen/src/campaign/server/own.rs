//! This program as a server: it can be frozen, and its processor time is not that of the generator.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use nix::sys::signal::Signal;

use super::group::Group;

/// One that serves. It outlives neither its handle nor this process.
pub(in crate::campaign) struct OwnServer {
    group: Group,
    url: String,
}

impl OwnServer {
    /// Starts it by a command which prints a line, the URL of its generic stream, and serves until standard input is closed.
    pub(in crate::campaign) async fn start(command: &mut Command) -> anyhow::Result<Self> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut group = Group::start(command).context("starting the server")?;
        let stdout = group.leader.stdout.take().expect("it is piped");
        // Where nobody waits for it any more the group is killed, and with it ends this read.
        let url = tokio::task::spawn_blocking(|| first_line(stdout)).await??;
        ensure!(!url.is_empty(), "the server did not start");
        Ok(Self { group, url })
    }

    /// The URL of its generic stream.
    pub(in crate::campaign) fn url(&self) -> &str {
        self.url.trim_end()
    }

    /// Stops it for as long as the handle lives.
    pub(in crate::campaign) fn freeze(&self) -> anyhow::Result<Frozen<'_>> {
        self.group
            .signal(Signal::SIGSTOP)
            .context("freezing the server")?;
        Ok(Frozen(self))
    }
}

fn first_line(from: impl Read) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(from).read_line(&mut line)?;
    Ok(line)
}

/// A stopped server.
pub(in crate::campaign) struct Frozen<'a>(&'a OwnServer);

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        // Fails only when the process has ended, which the run notices.
        let _gone = self.0.group.signal(Signal::SIGCONT);
    }
}
