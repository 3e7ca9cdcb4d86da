//! The server as a process of its own: it can be frozen, and its processor time is not weir's.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::campaign::embedded::Embedded;
use crate::output::calibrate::announce;
use crate::plan::Plan;
use crate::plan::Target;
use crate::preflight;

/// The subcommand that this program starts itself with.
pub(crate) const SUBCOMMAND: &str = "calibrate-server";

/// Prints the URL of a server of its own, and serves up to `streams` streams until standard input is closed.
///
/// It has a thread per core, like any `weir-server`: with fewer the highest rate would be its limit, not weir's.
///
/// # Errors
/// When it cannot listen, this machine cannot hold the streams, or nobody reads the URL.
pub fn serve(streams: u32) -> anyhow::Result<()> {
    let server = Embedded::start(cores())?;
    let url = server.url();
    preflight::check_machine(&Plan {
        streams,
        ..Plan::new(Target::resolve(&url)?)
    })?;
    announce(&url)?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// The server, which outlives neither its handle nor this process.
pub(in crate::campaign) struct OwnServer {
    child: Child,
    url: String,
}

impl OwnServer {
    /// Starts one that can hold so many streams.
    pub(in crate::campaign) fn start(streams: u32) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("finding this program")?;
        let mut child = Command::new(program)
            .args([SUBCOMMAND, &streams.to_string()])
            // In a group of its own, since ^C is for this process to deal with. If this process is killed while the server
            // is stopped, the kernel lets it go on, as it does with every orphaned group (setpgid(2)).
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the server")?;
        let stdout = child.stdout.take().expect("it is piped");
        let mut server = Self {
            child,
            url: String::new(),
        };
        BufReader::new(stdout).read_line(&mut server.url)?;
        ensure!(!server.url.is_empty(), "the server did not start");
        Ok(server)
    }

    /// The URL of its generic stream.
    pub(in crate::campaign) fn url(&self) -> &str {
        self.url.trim_end()
    }

    /// Stops it for as long as the handle lives.
    pub(in crate::campaign) fn freeze(&self) -> anyhow::Result<Frozen<'_>> {
        self.signal(Signal::SIGSTOP)
            .context("freezing the server")?;
        Ok(Frozen(self))
    }

    fn signal(&self, signal: Signal) -> nix::Result<()> {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal)
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // A stopped process ends, too. Both fail only when it has ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A stopped server.
pub(in crate::campaign) struct Frozen<'a>(&'a OwnServer);

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        // Fails only when the process has ended, which the run notices.
        let _gone = self.0.signal(Signal::SIGCONT);
    }
}

pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
