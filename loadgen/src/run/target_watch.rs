//! What the target uses, sampled once a second beside the run and never by a worker.

mod metrics;
mod process;
mod use_of;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use self::process::TargetProcess;
pub(super) use self::use_of::Watched;
use crate::measure::OpenStreams;
use crate::plan::Target;
use crate::plan::TargetFigures;
use crate::report::TargetUse;

const SECOND: Duration = Duration::from_secs(1);

const SETTLING_STEP: Duration = Duration::from_millis(250);

/// Why the target's figures cannot be read.
#[derive(Debug, Error)]
pub enum WatchError {
    /// Of a process.
    #[error("cannot read what process {pid} uses")]
    Process {
        /// Its number.
        pid: u32,
        /// Why.
        source: procfs::ProcError,
    },
    /// It has ended.
    #[error("process {pid} has ended")]
    Ended {
        /// Its number.
        pid: u32,
    },
    /// The metrics were not to be had.
    #[error("cannot read metrics at {url}")]
    Metrics {
        /// Where.
        url: String,
        /// Why.
        source: io::Error,
    },
    /// They tell nothing that is wanted.
    #[error("metrics at {url} have none of {}", metrics::NAMES.join(", "))]
    Unknown {
        /// Where.
        url: String,
    },
}

/// What the target has used up to an instant, and has in use at it, as far as it says.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Figures {
    cpu_s: Option<f64>,
    rss_bytes: Option<u64>,
    streams_open: Option<u64>,
}

/// Where they come from.
enum Source {
    Process(TargetProcess),
    Metrics(Target),
}

/// A target that is going to be watched.
pub(super) struct TargetWatch {
    source: Source,
    watched: Watched,
}

impl TargetWatch {
    /// Reads what the target uses before the first stream, if that is asked for.
    pub(super) async fn begin(figures: Option<&TargetFigures>) -> Result<Option<Self>, WatchError> {
        let (source, name) = match figures {
            None => return Ok(None),
            Some(TargetFigures::Pid(pid)) => (
                Source::Process(TargetProcess::find(*pid)?),
                format!("pid {pid}"),
            ),
            Some(TargetFigures::Metrics(target)) => {
                (Source::Metrics(target.clone()), target.url.clone())
            }
        };
        let before = source.read().await?;
        Ok(Some(Self {
            source,
            watched: Watched::new(name, before),
        }))
    }

    /// Samples it from `start` to `end` each second, and at the stop.
    pub(super) async fn keep(
        mut self,
        start: Instant,
        end: Instant,
        open_streams: Arc<OpenStreams>,
        mut stop: watch::Receiver<bool>,
    ) -> Self {
        tokio::select! {
            biased;
            // The coordinator does not go away before the watch.
            _stopped = stop.wait_for(|stopped| *stopped) => {}
            () = self.sample_window(start, end, &open_streams) => {}
        }
        if Instant::now() >= start {
            let figures = self.read().await;
            self.watched.end(figures, open_streams.now());
        }
        self
    }

    /// What it has used, once its memory has come back, or once nobody waits for that any more: `ends` completes then.
    pub(super) async fn settled(mut self, ends: impl Future<Output = ()>) -> Watched {
        tokio::select! {
            biased;
            () = ends => {}
            () = self.settle() => {}
        }
        self.watched
    }

    /// Never ends: at the end of the window the stop comes.
    async fn sample_window(&mut self, start: Instant, end: Instant, open_streams: &OpenStreams) {
        tokio::time::sleep_until(start).await;
        let figures = self.read().await;
        self.watched.start(figures, open_streams.now());
        let mut ticks = tokio::time::interval_at(start + SECOND, SECOND);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let at = ticks.tick().await;
            if at >= end {
                return std::future::pending().await;
            }
            let figures = self.read().await;
            let end_s = (at - start).as_secs();
            self.watched.second(end_s, figures, open_streams.now());
        }
    }

    /// Waits for the memory that came with the streams to go.
    async fn settle(&mut self) {
        let until = Instant::now() + TargetUse::RETURN_TIME;
        loop {
            let figures = self.read().await;
            self.watched.after(figures);
            if self.watched.is_settled() || Instant::now() >= until {
                return;
            }
            tokio::time::sleep(SETTLING_STEP).await;
        }
    }

    /// What it uses now. Where that cannot be found out, the reason is kept.
    async fn read(&mut self) -> Figures {
        self.source.read().await.unwrap_or_else(|error| {
            self.watched.lose(&error);
            Figures::default()
        })
    }
}

impl Source {
    async fn read(&self) -> Result<Figures, WatchError> {
        match self {
            Self::Process(process) => process.read(),
            Self::Metrics(target) => metrics::read(target).await,
        }
    }
}
