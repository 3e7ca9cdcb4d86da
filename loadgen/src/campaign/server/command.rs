//! A user's server, which is started for one run and ended after it.

use std::io::{self, Read, Seek};
use std::process::Stdio;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::group::{Group, POLL};
use crate::plan::Target;

/// How long a server may take until it accepts connections.
const STARTING: Duration = Duration::from_secs(60);
/// How long a connection may take where one is accepted at all: a lost SYN is sent again after a second.
const ACCEPTING: Duration = Duration::from_secs(1);
/// What is shown of what it said, at most.
const SHOWN_BYTES: usize = 2_000;

/// What starts it, in a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command(pub String);

/// Why it is not there.
#[derive(Debug, Error)]
pub enum ServerError {
    /// There is no shell, or no file for what it says.
    #[error("cannot start {command:?}")]
    Start {
        /// As typed.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// Something else has its port.
    #[error("something listens at {authority} already, before {command:?} was started")]
    Taken {
        /// As typed.
        command: String,
        /// Of the URL.
        authority: String,
    },
    /// It ended before it accepted a connection, or did not accept one in time.
    #[error("{command:?} {what}{}", said(.output))]
    NotUp {
        /// As typed.
        command: String,
        /// What became of it.
        what: String,
        /// The end of what it said.
        output: String,
    },
}

fn said(output: &str) -> String {
    match output.trim() {
        "" => String::new(),
        output => format!("; it said:\n{output}"),
    }
}

/// One that accepts connections. Ended when it is dropped.
#[derive(Debug)]
pub struct Running {
    group: Group,
}

impl Command {
    /// Starts it, in a process group of its own, and waits until it accepts connections where `target` is.
    ///
    /// # Errors
    /// When it does not, or somebody else does.
    pub async fn start(&self, target: &Target) -> Result<Running, ServerError> {
        let Self(command) = self;
        if accepts(target).await {
            return Err(ServerError::Taken {
                command: command.clone(),
                authority: target.authority.clone(),
            });
        }
        let started = |source| ServerError::Start {
            command: command.clone(),
            source,
        };
        let mut output = tempfile::tempfile().map_err(started)?;
        let copy = || output.try_clone().map(Stdio::from);
        let mut shell = std::process::Command::new("sh");
        shell
            .args(["-c", command])
            .stdin(Stdio::null())
            .stdout(copy().map_err(started)?)
            .stderr(copy().map_err(started)?);
        let group = Group::start(&mut shell).map_err(started)?;
        let mut running = Running { group };
        let Some(what) = running.wait_until_up(target).await else {
            return Ok(running);
        };
        drop(running);
        Err(ServerError::NotUp {
            command: command.clone(),
            what,
            output: end_of(&mut output),
        })
    }
}

impl Running {
    /// What went wrong, if it did.
    async fn wait_until_up(&mut self, target: &Target) -> Option<String> {
        let begun = Instant::now();
        while begun.elapsed() < STARTING {
            if let Ok(Some(status)) = self.group.leader.try_wait() {
                return Some(format!(
                    "ended ({status}) before it accepted a connection at {}",
                    target.authority
                ));
            }
            if accepts(target).await {
                return None;
            }
            tokio::time::sleep(POLL).await;
        }
        Some(format!(
            "accepts no connection at {} after {} s",
            target.authority,
            STARTING.as_secs()
        ))
    }

    /// Ends it, and all that it started: politely, and after a while not.
    pub async fn stop(self) {
        self.group.stop().await;
    }
}

async fn accepts(target: &Target) -> bool {
    for &addr in &target.addrs {
        let connected = timeout(ACCEPTING, TcpStream::connect(addr)).await;
        if matches!(connected, Ok(Ok(_))) {
            return true;
        }
    }
    false
}

fn end_of(output: &mut (impl Read + Seek)) -> String {
    let mut bytes = Vec::new();
    // What cannot be read cannot be shown.
    let _lost = output
        .rewind()
        .and_then(|()| output.read_to_end(&mut bytes));
    let from = bytes.len().saturating_sub(SHOWN_BYTES);
    String::from_utf8_lossy(&bytes[from..]).into_owned()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn free() -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Target::literal(&format!("http://{}/", listener.local_addr().unwrap())).unwrap()
    }

    #[tokio::test]
    async fn one_that_does_not_come_up_is_quoted() {
        let command = Command("echo no such file >&2; exit 3".to_owned());
        let error = command.start(&free()).await.unwrap_err().to_string();
        assert!(
            error.contains("exit status: 3") && error.ends_with("no such file"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_not_mistaken_for_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target =
            Target::literal(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let error = Command("sleep 5".to_owned())
            .start(&target)
            .await
            .unwrap_err();
        assert!(matches!(error, ServerError::Taken { .. }), "{error}");
    }
}
