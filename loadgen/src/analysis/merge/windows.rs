//! When shards measured, and how their seconds lie beside each other.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::MergeError;
use crate::report::{Report, Steps};

/// The measuring times of shards.
#[derive(Debug)]
pub(super) struct Windows {
    /// Whole seconds by which each began after the first one.
    pub(super) shifts_s: Vec<u64>,
    /// The shard that was started first.
    earliest: usize,
    /// How far their beginnings lie apart.
    apart: Duration,
}

impl Windows {
    /// Those of reports whose measuring times all overlap.
    pub(super) fn of(named: &[(String, Report)]) -> Result<Self, MergeError> {
        let windows = named
            .iter()
            .map(|(name, report)| window(name, report))
            .collect::<Result<Vec<_>, _>>()?;
        let begins = windows.iter().map(|(begin, _)| *begin);
        let first = begins.clone().min().unwrap_or(SystemTime::UNIX_EPOCH);
        let after = |begin: SystemTime| begin.duration_since(first).unwrap_or_default();
        let (last, (last_begin, _)) = enumerated_max(&windows, |(begin, _)| *begin);
        let (over, (_, first_end)) = enumerated_min(&windows, |(_, end)| *end);
        if first_end <= last_begin && over != last {
            let name = |index: usize| named[index].0.clone();
            return Err(MergeError::Apart(name(over), name(last)));
        }
        let started = |index: &usize| &named[*index].1.started_at;
        Ok(Self {
            shifts_s: begins
                .map(|begin| after(begin).as_secs_f64().round() as u64)
                .collect(),
            earliest: (0..named.len()).min_by_key(started).unwrap_or(0),
            apart: after(last_begin),
        })
    }

    /// Whether they are the same, as those of the workers of one run are: within half a second, so that second stands by second.
    pub(super) fn began_together(&self) -> bool {
        self.shifts_s.iter().all(|shift_s| *shift_s == 0)
    }

    pub(super) fn started_at(&self, reports: &[&Report]) -> String {
        reports[self.earliest].started_at.clone()
    }

    /// What has to be known of windows that did not begin together, or of series that cannot be put beside each other.
    pub(super) fn remark(&self, reports: &[&Report], are_aligned: bool) -> Option<String> {
        let apart_s = self.apart.as_secs_f64();
        let apart = format!("shards began to measure up to {apart_s:.1} s apart");
        let steps = || {
            format!(
                "series in steps of {} cannot be put beside each other",
                steps(reports)
            )
        };
        match (self.began_together(), are_aligned) {
            (true, true) => None,
            (true, false) => Some(format!("{}: the series is left out", steps())),
            (false, true) => Some(format!(
                "{apart}: their seconds stand beside each other by the clock, to half a second, and rates are those of the seconds \
                 that all have in common"
            )),
            (false, false) => Some(format!(
                "{apart}, and {}: the series is left out, and rates are the sums of the shards' own",
                steps()
            )),
        }
    }
}

/// How long they are in the reports.
fn steps(reports: &[&Report]) -> String {
    let steps = reports.iter().map(|report| {
        if report.lacks_series() {
            return "unknown length".to_owned();
        }
        let Steps {
            longest_s,
            are_even,
        } = Steps::of(&report.intervals);
        let up_to = if are_even { "" } else { "up to " };
        format!("{up_to}{longest_s} s")
    });
    let steps: BTreeSet<String> = steps.collect();
    steps.into_iter().collect::<Vec<_>>().join(" and ")
}

fn window(name: &str, report: &Report) -> Result<(SystemTime, SystemTime), MergeError> {
    let started = humantime::parse_rfc3339(&report.started_at)
        .map_err(|_| MergeError::Time(name.to_owned(), report.started_at.clone()))?;
    let begin = started + report.plan.warmup;
    let length = Duration::try_from_secs_f64(report.throughput.window_s).unwrap_or_default();
    Ok((begin, begin + length))
}

type Window = (SystemTime, SystemTime);

fn enumerated_max(windows: &[Window], key: fn(&Window) -> SystemTime) -> (usize, Window) {
    let all = windows.iter().copied().enumerate();
    all.max_by_key(|(_, window)| key(window))
        .expect("there are at least two reports")
}

fn enumerated_min(windows: &[Window], key: fn(&Window) -> SystemTime) -> (usize, Window) {
    let all = windows.iter().copied().enumerate();
    all.min_by_key(|(_, window)| key(window))
        .expect("there are at least two reports")
}
