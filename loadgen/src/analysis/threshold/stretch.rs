//! A run, or a part of it, as thresholds see it.

use std::collections::VecDeque;
use std::time::Duration;

use hdrhistogram::Histogram;
use weir_time::nanoseconds;

use crate::measure::{Counters, Metric, new_histogram};
use crate::report::{Encoded, Interval, Report};

/// What was counted in a run, or in seconds of it that follow each other.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    pub(super) length_ns: u64,
    /// Received inside the window.
    pub(super) events: u64,
    /// Read inside the window.
    pub(super) bytes: u64,
    pub(super) counters: Counters,
    /// Of the metric that is asked for, if there is one.
    pub(super) samples: Option<Histogram<u64>>,
    /// The quantile above which their values are lower bounds.
    pub(super) known_to: f64,
}

impl Stretch {
    /// The whole run.
    pub(super) fn of_run(report: &Report, metric: Option<Metric>) -> Self {
        let throughput = &report.throughput;
        let bound = metric
            .and_then(|metric| report.latency.get(&metric))
            .and_then(|latency| latency.lower_bound_above);
        Self {
            length_ns: (throughput.window_s * 1e9).round() as u64,
            events: throughput.events,
            bytes: (throughput.bytes_per_s * throughput.window_s).round() as u64,
            counters: report.counters.clone(),
            samples: metric
                .and_then(|metric| report.histograms.get(&metric))
                .map(Encoded::decode),
            known_to: bound.unwrap_or(1.0),
        }
    }

    /// Nothing yet.
    fn empty(metric: Option<Metric>) -> Self {
        Self {
            length_ns: 0,
            events: 0,
            bytes: 0,
            counters: Counters::default(),
            samples: metric.map(|_| new_histogram()),
            known_to: 1.0,
        }
    }

    pub(super) fn per_s(&self, count: u64) -> Option<f64> {
        (self.length_ns > 0).then(|| count as f64 * 1e9 / self.length_ns as f64)
    }
}

/// The last seconds of a run, as it goes on: a running sum, of which what gets too old is taken again.
pub(super) struct Slide {
    metric: Option<Metric>,
    /// How long the stretch shall be; without, it is all there is.
    over_ns: Option<u64>,
    /// Of each interval in the sum, if it is to be taken from it again.
    parts: VecDeque<Part>,
    sum: Stretch,
    /// From the window's start to the end of the last interval.
    elapsed_ns: u64,
}

/// What an interval adds to the sum.
struct Part {
    length_ns: u64,
    events: u64,
    bytes: u64,
    counters: Counters,
    samples: Option<Encoded>,
}

impl Slide {
    pub(super) fn new(metric: Option<Metric>, over: Option<Duration>) -> Self {
        Self {
            metric,
            over_ns: over.map(nanoseconds),
            parts: VecDeque::new(),
            sum: Stretch::empty(metric),
            elapsed_ns: 0,
        }
    }

    /// Takes the next interval, and lets go of those that the stretch is long enough without.
    pub(super) fn push(&mut self, interval: &Interval) {
        let part = self.part(interval);
        self.elapsed_ns += part.length_ns;
        self.add(&part);
        let Some(over_ns) = self.over_ns else { return };
        self.parts.push_back(part);
        while let Some(oldest) = self.parts.front()
            && self.sum.length_ns - oldest.length_ns >= over_ns
        {
            let oldest = self.parts.pop_front().expect("it is at the front");
            self.subtract(&oldest);
        }
    }

    /// The stretch, once it is as long as it shall be.
    pub(super) fn full(&self) -> Option<&Stretch> {
        let is_full = self.sum.length_ns >= self.over_ns.unwrap_or(0);
        is_full.then_some(&self.sum)
    }

    /// The stretch, however long it is.
    pub(super) fn stretch(&self) -> &Stretch {
        &self.sum
    }

    /// From the window's start to the end of the stretch.
    pub(super) fn elapsed_ns(&self) -> u64 {
        self.elapsed_ns
    }

    fn part(&self, interval: &Interval) -> Part {
        let end_ns = (interval.t_s * 1e9).round() as u64;
        let length_ns = end_ns.saturating_sub(self.elapsed_ns);
        let counted = |per_s: f64| (per_s * length_ns as f64 / 1e9).round() as u64;
        let samples = self
            .metric
            .and_then(|metric| interval.histograms.get(&metric));
        Part {
            length_ns,
            events: counted(interval.events_per_s),
            bytes: counted(interval.bytes_per_s),
            counters: interval.counters.clone(),
            samples: samples.cloned(),
        }
    }

    fn add(&mut self, part: &Part) {
        let sum = &mut self.sum;
        sum.length_ns += part.length_ns;
        sum.events += part.events;
        sum.bytes += part.bytes;
        sum.counters.merge(&part.counters);
        if let (Some(all), Some(new)) = (&mut sum.samples, &part.samples) {
            all.add(new.decode())
                .expect("all histograms here have the same bounds");
        }
        self.know();
    }

