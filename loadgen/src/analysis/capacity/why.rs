//! Why a load does not hold, as far as the target says or shows it.

use serde::{Deserialize, Serialize};

use super::{Goal, Growth, LostStreams, Measurement, Said};
use crate::measure::ErrorKind;

/// What the trial with the most failed streams, of those at the lowest load that does not hold, shows beside the level's figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// How most of the failed streams failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failed>,
    /// What part of the streams failed, starved or stalled.
    pub streams_lost: LostStreams,
    /// What grew through it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grows: Option<Growth>,
}

/// Streams that failed in one way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    /// Which.
    pub kind: ErrorKind,
    /// How many.
    pub streams: u64,
    /// Of so many.
    pub of: u64,
    /// What the first looked like: of a response its status and the beginning of its body.
    pub sample: String,
    /// The lowest load at which any did.
    pub from: f64,
}

impl Why {
    /// Of the goal with this number, whose lowest load that does not hold is `does_not`; `None` where no trial says so.
    #[must_use]
    pub(super) fn of(
        measurements: &[Measurement],
        (index, goal): (usize, &Goal),
        does_not: f64,
    ) -> Option<Self> {
        let trial = measurements
            .iter()
            .filter(|found| found.trial.load == does_not)
            .filter(|found| found.trial.says(index, goal) == Said::Fails)
            .max_by_key(|found| found.errors.values().sum::<u64>())?;
        Some(Self {
            failed: Failed::most(trial, measurements),
            streams_lost: trial.streams_lost,
            grows: trial.trial.grows().copied(),
        })
    }
}

impl Failed {
    fn most(trial: &Measurement, measurements: &[Measurement]) -> Option<Self> {
        let by_target = trial.errors.iter().filter(|(kind, _)| !kind.is_local());
        let (&kind, &streams) = by_target.max_by_key(|(_, count)| **count)?;
        let met = measurements
            .iter()
            .filter(|found| found.errors.contains_key(&kind));
        Some(Self {
            kind,
            streams,
            of: trial.streams_started,
            sample: trial.error_samples.get(&kind).cloned().unwrap_or_default(),
            from: met
                .map(|found| found.trial.load)
                .min_by(f64::total_cmp)
                .unwrap_or(trial.trial.load),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::found_tests::{capacity, hard};
    use super::*;

    #[test]
    fn the_status_that_set_the_limit_is_named_with_the_load_it_came_from_on() {
        let mut trials = capacity(&["failed_rate<1%"], hard(400.0)).trials;
        for found in &mut trials {
            if found.trial.load > 400.0 {
                let sample = "status 503 Service Unavailable, body: full".to_owned();
                found.errors = [(ErrorKind::HttpStatus, 17), (ErrorKind::Reset, 2)].into();
                found.error_samples = [(ErrorKind::HttpStatus, sample)].into();
            }
        }
        let goal = Goal::new(0.01, 5.0, 0.05);
        let why = Why::of(&trials, (0, &goal), 415.0).unwrap();
        let failed = why.failed.unwrap();
        assert_eq!(
            (failed.kind, failed.streams, failed.of),
            (ErrorKind::HttpStatus, 17, 415)
        );
        assert!(failed.sample.contains("503"), "{failed:?}");
        assert_eq!(failed.from, 415.0);
        assert_eq!(Why::of(&trials, (0, &goal), 398.0), None, "it holds");
    }
}
