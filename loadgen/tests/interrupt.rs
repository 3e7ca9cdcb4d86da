//! ^C works at any moment, in every command: whatever it waits for just then, it ends, and what was measured is kept.
//!
//! By itself each of them would wait far longer than [`PATIENCE`], but for the one that waits for memory: there it is about what
//! is kept.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::fs::{self, File};
use std::io::{PipeReader, PipeWriter, Write, pipe};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};
use serde_json::Value;
use socket2::{Domain, Socket, Type};
use tempfile::NamedTempFile;

use self::common::peer::{response, stamped};
use self::common::{server, sse};

/// Of a run that went well. A program built without optimisation calls its own figures invalid.
const GOOD: i32 = if cfg!(debug_assertions) { 12 } else { 0 };

/// What a shell reports of a program that ^C ended.
const INTERRUPTED: i32 = 130;

/// For whatever is to happen at once.
const PATIENCE: Duration = Duration::from_secs(15);

/// For a process to get to where it waits: it does what comes before in a fraction of that.
const UNDER_WAY: Duration = Duration::from_millis(700);

const POLL: Duration = Duration::from_millis(1);

/// A command that runs, and where it writes; killed if the test fails.
struct Running {
    child: Child,
    stdout: NamedTempFile,
    stderr: NamedTempFile,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// What a command came to.
struct Outcome {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn weir(args: &[&str]) -> Running {
    let stderr = NamedTempFile::new().unwrap();
    let to_stderr = stderr.reopen().unwrap().into();
    weir_saying(args, stderr, to_stderr)
}

fn weir_saying(args: &[&str], stderr: NamedTempFile, to_stderr: Stdio) -> Running {
    let stdout = NamedTempFile::new().unwrap();
    let to_stdout = stdout.reopen().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
    let command = command.args(args).stdin(Stdio::piped());
    let child = command.stdout(to_stdout).stderr(to_stderr).spawn();
    Running {
        child: child.unwrap(),
        stdout,
        stderr,
    }
}

impl Running {
    /// Sends ^C, which is to end it.
    #[track_caller]
    fn interrupt(mut self) -> Outcome {
        let before = self.child.try_wait().unwrap();
        assert_eq!(before, None, "it has not waited: {}", self.said());
        signal(self.child.id(), Signal::SIGINT);
        let mut status = None;
        wait_until("it ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        Outcome {
            code: status.unwrap().code(),
            stdout: fs::read_to_string(self.stdout.path()).unwrap(),
            stderr: self.said(),
        }
    }

    fn said(&self) -> String {
        fs::read_to_string(self.stderr.path()).unwrap()
    }
}

fn signal(process: u32, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(process).unwrap()), signal).unwrap();
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "not in time: {what}");
        thread::sleep(POLL);
    }
}

/// A listener that answers no SYN: its queue of connections is full (listen(2)).
struct Silent {
    addr: SocketAddr,
    _listener: Socket,
    _queued: Vec<TcpStream>,
}

impl Silent {
    fn listen() -> Self {
        Self::of(Self::bind())
    }

    /// With room for one connection that nobody has accepted yet.
    fn bind() -> Socket {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        listener.bind(&any.into()).unwrap();
        listener.listen(0).unwrap();
        listener
    }

    fn of(listener: Socket) -> Self {
        let addr = listener.local_addr().unwrap().as_socket().unwrap();
        let connect = || TcpStream::connect_timeout(&addr, Duration::from_millis(200));
        let queued = std::iter::from_fn(|| connect().ok()).collect();
        Self {
            addr,
            _listener: listener,
            _queued: queued,
        }
    }

    fn url(&self) -> String {
        format!("http://{}/", self.addr)
    }
}

