//! The `weir-server` process: its arguments, signals and exit code.

mod args;
mod log;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;
use weir_server::{Config, Server};

use crate::args::Args;

#[expect(
    clippy::print_stderr,
    reason = "whoever starts it is told why it does not, whatever is logged"
)]
fn main() -> ExitCode {
    let args = Args::parse();
    args.log.start();
    match run(&args.into()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("weir-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(config: &Config) -> anyhow::Result<ExitCode> {
    weir_host::raise_descriptor_limit().context("raising the limit of open files")?;
    weir_host::reserve_descriptors(DESCRIPTORS_RESERVED);
    let server =
        Server::start(config).with_context(|| format!("listening on {}", config.listen))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let scheme = if config.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let code = runtime.block_on(serve(server, scheme, config.drain));
    // After a second signal the drain is still going on in the background.
    runtime.shutdown_background();
    code
}

/// More streams than most have at a time, for half a megabyte of kernel memory.
const DESCRIPTORS_RESERVED: u64 = 65_536;

/// Until a signal has come and the server has drained, or another one has come.
async fn serve(server: Server, scheme: &str, drain: Duration) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::new().context("listening for signals")?;
    announce(scheme, server.addr()).context("printing the address")?;
    signals.next().await;
    tracing::info!(?drain, "draining; another signal ends it at once");
    let drained = tokio::task::spawn_blocking(|| server.shutdown());
    tokio::select! {
        counters = drained => {
            let counters = counters?;
            if counters.cut > 0 {
                tracing::warn!(streams = counters.cut, "cut off: they had not ended in time");
            }
            tracing::info!(
                streams = counters.streams,
                events = counters.events,
                bytes = counters.bytes,
                "drained"
            );
            Ok(ExitCode::SUCCESS)
        }
        another = another_signal() => {
            another.context("listening for signals")?;
            tracing::warn!("ended by a second signal");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// `timeout` signals a process, and then the group that it is in: this is one signal.
const ONE_SIGNAL: Duration = Duration::from_millis(500);

/// Completes when a signal comes that is not the first one again.
async fn another_signal() -> io::Result<()> {
    sleep(ONE_SIGNAL).await;
    Signals::new()?.next().await;
    Ok(())
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The one line scripts wait for.
fn announce(scheme: &str, addr: SocketAddr) -> io::Result<()> {
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on {scheme}://{addr}")?;
    stdout.flush()
}