    fn subtract(&mut self, part: &Part) {
        let sum = &mut self.sum;
        sum.length_ns -= part.length_ns;
        sum.events -= part.events;
        sum.bytes -= part.bytes;
        sum.counters = sum.counters.since(&part.counters);
        if let (Some(all), Some(old)) = (&mut sum.samples, &part.samples) {
            all.subtract(old.decode()).expect("it was added before");
        }
        self.know();
    }

    /// How much of the samples is known. Waits that had not ended are counted in an interval, and not how long they were:
    /// had they all lasted longer than the others, those above would be lower bounds.
    fn know(&mut self) {
        let sum = &mut self.sum;
        let unended = match self.metric {
            Some(Metric::Delivery) => sum.counters.censored,
            Some(Metric::Ttfe) => sum.counters.streams_unanswered + sum.counters.streams_unstarted,
            _ => 0,
        };
        let all = sum.samples.as_ref().map_or(0, Histogram::len).max(1);
        sum.known_to = 1.0 - unended.min(all) as f64 / all as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Second `t_s` of a run, with as many events, each of a gap as many milliseconds long, one of them lost.
    fn second(t_s: u64) -> Interval {
        let mut gaps = new_histogram();
        gaps.record_n(t_s * 1_000_000, t_s).unwrap();
        Interval {
            t_s: t_s as f64,
            events_per_s: t_s as f64,
            bytes_per_s: 10.0 * t_s as f64,
            counters: Counters {
                events: t_s,
                lost: 1,
                ..Counters::default()
            },
            histograms: [(Metric::Gap, Encoded::of(&gaps))].into(),
            ..Interval::default()
        }
    }

    #[test]
    fn a_slide_is_the_sum_of_its_last_seconds() {
        let mut slide = Slide::new(Some(Metric::Gap), Some(Duration::from_secs(3)));
        for t_s in 1..=10 {
            slide.push(&second(t_s));
            assert_eq!(slide.full().is_some(), t_s >= 3);
        }
        let mut fresh = Slide::new(Some(Metric::Gap), None);
        fresh.elapsed_ns = 7_000_000_000;
        for t_s in 8..=10 {
            fresh.push(&second(t_s));
        }
        let (slid, summed) = (slide.full().unwrap(), fresh.full().unwrap());
        assert_eq!(slid.samples, summed.samples);
        assert_eq!(slid.counters, summed.counters);
        assert_eq!(
            (slid.length_ns, slid.events, slid.bytes),
            (3_000_000_000, 27, 270)
        );
        assert_eq!(
            slid.samples.as_ref().unwrap().min(),
            summed.samples.as_ref().unwrap().min()
        );
        assert_eq!(slide.parts.len(), 3, "what left is not kept");
        assert_eq!(slide.elapsed_ns(), 10_000_000_000);
    }

    #[test]
    fn waits_that_had_not_ended_bound_the_windows_that_they_are_in() {
        let mut deliveries = new_histogram();
        deliveries.record_n(1_000_000, 100).unwrap();
        let second = |t_s: f64, censored| Interval {
            t_s,
            counters: Counters {
                censored,
                ..Counters::default()
            },
            histograms: [(Metric::Delivery, Encoded::of(&deliveries))].into(),
            ..Interval::default()
        };
        let mut slide = Slide::new(Some(Metric::Delivery), Some(Duration::from_secs(2)));
        let censored = [0, 0, 20, 0, 0].into_iter();
        let known_to = (1..).zip(censored).map(|(t_s, censored)| {
            slide.push(&second(f64::from(t_s), censored));
            slide.stretch().known_to
        });
        assert_eq!(known_to.collect::<Vec<_>>(), [1.0, 1.0, 0.9, 0.9, 1.0]);
    }

    #[test]
    fn an_arrival_that_never_started_had_not_ended_its_wait() {
        let mut waits = new_histogram();
        waits.record_n(1_000_000, 100).unwrap();
        let second = Interval {
            t_s: 1.0,
            counters: Counters {
                streams_unanswered: 10,
                streams_unstarted: 15,
                ..Counters::default()
            },
            histograms: [(Metric::Ttfe, Encoded::of(&waits))].into(),
            ..Interval::default()
        };
        let mut slide = Slide::new(Some(Metric::Ttfe), None);
        slide.push(&second);
        assert_eq!(slide.stretch().known_to, 0.75);
    }

    #[test]
    fn a_short_last_interval_lets_no_whole_one_go_too_early() {
        let mut slide = Slide::new(None, Some(Duration::from_secs(2)));
        for t_s in 1..=3 {
            slide.push(&second(t_s));
        }
        slide.push(&Interval {
            t_s: 3.5,
            events_per_s: 8.0,
            ..Interval::default()
        });
        let stretch = slide.full().unwrap();
        assert_eq!(
            (stretch.length_ns, stretch.events),
            (2_500_000_000, 2 + 3 + 4)
        );
        assert_eq!(stretch.per_s(stretch.events), Some(3.6));
    }
}
