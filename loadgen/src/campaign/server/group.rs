//! The processes of a server, which end with whoever started them.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// How long it may take to end.
const ENDING: Duration = Duration::from_secs(10);
/// For the rest of its group, once its first process has ended: a shell dies of the signal while what it started still drains.
const REST: Duration = Duration::from_secs(2);
/// How often it is looked whether something has become of it.
pub(super) const POLL: Duration = Duration::from_millis(20);

/// Those that run.
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

fn groups() -> MutexGuard<'static, Vec<Pid>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends every server at once: for a process that is about to end without dropping anything.
pub fn kill_servers() {
    for group in groups().drain(..) {
        // A group that is gone needs no signal.
        let _gone = killpg(group, Signal::SIGKILL);
    }
}

/// A process group: one that was started, and all that it starts. Killed when it is dropped.
#[derive(Debug)]
pub(super) struct Group {
    /// The first of them.
    pub(super) leader: Child,
}

impl Group {
    /// Starts a process in a group of its own, since ^C is for this process to deal with.
    ///
    /// If this process is killed while the group is stopped, the kernel lets it go on, as it does with every orphaned group
    /// (setpgid(2)).
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        // Not locked meanwhile: a program on a file system that hangs is to keep nobody from ending the others.
        let leader = command.process_group(0).spawn()?;
        let group = Self { leader };
        groups().push(group.id());
        Ok(group)
    }

    pub(super) fn signal(&self, signal: Signal) -> nix::Result<()> {
        killpg(self.id(), signal)
    }

    /// Ends all of it: politely, and after a while not.
    pub(super) async fn stop(mut self) {
        // A group that is gone needs no signal.
        let _gone = self.signal(Signal::SIGTERM);
        let mut until = Instant::now() + ENDING;
        let mut leader_runs = true;
        while Instant::now() < until && killpg(self.id(), None).is_ok() {
            if leader_runs && !matches!(self.leader.try_wait(), Ok(None)) {
                leader_runs = false;
                until = until.min(Instant::now() + REST);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn id(&self) -> Pid {
        Pid::from_raw(self.leader.id().cast_signed())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // What is stopped ends, too. It fails only where all of it has ended already.
        let _gone = self.signal(Signal::SIGKILL);
        groups().retain(|group| *group != self.id());
        // It has been killed: there is nothing else to do about it.
        let _ended = self.leader.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stderr(Stdio::null());
        command
    }

    #[tokio::test]
    async fn what_a_shell_started_is_let_end_by_itself_too() {
        let directory = tempfile::tempdir().unwrap();
        let [up, ended] = ["up", "ended"].map(|name| directory.path().join(name));
        let drains = format!(
            "(trap 'sleep 0.2; touch {ended}; exit' TERM; touch {up}; while :; do sleep 0.01; done); true",
            ended = ended.display(),
            up = up.display(),
        );
        let group = Group::start(&mut sh(&drains)).unwrap();
        while !up.exists() {
            tokio::time::sleep(POLL).await;
        }
        group.stop().await;
        assert!(ended.exists());
    }

    #[test]
    fn a_stopped_one_ends_when_it_is_dropped_and_is_forgotten() {
        let group = Group::start(&mut sh("exec sleep 60")).unwrap();
        let id = group.id();
        group.signal(Signal::SIGSTOP).unwrap();
        assert!(groups().contains(&id));
        drop(group);
        assert!(killpg(id, None).is_err());
        assert!(!groups().contains(&id));
    }
}
