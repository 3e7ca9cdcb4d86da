//! What a stream costs the target.

use serde::{Deserialize, Serialize};

use super::Measurement;

/// Memory and processor time, by the target's own figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Where they come from.
    pub source: String,
    /// Memory: growth from before the first trial to the most of the trial with the most streams, over those streams. What a
    /// trial leaves behind is in the next one's beginning, so that the trials apart would say too little.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_stream: Option<f64>,
    /// Streams that this is from.
    pub streams: u64,
    /// Processor time a second for a stream, of the trials at the highest load that holds: the median of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores_per_stream: Option<f64>,
    /// Processor time for an event, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ns_per_event: Option<f64>,
}

impl Cost {
    /// From the trials of a search whose answer was the load `holds`; `None` where nothing is known of the target.
    #[must_use]
    pub fn of(measurements: &[Measurement], holds: Option<f64>) -> Option<Self> {
        let measured = || {
            measurements
                .iter()
                .filter_map(|trial| Some((trial, trial.target.as_ref()?)))
        };
        let (_, first) = measured().next()?;
        let (largest, at_most) = measured().max_by_key(|(trial, _)| trial.streams_open_peak)?;
        let streams = largest.streams_open_peak;
        let growth = || {
            let (before, peak) = first.rss_before_bytes.zip(at_most.rss_peak_bytes)?;
            (streams > 0).then(|| peak.saturating_sub(before) as f64 / streams as f64)
        };
        let holding = || measured().filter(|(trial, _)| Some(trial.trial.load) == holds);
        let cores = holding().filter_map(|(trial, target)| {
            let streams = trial.streams_open_peak as f64;
            Some(target.cpu_s? / trial.window_s / streams).filter(|cores| cores.is_finite())
        });
        let cost = Self {
            source: first.source.clone(),
            bytes_per_stream: growth(),
            streams,
            cores_per_stream: median(cores),
            cpu_ns_per_event: median(holding().filter_map(|(_, target)| target.cpu_ns_per_event)),
        };
        let known = [
            cost.bytes_per_stream,
            cost.cores_per_stream,
            cost.cpu_ns_per_event,
        ];
        known.iter().any(Option::is_some).then_some(cost)
    }
}

fn median(figures: impl Iterator<Item = f64>) -> Option<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    let upper = *figures.get(middle)?;
    Some(if figures.len().is_multiple_of(2) {
        f64::midpoint(figures[middle - 1], upper)
    } else {
        upper
    })
}

#[cfg(test)]
mod tests {
    use super::super::Step;
    use super::super::measurement::tests::{STEP, report};
    use super::*;
    use crate::report::TargetUse;

    fn trial(streams: u64, rss_bytes: (u64, u64), cpu_s: f64) -> Measurement {
        let mut report = report(streams);
        report.counters.streams_open_peak = streams;
        report.throughput.window_s = 2.0;
        report.target = Some(TargetUse {
            source: "pid 7".into(),
            cpu_s: Some(cpu_s),
            cpu_ns_per_event: Some(cpu_s * 1e3),
            rss_before_bytes: Some(rss_bytes.0),
            rss_peak_bytes: Some(rss_bytes.1),
            rss_after_bytes: None,
            streams_open_peak: None,
            bytes_per_stream: None,
            memory_returned: None,
            lost: None,
        });
        let step = Step {
            load: streams as f64,
            trial_s: 2.0,
        };
        Measurement::of(step, 3.0, &report, &[])
    }

    #[test]
    fn what_a_trial_leaves_behind_is_not_taken_from_the_next() {
        let trials = [
            trial(100, (1_000, 11_000), 0.2),
            trial(400, (9_000, 41_000), 1.6),
            trial(200, (40_000, 41_000), 0.4),
            trial(200, (40_000, 41_000), 0.8),
        ];
        let cost = Cost::of(&trials, Some(200.0)).unwrap();
        assert_eq!((cost.bytes_per_stream, cost.streams), (Some(100.0), 400));
        assert!((cost.cores_per_stream.unwrap() - 0.0015).abs() < 1e-12);
        assert!((cost.cpu_ns_per_event.unwrap() - 600.0).abs() < 1e-9);
    }

    #[test]
    fn of_a_target_that_is_not_watched_nothing_is_known() {
        let trial = Measurement::of(STEP, 3.0, &report(10), &[]);
        assert_eq!(Cost::of(&[trial], Some(10.0)), None);
        let mut gone = self::trial(0, (1_000, 1_000), 0.1);
        gone.target.as_mut().unwrap().cpu_ns_per_event = None;
        assert_eq!(Cost::of(&[gone], Some(0.0)), None);
    }
}
