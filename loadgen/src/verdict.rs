//! Whether a run's figures may be believed.

use serde::{Deserialize, Serialize};

use crate::measure::Counters;

/// Fewest events behind a p99: from here on the second worst of them is a bound for it (binomial, 99 % confidence).
const FEW_SAMPLES: u64 = 662;

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
}

impl Verdict {
    /// Judges a run.
    #[must_use]
    pub fn of(evidence: Evidence<'_>) -> Self {
        let reasons: Vec<Reason> = [debug_build(evidence), few_samples(evidence)]
            .into_iter()
            .flatten()
            .collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(established: u64, window_events: u64, optimised: bool) -> Verdict {
        let counters = Counters {
            streams_established: established,
            ..Counters::default()
        };
        Verdict::of(Evidence {
            counters: &counters,
            window_events,
            optimised,
        })
    }

    #[test]
    fn enough_events_from_an_optimised_build_are_valid() {
        assert_eq!(
            verdict(1, 662, true),
            Verdict {
                status: Status::Valid,
                reasons: vec![]
            }
        );
    }

    #[test]
    fn each_reason_has_its_severity() {
        let codes = |verdict: Verdict| -> Vec<(Code, Status)> {
            verdict
                .reasons
                .iter()
                .map(|reason| (reason.code, reason.severity))
                .collect()
        };
        assert_eq!(
            codes(verdict(1, 661, true)),
            [(Code::FewSamples, Status::Suspect)]
        );
        assert_eq!(
            codes(verdict(1, 0, true)),
            [(Code::FewSamples, Status::Invalid)]
        );
        assert_eq!(
            codes(verdict(0, 0, true)),
            [(Code::FewSamples, Status::Invalid)]
        );
        assert_eq!(
            codes(verdict(1, 662, false)),
            [(Code::DebugBuild, Status::Invalid)]
        );
        assert_eq!(verdict(1, 1, false).status, Status::Invalid);
    }
}
