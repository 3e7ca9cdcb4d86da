//! Service levels, and what of a trial is lost to them.

use std::str::FromStr;

use thiserror::Error;

use crate::analysis::threshold::Bad;
use crate::measure::{Counters, Metric};
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
    /// What of a trial was lost: of latencies the samples that are not below the limit, with waits that had not ended among them,
    /// events that never came, and all of a failed stream, whose events are taken to be as many as another's. `None` where the
    /// report has nothing to tell it by.
    #[must_use]
    pub fn loss_ratio(&self, report: &Report) -> Option<f64> {
        let counters = &report.counters;
        let failed = ratio(counters.streams_failed, counters.streams_started)?;
        match self.bad {
            Bad::Failed => Some(failed),
            Bad::Lost => {
                Some(ratio(counters.lost, counters.events + counters.lost).unwrap_or(failed))
            }
            Bad::Late {
                metric, from_ns, ..
            } => late_ratio(report, metric, from_ns)
                .map(|late| failed + (1.0 - failed) * late)
                .or((failed > 0.0 && report.throughput.events == 0).then_some(1.0)),
        }
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

    /// Whether the figure is a duration.
    #[must_use]
    pub fn is_latency(&self) -> bool {
        matches!(self.bad, Bad::Late { .. })
    }
}

fn late_ratio(report: &Report, metric: Metric, from_ns: u64) -> Option<f64> {
    let histogram = report.histograms.get(&metric)?.decode();
    let samples = histogram.iter_recorded();
    let late: u64 = samples
        .filter(|sample| sample.value_iterated_to() >= from_ns)
        .map(|sample| sample.count_since_last_iteration())
        .sum();
    let missing = missing(&report.counters, metric);
    ratio(late + missing, histogram.len() + missing)
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
        assert_eq!(slo("lost==0").loss_ratio(&report), Some(0.25));
    }

    #[test]
    fn where_nothing_came_of_it_all_is_lost_and_where_nothing_tells_nothing_is_said() {
        let mut report = report(100);
        assert_eq!(slo("delivery.p99<20ms").loss_ratio(&report), None);
        report.counters.streams_failed = 1;
        assert_eq!(slo("delivery.p99<20ms").loss_ratio(&report), Some(1.0));
        report.throughput.events = 1_000;
        assert_eq!(slo("delivery.p99<20ms").loss_ratio(&report), None);
    }
}