fn fifo(directory: &Path) -> PathBuf {
    let path = directory.join("fifo");
    mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    path
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const NEVER: &[&str] = &["--timeout-connect", "60s"];

#[test]
fn a_run_whose_target_does_not_answer() {
    let silent = Silent::listen();
    let run = weir(&[&["run", &silent.url()], NEVER].concat());
    thread::sleep(UNDER_WAY);
    let Outcome { code, stdout, .. } = run.interrupt();
    assert_eq!((code, stdout.as_str()), (Some(INTERRUPTED), ""));
}

#[test]
fn a_run_in_its_window_keeps_what_it_has() {
    let server = server();
    let url = sse(&server, "rate=100");
    let run = weir(&[
        "run", &url, "-c", "2", "-d", "60s", "--warmup", "0", "--json", "-",
    ]);
    thread::sleep(UNDER_WAY);
    let Outcome { code, stdout, .. } = run.interrupt();
    assert_eq!(code, Some(GOOD));
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["interrupted"], true);
    assert!(report["counters"]["events"].as_u64() > Some(0));
}

#[test]
fn a_run_that_waits_for_memory_to_come_back_keeps_what_it_has() {
    let server = server();
    let url = sse(&server, "rate=100");
    let grows = "sleep 1; x=$(head -c 60000000 /dev/zero | tr '\\0' x); read line";
    let mut hog = Command::new("sh");
    let hog = hog.args(["-c", grows]).stdin(Stdio::piped()).spawn();
    let mut hog = hog.unwrap();
    let pid = hog.id().to_string();
    let flags = ["-c", "2", "-d", "2500ms", "--warmup", "0", "--json", "-"];
    let run = weir(&[&["run", &url, "--server-pid", &pid], &flags[..]].concat());
    thread::sleep(Duration::from_millis(2_500) + UNDER_WAY);
    let Outcome { code, stdout, .. } = run.interrupt();
    hog.kill().unwrap();
    hog.wait().unwrap();
    assert_eq!(code, Some(GOOD));
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert!(report["counters"]["events"].as_u64() > Some(0));
}

#[test]
fn a_report_that_nobody_reads() {
    let server = server();
    let url = sse(&server, "rate=100");
    let directory = tempfile::tempdir().unwrap();
    let fifo = fifo(directory.path());
    let path = text(&fifo).to_owned();
    let run = weir(&[
        "run", &url, "-c", "2", "-d", "200ms", "--warmup", "0", "--json", &path,
    ]);
    // It is looked at whether it can be written before the run, and then nobody is there any more.
    drop(File::open(&fifo).unwrap());
    thread::sleep(2 * UNDER_WAY);
    assert_eq!(run.interrupt().code, Some(INTERRUPTED));
}

#[test]
fn a_report_that_nobody_will_read() {
    let directory = tempfile::tempdir().unwrap();
    let fifo = fifo(directory.path());
    let run = weir(&["run", "-d", "200ms", "--json", text(&fifo)]);
    thread::sleep(UNDER_WAY);
    assert_eq!(run.interrupt().code, Some(INTERRUPTED));
}

#[test]
fn a_second_one_ends_what_the_first_has_begun_to_end() {
    let server = server();
    let url = sse(&server, "rate=100");
    let directory = tempfile::tempdir().unwrap();
    let fifo = fifo(directory.path());
    let run = weir(&["run", &url, "-d", "60s", "--json", text(&fifo)]);
    drop(File::open(&fifo).unwrap());
    thread::sleep(2 * UNDER_WAY);
    signal(run.child.id(), Signal::SIGINT);
    thread::sleep(UNDER_WAY);
    assert_eq!(run.interrupt().code, Some(INTERRUPTED));
}

#[test]
fn progress_that_nobody_reads() {
    let server = server();
    let url = sse(&server, "rate=100");
    let (_unread, full) = full_pipe();
    let args = ["run", &url, "-c", "2", "-d", "60s", "--warmup", "0"];
    let run = weir_saying(&args, NamedTempFile::new().unwrap(), full.into());
    // The first second is told when it is over.
    thread::sleep(Duration::from_secs(1) + UNDER_WAY);
    assert_eq!(run.interrupt().code, Some(INTERRUPTED));
}

/// A pipe that takes nothing more, be it a byte.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = pipe().unwrap();
    let set = |writer: &PipeWriter, flags| fcntl(writer, FcntlArg::F_SETFL(flags)).unwrap();
    set(&writer, OFlag::O_NONBLOCK);
    while writer.write(&[0]).is_ok() {}
    set(&writer, OFlag::empty());
    (reader, writer)
}

