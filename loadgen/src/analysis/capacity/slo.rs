//! Service levels, and what of a trial is lost to them.

use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;
use weir_time::parse_duration;

use crate::measure::{Counters, Metric};
use crate::report::Report;

/// A service level: what counts as lost, and how much may be.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    /// As typed.
    pub expression: String,
    /// The part that may be lost.
    pub loss_ratio: f64,
    measure: Measure,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Measure {
    /// Samples of a metric from here on, and what never came.
    Late {
        metric: Metric,
        quantile: f64,
        from_ns: u64,
    },
    /// Streams that failed, of those that started.
    Failed,
    /// Events missing from their stream's sequence.
    Lost,
}

/// Why an expression is no service level.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SloError {
    /// Not of the form.
    #[error(
        "{0:?} is not a service level, like 'delivery.p99<20ms', 'ttfe.p95<=1s', 'failed_rate<0.1%' or 'lost==0'"
    )]
    Form(String),
    /// No metric by this name.
    #[error("{0:?} is not a metric that a target can be held to: {names}", names = metric_names())]
    Metric(String),
    /// Not a share of samples.
    #[error(
        "{0:?} is not a percentile above 0, like p50, p99 or p99.9, or max: a mean does not say what of the events is late"
    )]
    Statistic(String),
    /// The limit is no duration.
    #[error("limit {0:?}: {1}")]
    Limit(String, String),
    /// The limit is no share.
    #[error("{0:?} is not a part of all, like 0.1% or 0.001, from 0 to below 100%")]
    Share(String),
}

impl FromStr for Slo {
    type Err = SloError;

    fn from_str(text: &str) -> Result<Self, SloError> {
        let (name, comparison, limit) =
            split(text).ok_or_else(|| SloError::Form(text.to_owned()))?;
        let (measure, loss_ratio) = match (name, comparison, limit) {
            ("failed_rate", "<" | "<=", limit) => (Measure::Failed, share(limit, comparison)?),
            ("lost_rate", "<" | "<=", limit) => (Measure::Lost, share(limit, comparison)?),
            ("streams_failed", "==" | "<=", "0") => (Measure::Failed, 0.0),
            ("lost", "==" | "<=", "0") => (Measure::Lost, 0.0),
            (name, "<" | "<=", limit) => late(text, name, comparison, limit)?,
            _ => return Err(SloError::Form(text.to_owned())),
        };
        Ok(Self {
            expression: text.to_owned(),
            loss_ratio,
            measure,
        })
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
        match self.measure {
            Measure::Failed => Some(failed),
            Measure::Lost => {
                Some(ratio(counters.lost, counters.events + counters.lost).unwrap_or(failed))
            }
            Measure::Late {
                metric, from_ns, ..
            } => late_ratio(report, metric, from_ns)
                .map(|late| failed + (1.0 - failed) * late)
                .or((failed > 0.0 && report.throughput.events == 0).then_some(1.0)),
        }
    }

