//! `weir`: owns the process.

use std::convert::Infallible;
use std::future::Future;
use std::io::{self, Write};
use std::mem;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use weir::campaign::server::kill_servers;
use weir::cli::{Cli, exit_of};
use weir::exit::Exit;

/// After so long the main thread is not computing any more, which takes it a fraction of a second between two looks at what
/// it waits for, but stuck: in a write to a pipe that nobody reads, say.
const STUCK: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let exit = execute(cli).unwrap_or_else(|error| fail(&error));
    exit.into()
}

fn execute(cli: Cli) -> anyhow::Result<Exit> {
    let waiting = Arc::default();
    let interrupt = Interrupt(Arc::clone(&waiting));
    thread::Builder::new()
        .name("weir-signals".to_owned())
        .spawn(move || runtime()?.block_on(heed_signals(&waiting)))?;
    let runtime = runtime()?;
    let outcome = runtime.block_on(cli.execute(interrupt));
    // A host that is still being looked up is nothing to wait for.
    runtime.shutdown_background();
    outcome
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

fn fail(error: &anyhow::Error) -> Exit {
    // Where standard error is closed there is nobody to tell.
    let _lost = writeln!(io::stderr(), "weir: {error:#}");
    exit_of(error)
}

/// Completes at the first SIGINT or SIGTERM that comes while it is waited for. One that comes before or after that, and each
/// after the first, ends the process at once: signals have a thread of their own, whatever the main thread is stuck in. So does
/// the first if the main thread is [`STUCK`].
struct Interrupt(Arc<Mutex<Waiting>>);

#[derive(Default)]
enum Waiting {
    /// Not yet, or not any more.
    #[default]
    Nobody,
    Somebody(Waker),
    /// It has come, and nobody has looked yet.
    Woken,
    /// It has come, and is being acted upon.
    Over,
}

impl Future for Interrupt {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut waiting = lock(&self.0);
        if matches!(*waiting, Waiting::Woken | Waiting::Over) {
            *waiting = Waiting::Over;
            return Poll::Ready(());
        }
        *waiting = Waiting::Somebody(cx.waker().clone());
        Poll::Pending
    }
}

/// Nobody waits for it any longer.
impl Drop for Interrupt {
    fn drop(&mut self) {
        let mut waiting = lock(&self.0);
        // One that came and was not looked at still ends what is stuck.
        if !matches!(*waiting, Waiting::Woken) {
            *waiting = Waiting::Nobody;
        }
    }
}

/// Acts on signals. Where they cannot be had they do what they do by default.
async fn heed_signals(waiting: &Mutex<Waiting>) -> io::Result<Infallible> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut next = async || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    next().await;
    if wake(waiting) {
        let again = timeout(STUCK, next()).await;
        if again.is_err() && !matches!(*lock(waiting), Waiting::Woken) {
            next().await;
        }
    }
    kill_servers();
    std::process::exit(Exit::Interrupted.code().into());
}

/// Whether somebody waited.
fn wake(waiting: &Mutex<Waiting>) -> bool {
    let mut waiting = lock(waiting);
    let Waiting::Somebody(waker) = mem::replace(&mut *waiting, Waiting::Woken) else {
        return false;
    };
    waker.wake();
    true
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