#[test]
fn a_comparison_whose_server_does_not_come_up() {
    let directory = tempfile::tempdir().unwrap();
    let up = directory.path().join("up");
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    let command = format!("echo $$ > {}; exec sleep 60", up.display());
    let compare = weir(&["compare", "--run", &url, "--base-cmd", &command]);
    wait_until("its server is started", || up.exists());
    thread::sleep(UNDER_WAY);
    let Outcome { code, stderr, .. } = compare.interrupt();
    assert_eq!(code, Some(INTERRUPTED), "{stderr}");
    let pid = fs::read_to_string(&up).unwrap();
    let is_left = || Path::new("/proc").join(pid.trim()).exists();
    wait_until("its server is gone", || !is_left());
}

#[test]
fn a_comparison_whose_target_does_not_answer() {
    let silent = Silent::listen();
    let url = silent.url();
    let args = ["compare", "--run", &url, "--base-cmd", "exec sleep 60"];
    let compare = weir(&[&args, NEVER].concat());
    thread::sleep(UNDER_WAY);
    let Outcome { code, stderr, .. } = compare.interrupt();
    assert_eq!(code, Some(INTERRUPTED), "{stderr}");
}

#[test]
fn a_search_whose_target_does_not_answer_any_more_keeps_what_it_has() {
    let listener = Silent::bind();
    let addr = listener.local_addr().unwrap().as_socket().unwrap();
    let url = format!("http://{addr}/");
    let flags = "--from 1 --to 2 --trial 1s --warmup 0 --slo failed_rate<1% --json -";
    let flags: Vec<&str> = flags.split(' ').collect();
    let search = weir(&[&["capacity", &url], &flags[..], NEVER].concat());
    // Whoever looks whether anybody is there, and then the one stream of the first trial.
    drop(listener.accept().unwrap());
    let mut peer = TcpStream::from(listener.accept().unwrap().0);
    peer.write_all(response([stamped(0)]).as_bytes()).unwrap();
    let _silent = Silent::of(listener);
    wait_until("the second trial", || {
        search.said().matches("trying").count() == 2
    });
    drop(peer);
    thread::sleep(UNDER_WAY);
    let Outcome { code, stdout, .. } = search.interrupt();
    assert!(code.is_some_and(|code| code != INTERRUPTED), "{code:?}");
    let found: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(found["interrupted"], true);
    assert_eq!(found["trials"].as_array().unwrap().len(), 1);
}

#[test]
fn a_calibration_whose_server_does_not_come_up() {
    let calibrate = weir(&["calibrate", "--smoke", "--json", "-"]);
    let pid = calibrate.child.id();
    let children = format!("/proc/{pid}/task/{pid}/children");
    let mut server = None;
    wait_until("its server is started", || {
        let children = fs::read_to_string(&children).unwrap();
        let mut children = children.split_whitespace().map(|pid| pid.parse().unwrap());
        server = children.find(|pid: &u32| {
            let command = fs::read_to_string(format!("/proc/{pid}/cmdline"));
            command.is_ok_and(|command| command.contains("calibrate-server"))
        });
        server.is_some()
    });
    let server = server.unwrap();
    signal(server, Signal::SIGSTOP);
    thread::sleep(UNDER_WAY);
    let Outcome { code, stdout, .. } = calibrate.interrupt();
    assert_eq!(code, Some(0), "nothing was measured that is invalid");
    let found: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(found["interrupted"], true);
    assert!(!Path::new("/proc").join(server.to_string()).exists());
}

#[test]
fn what_waits_for_its_input() {
    let directory = tempfile::tempdir().unwrap();
    let fifo = fifo(directory.path());
    let path = text(&fifo);
    for args in [
        &["decode"][..],
        &["calibrate-server", "1"],
        &["show", path],
        &["merge", path, "-o", "-"],
        &["compare", path, "--to", path],
    ] {
        let command = weir(args);
        thread::sleep(UNDER_WAY);
        let Outcome { code, .. } = command.interrupt();
        assert!(code.is_none_or(|code| code == INTERRUPTED), "{args:?}");
    }
}
