//! Runs of answers that are known beforehand.
//!
//! A server in a process of its own says in its stamps when each event was due and when it was sent. That is the truth,
//! and what weir reports of the same events is held against it, with kernel and with user-space receive times.

use std::future::{Future, pending};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, ensure};

use crate::analysis::calibration::{
    Calibration, Case, CaseResult, Freeze, Rates, Run, SCHEMA, Size, Streams, Trial,
};
use crate::campaign::server::OwnServer;
use crate::campaign::{Interrupt, cores};
use crate::load::Load;
use crate::measure::Rx;
use crate::plan::{Plan, Settings, Target, Timeouts};
use crate::preflight;
use crate::report::{Machine, Report, Tool};
use crate::run::{RunError, run};

/// What does not come for so long does not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs every case, and searches the highest rate; `smoke` does both with few streams in a few seconds, to see that
/// they work. `server` is what starts a server of so many streams, which prints its URL and serves until its standard input is
/// closed. `interrupt` ends it early, with what was measured until then; a run that it cut short is left out.
///
/// # Errors
/// When the server or a run cannot begin, or streams fail, since then the truth is not known either.
pub async fn calibrate(
    smoke: bool,
    server: impl FnOnce(u32) -> anyhow::Result<Command>,
    interrupt: impl Future<Output = ()>,
    mut progress: impl FnMut(Progress<'_>),
) -> anyhow::Result<Calibration> {
    let size = if smoke { Size::SMOKE } else { Size::FULL };
    let started_at = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
    let mut interrupt = Interrupt::new(interrupt);
    let mut command = server(size.most_streams())?;
    let server = tokio::select! {
        server = OwnServer::start(&mut command) => Some(server?),
        () = &mut interrupt => None,
    };
    let (cases, rates) = if let Some(server) = server {
        let mut bench = Bench {
            server,
            interrupt: &mut interrupt,
        };
        let cases = bench.cases(size, &mut progress).await?;
        (cases, bench.rates(size, &mut progress).await?)
    } else {
        (Vec::new(), Rates::default())
    };
    Ok(Calibration {
        schema: SCHEMA,
        tool: Tool::this(),
        started_at,
        command: Tool::command(),
        machine: Machine::this(),
        smoke,
        interrupted: interrupt.has_come(),
        cases,
        rates,
    })
}

/// What has just been found.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// What became of a case.
    Case(&'a CaseResult),
    /// What became of a rate.
    Trial(&'a Trial),
}

/// The server, and what may end all this.
struct Bench<'a, I> {
    server: OwnServer,
    interrupt: &'a mut Interrupt<I>,
}

impl<I: Future<Output = ()>> Bench<'_, I> {
    async fn cases(
        &mut self,
        size: Size,
        progress: &mut impl FnMut(Progress<'_>),
    ) -> anyhow::Result<Vec<CaseResult>> {
        let mut results = Vec::new();
        for case in size.cases() {
            let runs = self.runs(&case, size.repeats).await;
            let runs = runs.with_context(|| case.summary.clone())?;
            if !runs.is_empty() {
                let result = CaseResult { case, runs };
                progress(Progress::Case(&result));
                results.push(result);
            }
        }
        Ok(results)
    }

    /// A case with both sources of receive times in turn, every other time in the other order: whatever else changes on
    /// the machine meanwhile is in both.
    async fn runs(&mut self, case: &Case, repeats: usize) -> anyhow::Result<Vec<Run>> {
        let mut runs = Vec::new();
        for repeat in 0..repeats {
            let mut sources = [Rx::Kernel, Rx::User];
            sources.rotate_left(repeat % 2);
            for rx in sources {
                let plan = plan(&case.streams, self.server.url())?.with(|asked| {
                    asked.rx = rx;
                    asked.truth = true;
                })?;
                let report = self.measure(plan, case.freeze).await?;
                runs.extend(report.map(|report| Run::of(report, case.metrics)));
            }
        }
        Ok(runs)
    }

    async fn rates(
        &mut self,
        size: Size,
        progress: &mut impl FnMut(Progress<'_>),
    ) -> anyhow::Result<Rates> {
        let mut trials = Vec::new();
        while let Some(events_per_s) = size.search.next(&trials) {
            let plan = plan(&size.at_rate(events_per_s), self.server.url())?;
            let report = self.measure(plan, None).await;
            let report = report.with_context(|| format!("{events_per_s} events/s"))?;
            let Some(report) = report else { break };
            let trial = Trial::of(events_per_s, &report);
            progress(Progress::Trial(&trial));
            trials.push(trial);
        }
        Ok(Rates::of(trials))
    }

    /// One run; `None` if it was cut short.
    async fn measure(
        &mut self,
        plan: Plan,
        freeze: Option<Freeze>,
    ) -> anyhow::Result<Option<Report>> {
        if self.interrupt.has_come() {
            return Ok(None);
        }
        preflight::check_machine(&plan)?;
        let warmup = plan.warmup;
        let mut nobody = ();
        let made = tokio::select! {
            made = run(plan, &mut *self.interrupt, &mut nobody) => made,
            error = keep_freezing(&self.server, freeze, warmup) => return Err(error),
        };
        let report = match made {
            Err(RunError::Interrupted) => return Ok(None),
            made => made?,
        };
        ensure!(
            report.interrupted || report.errors.is_empty(),
            "streams failed: {:?}",
            report.error_samples
        );
        Ok((!report.interrupted).then_some(report))
    }
}

/// As `weir run` would measure these streams, from the server at this URL.
fn plan(streams: &Streams, server_url: &str) -> anyhow::Result<Plan> {
    let target = Target::literal(&format!("{server_url}?{}", streams.query))?;
    let plan = Plan::build(Settings {
        load: Load::closed(streams.count, streams.warmup),
        duration: Some(streams.window),
        warmup: streams.warmup,
        threads: cores().min(streams.count as usize),
        timeouts: Timeouts {
            connect: Some(PATIENCE),
            first_event: Some(PATIENCE),
            idle: Some(PATIENCE),
        },
        ..Settings::new(target)
    })?;
    Ok(plan)
}

/// Freezes the server in the measuring time that follows the warm-up, if it is to be. Completes only when it cannot.
async fn keep_freezing(
    server: &OwnServer,
    freeze: Option<Freeze>,
    warmup: Duration,
) -> anyhow::Error {
    if let Some(Freeze { after, length }) = freeze {
        tokio::time::sleep(warmup + after).await;
        match server.freeze() {
            Ok(_frozen) => tokio::time::sleep(length).await,
            Err(error) => return error,
        }
    }
    pending().await
}
