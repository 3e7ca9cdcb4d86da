//! `weir`: owns the process.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use weir::campaign::server::kill_servers;
use weir::cli::{Cli, exit_of};
use weir::exit::Exit;

/// What a shell reports of a program that ^C ended.
const INTERRUPTED: i32 = 130;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(cli.execute(interrupted())));
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) => fail(&error).into(),
    }
}

fn fail(error: &anyhow::Error) -> Exit {
    // Where standard error is closed there is nobody to tell.
    let _lost = writeln!(std::io::stderr(), "weir: {error:#}");
    exit_of(error)
}

/// Completes at the first SIGINT or SIGTERM; a second one ends the process at once.
async fn interrupted() {
    wait_for_signal().await;
    tokio::spawn(async {
        wait_for_signal().await;
        kill_servers();
        std::process::exit(INTERRUPTED);
    });
}

async fn wait_for_signal() {
    let handlers = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    if let (Ok(mut interrupt), Ok(mut terminate)) = handlers {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    } else {
        std::future::pending::<()>().await;
    }
}
