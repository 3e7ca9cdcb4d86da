//! Whether a run's figures may be believed.

use serde::{Deserialize, Serialize};

use crate::measure::Counters;

/// Fewest events behind a p99: from here on the second worst of them is a bound for it (binomial, 99 % confidence).
const FEW_SAMPLES: u64 = 662;

/// Share of its core that a worker's thread may use before its own delays show.
const BUSY_THREAD: f64 = 0.9;
/// What the wall clock may move during a run: gaps and deliveries that matter are milliseconds.
const CLOCK_SUSPECT_MS: f64 = 1.0;
const CLOCK_INVALID_MS: f64 = 10.0;

/// How far the figures may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As far as they go.
    Valid,
    /// With the reasons in mind.
    Suspect,
    /// Not at all.
    Invalid,
}

impl Status {
    /// As in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Suspect => "suspect",
            Self::Invalid => "invalid",
        }
    }
}

/// What speaks against a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Built without optimisation.
    DebugBuild,
    /// Too few events for a p99, or none.
    FewSamples,
    /// A worker's thread had next to no time left.
    ClientCpu,
    /// The wall clock moved against the monotonic one.
    Clock,
}

/// One reason, with its figure and what to do about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Which.
    pub code: Code,
    /// How bad.
    pub severity: Status,
    /// What was found.
    pub figure: f64,
    /// What would have been good enough.
    pub limit: f64,
    /// In words, with what to do.
    pub message: String,
}

/// The worst of its reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The worst.
    pub status: Status,
    /// All of them.
    pub reasons: Vec<Reason>,
}

/// What the judgement goes by.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// Of the whole run.
    pub counters: &'a Counters,
    /// Events inside the window.
    pub window_events: u64,
    /// Whether this binary was built with optimisation.
    pub optimised: bool,
    /// Processor time of the busiest worker's thread over the window's length.
    pub busiest_thread: f64,
    /// How far the wall clock, by which the kernel stamps, moved away from the run's own, in nanoseconds.
    pub clock_drift_ns: u64,
}

impl Verdict {
    /// Judges a run.
    #[must_use]
    pub fn of(evidence: Evidence<'_>) -> Self {
        let found = [
            debug_build(evidence),
            few_samples(evidence),
            client_cpu(evidence),
            clock(evidence),
        ];
        let reasons: Vec<Reason> = found.into_iter().flatten().collect();
        let status = reasons
            .iter()
            .map(|reason| reason.severity)
            .max()
            .unwrap_or(Status::Valid);
        Self { status, reasons }
    }
}

fn debug_build(evidence: Evidence<'_>) -> Option<Reason> {
    (!evidence.optimised).then(|| Reason {
        code: Code::DebugBuild,
        severity: Status::Invalid,
        figure: 0.0,
        limit: 1.0,
        message: "weir was built without optimisation: build it with --release".to_owned(),
    })
}

fn few_samples(evidence: Evidence<'_>) -> Option<Reason> {
    let events = evidence.window_events;
    if events >= FEW_SAMPLES {
        return None;
    }
    let (severity, message) = if evidence.counters.streams_established == 0 {
        (
            Status::Invalid,
            "no stream was established: see the errors".to_owned(),
        )
    } else if events == 0 {
        (
            Status::Invalid,
            "no event came in the measuring time: run longer (-d), or shorten --warmup".to_owned(),
        )
    } else {
        let message = format!(
            "{events} events are too few for a p99, which needs {FEW_SAMPLES}: run longer (-d) or more streams (-c)"
        );
        (Status::Suspect, message)
    };
    Some(Reason {
        code: Code::FewSamples,
        severity,
        figure: events as f64,
        limit: FEW_SAMPLES as f64,
        message,
    })
}

fn client_cpu(evidence: Evidence<'_>) -> Option<Reason> {
    let busy = evidence.busiest_thread;
    (busy > BUSY_THREAD).then(|| Reason {
        code: Code::ClientCpu,
        severity: Status::Suspect,
        figure: busy,
        limit: BUSY_THREAD,
        message: format!(
            "a worker's thread was busy {:.0} % of the time: more --threads, fewer streams, or another machine for the target",
            busy * 100.0
        ),
    })
}

fn clock(evidence: Evidence<'_>) -> Option<Reason> {
    let drift_ms = evidence.clock_drift_ns as f64 / 1e6;
    let severity = match drift_ms {
        _ if drift_ms > CLOCK_INVALID_MS => Status::Invalid,
        _ if drift_ms > CLOCK_SUSPECT_MS => Status::Suspect,
        _ => return None,
    };
    Some(Reason {
        code: Code::Clock,
        severity,
        figure: drift_ms,
        limit: CLOCK_SUSPECT_MS,
        message: format!(
            "the wall clock moved by {drift_ms:.1} ms during the run, and kernel receive times with it: run again when it is settled"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verdict on a flawless run after `spoil` was done to its evidence.
    fn verdict(spoil: impl FnOnce(&mut Counters, &mut Flaws)) -> Vec<(Code, Status)> {
        let mut counters = Counters {
            streams_established: 1,
            ..Counters::default()
        };
        let mut flaws = Flaws {
            events: FEW_SAMPLES,
            optimised: true,
            busy: BUSY_THREAD,
            drift_ns: 1_000_000,
        };
        spoil(&mut counters, &mut flaws);
        let verdict = Verdict::of(Evidence {
            counters: &counters,
            window_events: flaws.events,
            optimised: flaws.optimised,
            busiest_thread: flaws.busy,
            clock_drift_ns: flaws.drift_ns,
        });
        let codes: Vec<_> = verdict
            .reasons
            .iter()
            .map(|reason| (reason.code, reason.severity))
            .collect();
        let worst = codes.iter().map(|(_, severity)| *severity).max();
        assert_eq!(verdict.status, worst.unwrap_or(Status::Valid));
        codes
    }

    struct Flaws {
        events: u64,
        optimised: bool,
        busy: f64,
        drift_ns: u64,
    }

    #[test]
    fn a_run_at_every_limit_is_valid() {
        assert_eq!(verdict(|_, _| {}), []);
    }

    #[test]
    fn each_reason_has_its_severity() {
        use Code::{ClientCpu, Clock, DebugBuild, FewSamples};
        use Status::{Invalid, Suspect};
        assert_eq!(
            verdict(|_, flaws| flaws.events = 661),
            [(FewSamples, Suspect)]
        );
        assert_eq!(
            verdict(|_, flaws| flaws.events = 0),
            [(FewSamples, Invalid)]
        );
        let nothing = verdict(|counters, flaws| {
            counters.streams_established = 0;
            flaws.events = 0;
        });
        assert_eq!(nothing, [(FewSamples, Invalid)]);
        assert_eq!(
            verdict(|_, flaws| flaws.optimised = false),
            [(DebugBuild, Invalid)]
        );
        assert_eq!(
            verdict(|_, flaws| flaws.busy = 0.91),
            [(ClientCpu, Suspect)]
        );
        assert_eq!(
            verdict(|_, flaws| flaws.drift_ns = 1_100_000),
            [(Clock, Suspect)]
        );
        assert_eq!(
            verdict(|_, flaws| flaws.drift_ns = 10_100_000),
            [(Clock, Invalid)]
        );
    }

    #[test]
    fn the_worst_of_several_reasons_wins() {
        let both = verdict(|_, flaws| {
            flaws.busy = 1.0;
            flaws.optimised = false;
        });
        assert_eq!(both.len(), 2);
    }
}
