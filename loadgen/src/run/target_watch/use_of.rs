//! What the samples of a target come to.

use std::collections::BTreeMap;
use std::error::Error as _;

use tokio::time::Instant;

use super::{Figures, WatchError};
use crate::report::{Interval, Series, TargetSample, TargetUse};

/// What a process has resident moves by this much without anybody's doing: an allocator's arenas, code that is paged in.
const NOISE_BYTES: u64 = 1024 * 1024;

/// How much of the growth is to go before memory counts as returned. Allocators keep some for what comes next, and a heap
/// is seldom free at its end only; what leaks keeps nearly all.
const RETURNED: f64 = 0.5;

/// Shorter than ten of the kernel's ticks, a stretch has no share of a processor to speak of.
const SHORTEST_S: f64 = 0.1;

/// The samples of one target.
#[derive(Debug)]
pub(in super::super) struct Watched {
    source: String,
    before: Figures,
    start: Option<Figures>,
    end: Option<Figures>,
    after: Option<Figures>,
    /// The most memory, and the streams that were open then.
    peak: Option<Peak>,
    streams_open_peak: Option<u64>,
    latest: (Instant, Option<f64>),
    ends: Ends,
    last: Option<TargetSample>,
    lost: Option<String>,
}

#[derive(Debug, Clone, Copy)]
struct Peak {
    rss_bytes: u64,
    streams: u64,
}

impl Watched {
    pub(super) fn new(source: String, before: Figures) -> Self {
        Self {
            source,
            before,
            start: None,
            end: None,
            after: None,
            peak: None,
            streams_open_peak: None,
            latest: (Instant::now(), before.cpu_s),
            ends: Ends::new(),
            last: None,
            lost: None,
        }
    }

    /// At the window's start; `streams` are those that the generator has open.
    pub(super) fn start(&mut self, figures: Figures, streams: u64) {
        self.start = Some(figures);
        self.sample(figures, streams);
    }

    /// At the end of a second of the window.
    pub(super) fn second(&mut self, end_s: u64, figures: Figures, streams: u64) {
        if let Some(sample) = self.sample(figures, streams) {
            self.ends.insert(end_s, sample);
        }
    }

    /// At the window's end.
    pub(super) fn end(&mut self, figures: Figures, streams: u64) {
        self.end = Some(figures);
        self.last = self.sample(figures, streams);
    }

    /// After the last stream.
    pub(super) fn after(&mut self, figures: Figures) {
        self.after = Some(figures);
    }

    /// The first reason why it cannot be read any more is what counts.
    pub(super) fn lose(&mut self, error: &WatchError) {
        let cause = error
            .source()
            .map_or(String::new(), |cause| format!(": {cause}"));
        self.lost.get_or_insert_with(|| format!("{error}{cause}"));
    }

    /// Whether waiting longer would change nothing.
    pub(super) fn is_settled(&self) -> bool {
        self.lost.is_some() || self.memory_returned() != Some(false)
    }

    fn sample(&mut self, figures: Figures, streams: u64) -> Option<TargetSample> {
        if figures == Figures::default() {
            return None;
        }
        let Figures {
            cpu_s,
            rss_bytes,
            streams_open,
        } = figures;
        self.streams_open_peak = self.streams_open_peak.max(streams_open);
        let streams = streams_open.unwrap_or(streams);
        if let Some(rss_bytes) = rss_bytes
            && self.peak.is_none_or(|peak| rss_bytes > peak.rss_bytes)
        {
            self.peak = Some(Peak { rss_bytes, streams });
        }
        Some(TargetSample {
            cpu_ratio: self.cpu_ratio(cpu_s),
            rss_bytes,
            streams_open,
        })
    }

    /// Of one core, since the sample before.
    fn cpu_ratio(&mut self, cpu_s: Option<f64>) -> Option<f64> {
        let (before, before_cpu_s) = std::mem::replace(&mut self.latest, (Instant::now(), cpu_s));
        let elapsed_s = before.elapsed().as_secs_f64();
        let used_s = cpu_s? - before_cpu_s?;
        (elapsed_s >= SHORTEST_S).then(|| used_s.max(0.0) / elapsed_s)
    }

    fn growth_bytes(&self) -> Option<u64> {
        let peak_bytes = self.peak?.rss_bytes;
        Some(peak_bytes.saturating_sub(self.before.rss_bytes?))
    }

    fn memory_returned(&self) -> Option<bool> {
        let growth_bytes = self.growth_bytes()?;
        let given_back_bytes = self.peak?.rss_bytes.saturating_sub(self.after?.rss_bytes?);
        let is_noise = growth_bytes < NOISE_BYTES;
        (!is_noise).then_some(given_back_bytes as f64 >= RETURNED * growth_bytes as f64)
    }

    fn bytes_per_stream(&self) -> Option<f64> {
        let streams = self.peak?.streams;
        let growth_bytes = self.growth_bytes()?;
        (streams > 0).then(|| growth_bytes as f64 / streams as f64)
    }

    fn cpu_s(&self) -> Option<f64> {
        let used_s = self.end?.cpu_s? - self.start?.cpu_s?;
        Some(used_s.max(0.0))
    }

    /// Puts the samples at the end of intervals where they belong.
    pub(in super::super) fn sampled(&self, intervals: &mut [Interval]) {
        for interval in intervals.iter_mut() {
            interval.target = self.ends.get(interval.t_s.round() as u64);
        }
        if let Some(interval) = intervals.last_mut() {
            interval.target = self.last.or(interval.target);
        }
    }