    /// The figure that the level is about: nanoseconds, or a part of all.
    #[must_use]
    pub fn observed(&self, report: &Report) -> Option<f64> {
        match self.measure {
            Measure::Failed | Measure::Lost => self.loss_ratio(report),
            Measure::Late {
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
        matches!(self.measure, Measure::Late { .. })
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

fn split(text: &str) -> Option<(&str, &str, &str)> {
    let at = text.find(['<', '=', '>'])?;
    let (name, rest) = text.split_at(at);
    let limit = rest.trim_start_matches(['<', '=', '>']);
    let comparison = rest.strip_suffix(limit)?;
    Some((name.trim(), comparison, limit.trim()))
}

/// The measure of a latency, and what may be late: all above the percentile.
fn late(text: &str, name: &str, comparison: &str, limit: &str) -> Result<(Measure, f64), SloError> {
    let (metric, statistic) = name
        .split_once('.')
        .ok_or_else(|| SloError::Form(text.to_owned()))?;
    let metric = metrics()
        .find(|candidate| candidate.name() == metric)
        .ok_or_else(|| SloError::Metric(metric.to_owned()))?;
    let late_ratio =
        late_share(statistic).ok_or_else(|| SloError::Statistic(statistic.to_owned()))?;
    let limit = duration(limit)?;
    let limit_ns = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
    let measure = Measure::Late {
        metric,
        quantile: 1.0 - late_ratio,
        from_ns: if comparison == "<=" {
            limit_ns.saturating_add(1)
        } else {
            limit_ns
        },
    };
    Ok((measure, late_ratio))
}

/// What lies above a statistic: 0.01 of p99, nothing of max.
fn late_share(statistic: &str) -> Option<f64> {
    if statistic == "max" {
        return Some(0.0);
    }
    let percent = statistic.strip_prefix('p')?.replace('_', ".");
    let is_number = |text: &str| {
        text.chars()
            .all(|symbol| symbol.is_ascii_digit() || symbol == '.')
    };
    let percent: f64 = percent.parse().ok().filter(|_| is_number(&percent))?;
    // 100 - 99.9 has errors that 1 - 0.999 of fewer digits does not.
    let share = ((100.0 - percent) * 1e7).round() / 1e9;
    (percent > 0.0 && percent < 100.0).then_some(share)
}

fn duration(text: &str) -> Result<Duration, SloError> {
    let wrong = |why: String| SloError::Limit(text.to_owned(), why);
    match parse_duration(text).map_err(wrong)? {
        Duration::ZERO => Err(wrong("nothing is faster than zero".to_owned())),
        limit => Ok(limit),
    }
}

/// A part of all, as the most that is below it (`<`) or itself (`<=`).
fn share(text: &str, comparison: &str) -> Result<f64, SloError> {
    let wrong = || SloError::Share(text.to_owned());
    let (number, unit) = match text.strip_suffix('%') {
        Some(number) => (number.trim(), 0.01),
        None => (text, 1.0),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let share = number * unit;
    match comparison {
        "<" if share > 0.0 && share <= 1.0 => Ok(share.next_down()),
        "<=" if (0.0..1.0).contains(&share) => Ok(share),
        _ => Err(wrong()),
    }
}

/// Those that the target has a part in.
fn metrics() -> impl Iterator<Item = Metric> {
    let own = [Metric::ClientLag, Metric::StartLag, Metric::LoopLag];
    Metric::ALL
        .into_iter()
        .filter(move |metric| !own.contains(metric))
}

fn metric_names() -> String {
    metrics().map(Metric::name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::measurement::tests::{histogram_ms, report};
    use super::*;

    fn slo(text: &str) -> Slo {
        text.parse().unwrap()
    }

    #[test]
    fn what_may_be_lost_stands_in_the_expression() {
        for (text, loss_ratio) in [
            ("delivery.p99<20ms", 0.01),
            (" ttfe.p99.9 <= 1.5s ", 0.001),
            ("gap.p99_9<1s", 0.001),
            ("delivery.max<1s", 0.0),
            ("failed_rate<=0.1%", 0.001),
            ("lost_rate<=0.5", 0.5),
            ("lost==0", 0.0),
            ("streams_failed==0", 0.0),
        ] {
            assert_eq!(slo(text).loss_ratio, loss_ratio, "{text}");
        }
        let strict = slo("failed_rate<0.1%").loss_ratio;
        assert!(strict < 0.001 && strict > 0.000_999_999);
    }

    #[test]
    fn what_is_no_service_level_is_refused_by_name() {
        let refused = |text: &str| text.parse::<Slo>().unwrap_err().to_string();
        for text in [
            "",
            "delivery",
            "delivery.p99",
            "delivery<20ms",
            "delivery.p99>20ms",
            "lost<5",
            "a==b",
        ] {
            assert!(refused(text).contains("is not a service level"), "{text}");
        }
        assert!(refused("latency.p99<20ms").contains("ttfe_sent"));
        assert!(refused("client_lag.p99<20ms").contains("\"client_lag\" is not a metric"));
        for text in [
            "gap.mean<1s",
            "gap.p100<1s",
            "gap.p0<1s",
            "gap.p-1<1s",
            "gap.pinf<1s",
        ] {
            assert!(refused(text).contains("is not a percentile"), "{text}");
        }
        assert!(refused("gap.p99<20").contains("limit \"20\""));
        assert!(refused("gap.p99<0ms").contains("faster than zero"));
        for text in [
            "failed_rate<0%",
            "failed_rate<=100%",
            "failed_rate<x",
            "failed_rate<-1%",
        ] {
            assert!(refused(text).contains("is not a part"), "{text}");
        }
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
