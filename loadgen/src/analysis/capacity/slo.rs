//! Service levels, and what of a trial is lost to them.

use std::str::FromStr;

use thiserror::Error;

use super::LostStreams;
use super::reading::{histogram, samples_from};
use crate::analysis::threshold::Bad;
use crate::measure::{Counters, DueSource, Metric, SequenceSource, samples_needed};
use crate::plan::threshold::{ExpressionError, Threshold};
use crate::report::Report;

/// A threshold that says what part of all may be bad: that part may be lost.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    /// What was typed.
    pub threshold: Threshold,
    /// The part that may be lost.
    pub loss_ratio: f64,
    bad: Bad,
}

/// Why an expression is no service level.
#[derive(Debug, Error)]
pub enum SloError {
    /// No threshold either.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// It says nothing of what part of all may be bad.
    #[error(
        "{0:?} does not say what part of all may be bad, as 'delivery.p99<20ms', 'ttfe.max<=1s', 'failed_rate<0.1%', 'lost_rate<1%' and \
         'lost==0' do"
    )]
    Share(String),
    /// It is about the generator.
    #[error("{0:?} is about the generator's own delay, which is none of the target's")]
    Generator(String),
}

impl FromStr for Slo {
    type Err = SloError;

    fn from_str(text: &str) -> Result<Self, SloError> {
        let threshold: Threshold = text.parse()?;
        let own = [Metric::ClientLag, Metric::StartLag, Metric::LoopLag];
        match threshold.bad_share() {
            None => Err(SloError::Share(text.to_owned())),
            Some((Bad::Late { metric, .. }, _)) if own.contains(&metric) => {
                Err(SloError::Generator(text.to_owned()))
            }
            Some((bad, loss_ratio)) => Ok(Self {
                threshold,
                loss_ratio,
                bad,
            }),
        }
    }
}

impl Slo {
    /// What of a trial was lost: of latencies the samples that are not below the limit, with waits that had not ended among them, and
    /// events that never came; for every level all of a stream that failed, was never answered or stalled for good, whose events are
    /// taken to be as many as another's. `None` where no stream was started.
    #[must_use]
    pub fn loss_ratio(&self, report: &Report) -> Option<f64> {
        let counters = &report.counters;
        let streams = LostStreams::of(report)?;
        Some(match self.bad {
            Bad::Failed => streams.all(),
            Bad::Lost => {
                let lost = ratio(counters.lost, counters.events.saturating_add(counters.lost));
                either(streams.all(), lost.unwrap_or(0.0))
            }
            Bad::Late {
                metric, from_ns, ..
            } => {
                let late = late_ratio(report, metric, from_ns).unwrap_or(0.0);
                self::late(metric, streams, late)
            }
        })
    }

    /// Why a trial that lost no more than may be lost does not say that the level holds: the percentile has too few samples behind it.
    /// One that lost more needs no more of them.
    #[must_use]
    pub fn undecided(&self, report: &Report, loss_ratio: f64) -> Option<String> {
        let Bad::Late {
            metric, quantile, ..
        } = self.bad
        else {
            return None;
        };
        let samples = histogram(report, metric).map_or(0, |samples| samples.len());
        let needed = if quantile < 1.0 {
            samples_needed(quantile)
        } else {
            1
        };
        (samples < needed && loss_ratio <= self.loss_ratio).then(|| {
            // As many digits as anybody types, and not those that a product ends in.
            let percentile = (quantile * 1e8).round() / 1e6;
            format!("{samples} samples, a p{percentile} needs {needed}")
        })
    }

    /// Why nothing in a run whose streams had events tells it, if so, and what to do about that.
    #[must_use]
    pub fn untold_in(&self, report: &Report) -> Option<&'static str> {
        let (due, sequence) = (report.due, report.sequence);
        let reason = match self.bad {
            Bad::Late {
                metric: Metric::Delivery,
                ..
            } if due == DueSource::None => {
                "its events carry no stamps of when they were due: say its period with --expect-interval"
            }
            Bad::Late {
                metric: Metric::ServerLag | Metric::Wire,
                ..
            } if due != DueSource::Stamps => {
                "its events carry no stamps of when they were due and sent: only delivery can be told without, by --expect-interval"
            }
            Bad::Lost if sequence == SequenceSource::None => {
                "its events carry neither stamps nor consecutive ids to tell losses by"
            }
            Bad::Late { .. } | Bad::Lost | Bad::Failed => return None,
        };
        (report.throughput.events > 0).then_some(reason)
    }

    /// The figure that the level is about: nanoseconds, or a part of all.
    #[must_use]
    pub fn observed(&self, report: &Report) -> Option<f64> {
        match self.bad {
            Bad::Failed | Bad::Lost => self.loss_ratio(report),
            Bad::Late {
                metric, quantile, ..
            } => {
                let histogram = report.histograms.get(&metric)?.decode();
                Some(histogram.value_at_quantile(quantile) as f64)
            }
        }
    }

    /// What it is held against, in the same unit.
    #[must_use]
    pub fn limit(&self) -> f64 {
        if self.is_latency() {
            self.threshold.limit
        } else {
            self.loss_ratio
        }
    }

    /// Whether the figure is a duration.
    #[must_use]
    pub fn is_latency(&self) -> bool {
        matches!(self.bad, Bad::Late { .. })
    }
}