    /// What the target used for a run of so many events.
    pub(in super::super) fn into_use(self, events: u64) -> TargetUse {
        let cpu_s = self.cpu_s();
        TargetUse {
            cpu_s,
            cpu_ns_per_event: cpu_s
                .filter(|_| events > 0)
                .map(|cpu_s| cpu_s * 1e9 / events as f64),
            rss_before_bytes: self.before.rss_bytes,
            rss_peak_bytes: self.peak.map(|peak| peak.rss_bytes),
            rss_after_bytes: self.after.and_then(|after| after.rss_bytes),
            streams_open_peak: self.streams_open_peak,
            bytes_per_stream: self.bytes_per_stream(),
            memory_returned: self.memory_returned(),
            lost: self.lost,
            source: self.source,
        }
    }
}

/// Samples at the ends of seconds, as many as a series has intervals: those at which one of it may end once it is thinned, which
/// are the multiples of its step.
#[derive(Debug)]
struct Ends {
    samples: BTreeMap<u64, TargetSample>,
    step_s: u64,
}

impl Ends {
    fn new() -> Self {
        Self {
            samples: BTreeMap::new(),
            step_s: 1,
        }
    }

    fn insert(&mut self, end_s: u64, sample: TargetSample) {
        if !end_s.is_multiple_of(self.step_s) {
            return;
        }
        self.samples.insert(end_s, sample);
        if self.samples.len() > Series::LENGTH_MAX {
            self.step_s *= 2;
            self.samples
                .retain(|end_s, _| end_s.is_multiple_of(self.step_s));
        }
    }

    fn get(&self, end_s: u64) -> Option<TargetSample> {
        self.samples.get(&end_s).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn figures(cpu_s: f64, rss_mib: u64) -> Figures {
        Figures {
            cpu_s: Some(cpu_s),
            rss_bytes: Some(rss_mib * MIB),
            streams_open: None,
        }
    }

    /// Grows from 10 MiB to `peak_mib` with 100 streams, and is left with `after_mib`.
    fn watched(peak_mib: u64, after_mib: u64) -> Watched {
        let mut watched = Watched::new("pid 1".to_owned(), figures(1.0, 10));
        watched.start(figures(2.0, 11), 50);
        watched.second(1, figures(3.0, peak_mib), 100);
        watched.end(figures(4.5, peak_mib.min(12)), 80);
        watched.after(figures(5.0, after_mib));
        watched
    }

    #[test]
    fn memory_has_come_back_when_at_least_half_of_its_growth_has() {
        assert_eq!(watched(20, 10).memory_returned(), Some(true));
        assert_eq!(watched(20, 15).memory_returned(), Some(true));
        assert_eq!(watched(20, 16).memory_returned(), Some(false));
        assert_eq!(watched(20, 20).memory_returned(), Some(false));
        assert!(watched(20, 15).is_settled() && !watched(20, 16).is_settled());
    }

    #[test]
    fn what_hardly_grew_is_not_said_to_come_back() {
        let flat = watched(10, 10);
        assert_eq!(
            flat.memory_returned(),
            Some(true),
            "the start was a MiB above"
        );
        let mut smaller = Watched::new("pid 1".to_owned(), figures(1.0, 10));
        smaller.start(figures(2.0, 9), 50);
        smaller.after(figures(2.0, 9));
        assert_eq!(smaller.memory_returned(), None);
        assert_eq!(smaller.bytes_per_stream(), Some(0.0));
    }

    #[test]
    fn a_streams_memory_is_the_growth_over_those_open_at_the_peak() {
        let growth_bytes = 10 * MIB;
        assert_eq!(
            watched(20, 10).bytes_per_stream(),
            Some(growth_bytes as f64 / 100.0)
        );
        let mut counted = watched(20, 10);
        let more = Figures {
            streams_open: Some(500),
            ..figures(4.0, 30)
        };
        counted.second(2, more, 100);
        assert_eq!(counted.bytes_per_stream(), Some((20 * MIB) as f64 / 500.0));
        assert_eq!(counted.streams_open_peak, Some(500));
    }

    #[test]
    fn ten_hours_take_as_many_samples_as_a_series_has_intervals() {
        const SECONDS: u64 = 36_000;
        let mut watched = Watched::new("pid 1".to_owned(), figures(0.0, 0));
        let mut series = Series::new();
        for end_s in 1..=SECONDS {
            let of_second = Figures {
                rss_bytes: Some(end_s),
                ..Figures::default()
            };
            watched.second(end_s, of_second, 0);
            assert!(watched.ends.samples.len() <= Series::LENGTH_MAX);
            series.push(Interval {
                t_s: end_s as f64,
                ..Interval::default()
            });
        }
        let end = Figures {
            rss_bytes: Some(SECONDS),
            ..Figures::default()
        };
        watched.end(end, 0);
        let mut intervals = series.into_intervals();
        watched.sampled(&mut intervals);
        for interval in intervals {
            let rss_bytes = interval.target.and_then(|target| target.rss_bytes);
            assert_eq!(rss_bytes, Some(interval.t_s as u64));
        }
    }

    #[test]
    fn processor_time_is_that_of_the_window() {
        assert_eq!(watched(20, 10).cpu_s(), Some(2.5));
        let mut gone = Watched::new("pid 1".to_owned(), figures(1.0, 10));
        gone.start(figures(2.0, 11), 50);
        gone.lose(&WatchError::Ended { pid: 1 });
        gone.end(Figures::default(), 0);
        gone.after(Figures::default());
        assert_eq!((gone.cpu_s(), gone.memory_returned()), (None, None));
        assert_eq!(gone.peak.unwrap().rss_bytes, 11 * MIB);
        assert!(gone.is_settled());
        assert_eq!(gone.lost.unwrap(), "process 1 has ended");
    }
}