/// `late` of a latency's samples, and the streams that have none: where unfinished waits are among the samples, nothing counts twice.
fn late(metric: Metric, streams: LostStreams, late: f64) -> f64 {
    match metric {
        Metric::Ttfe => either(streams.failed, late).max(streams.all()),
        Metric::Delivery => either(streams.never_served(), late).max(streams.all()),
        _ => either(streams.all(), late),
    }
}

/// Of what `first` leaves, `then` is lost, too.
fn either(first: f64, then: f64) -> f64 {
    first + (1.0 - first) * then
}

fn late_ratio(report: &Report, metric: Metric, from_ns: u64) -> Option<f64> {
    let samples = histogram(report, metric)?;
    let missing = missing(&report.counters, metric);
    let late = samples_from(&samples, from_ns).saturating_add(missing);
    ratio(late, samples.len().saturating_add(missing))
}

/// What has no sample of a metric because it never came.
fn missing(counters: &Counters, metric: Metric) -> u64 {
    match metric {
        Metric::Gap | Metric::Delivery | Metric::ServerLag | Metric::Wire => counters.lost,
        _ => 0,
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::super::measurement::tests::{histogram_ms, report};
    use super::*;

    fn slo(text: &str) -> Slo {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_no_service_level_is_refused_by_name() {
        let refused = |text: &str| text.parse::<Slo>().unwrap_err().to_string();
        assert!(refused("latency.p99<20ms").contains("latency"));
        assert!(refused("gap.mean<1s").contains("what part of all"));
        assert!(refused("client_lag.p99<20ms").contains("generator's own delay"));
    }

    #[test]
    fn late_events_are_those_at_the_limit_and_beyond() {
        let mut report = report(100);
        let spread = (1..=100).map(|k| if k <= 97 { 5 } else { 20 });
        report
            .histograms
            .insert(Metric::Delivery, histogram_ms(spread));
        assert_eq!(slo("delivery.p99<20ms").loss_ratio(&report), Some(0.03));
        assert_eq!(slo("delivery.p99<30ms").loss_ratio(&report), Some(0.0));
        let observed = slo("delivery.p99<20ms").observed(&report).unwrap();
        assert!((observed / 20e6 - 1.0).abs() < 0.001);
    }

    #[test]
    fn lost_events_and_failed_streams_are_late_for_ever() {
        let mut report = report(100);
        report
            .histograms
            .insert(Metric::Delivery, histogram_ms([5; 80]));
        report.counters.lost = 20;
        assert_eq!(slo("delivery.p99<20ms").loss_ratio(&report), Some(0.2));
        report.counters.streams_failed = 50;
        assert_eq!(slo("delivery.p99<20ms").loss_ratio(&report), Some(0.6));
        assert_eq!(slo("failed_rate<1%").loss_ratio(&report), Some(0.5));
        report.counters.events = 60;
        assert_eq!(slo("lost==0").loss_ratio(&report), Some(0.625));
    }

    #[test]
    fn streams_that_never_had_an_event_are_lost_for_every_level() {
        // 50 of 400 are fed, and quickly.
        let mut report = report(400);
        report.throughput.window_s = 5.0;
        report.counters.streams_unanswered = 350;
        let fed = (0..400).map(|k| if k < 50 { 10 } else { 5_500 });
        report.histograms = [
            (Metric::Ttfe, histogram_ms(fed)),
            (Metric::TtfeSent, histogram_ms([10; 50])),
            (Metric::Gap, histogram_ms([100; 2_500])),
            (Metric::Delivery, histogram_ms([1; 2_500])),
        ]
        .into();
        for level in [
            "failed_rate<1%",
            "lost==0",
            "gap.p99<1s",
            "delivery.p99<1s",
            "ttfe_sent.p99<1s",
            "ttfe.p99<10s",
        ] {
            let lost = slo(level).loss_ratio(&report).unwrap();
            assert!((lost - 0.875).abs() < 1e-9, "{level}: {lost}");
        }
    }

    #[test]
    fn a_percentile_with_too_few_samples_behind_it_is_undecided_unless_it_fails() {
        let mut report = report(100);
        let undecided = |report: &Report, level: &str| {
            let level = slo(level);
            level.undecided(report, level.loss_ratio(report).unwrap())
        };
        let deliveries = |count| [(Metric::Delivery, histogram_ms((0..count).map(|_| 5)))].into();
        report.histograms = deliveries(661);
        let said = undecided(&report, "delivery.p99<20ms").unwrap();
        assert_eq!(said, "661 samples, a p99 needs 662");
        assert_eq!(undecided(&report, "delivery.p99<5ms"), None, "it fails");
        assert_eq!(undecided(&report, "delivery.p95<20ms"), None);
        assert_eq!(undecided(&report, "delivery.max<20ms"), None);
        assert_eq!(undecided(&report, "failed_rate<1%"), None);
        assert!(undecided(&report, "gap.max<20ms").is_some(), "no sample");
        report.histograms = deliveries(662);
        assert_eq!(undecided(&report, "delivery.p99<20ms"), None);
    }

    #[test]
    fn where_nothing_came_of_it_all_is_lost_and_without_a_stream_nothing_is_said() {
        let mut report = report(100);
        report.counters.streams_failed = 100;
        assert_eq!(slo("delivery.p99<20ms").loss_ratio(&report), Some(1.0));
        let none = self::report(0);
        assert_eq!(slo("delivery.p99<20ms").loss_ratio(&none), None);
    }
}
