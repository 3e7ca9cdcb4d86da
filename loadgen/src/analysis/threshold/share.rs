//! Thresholds that say what part of all may be bad.

use crate::measure::Metric;
use crate::plan::threshold::{Figure, Op, Scalar, Stat, Threshold};

/// What of all is bad, where that can be said of each stream or event by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bad {
    /// Samples of a latency from here on; of its quantile.
    Late {
        metric: Metric,
        quantile: f64,
        from_ns: u64,
    },
    /// Streams that failed.
    Failed,
    /// Events that were lost.
    Lost,
}

impl Threshold {
    /// What is bad, and the greatest part of all that may be; `None` where the threshold is about something else, or about a part
    /// of the run.
    pub(crate) fn bad_share(&self) -> Option<(Bad, f64)> {
        if self.over.is_some() || self.abort_after.is_some() {
            return None;
        }
        match self.figure {
            Figure::Latency(metric, Stat::Quantile(quantile)) => self.late(metric, quantile),
            Figure::Latency(metric, Stat::Max) => self.late(metric, 1.0),
            Figure::Scalar(scalar) => match scalar {
                Scalar::FailedRate => Some((Bad::Failed, self.most()?)),
                Scalar::LostRate => Some((Bad::Lost, self.most()?)),
                Scalar::StreamsFailed | Scalar::Errors if self.is_none() => {
                    Some((Bad::Failed, 0.0))
                }
                Scalar::Lost if self.is_none() => Some((Bad::Lost, 0.0)),
                _ => None,
            },
            Figure::Latency(..) | Figure::RunScalar(_) | Figure::Error(_) => None,
        }
    }

    /// All above the quantile may be late.
    fn late(&self, metric: Metric, quantile: f64) -> Option<(Bad, f64)> {
        let limit_ns = self.limit as u64;
        let from_ns = match self.op {
            Op::Less => limit_ns,
            Op::LessOrEqual => limit_ns.saturating_add(1),
            _ => return None,
        };
        let bad = Bad::Late {
            metric,
            quantile,
            from_ns,
        };
        // 1 - 0.999 is not the nearest to 0.001, and as many digits as anybody types are.
        Some((bad, ((1.0 - quantile) * 1e9).round() / 1e9))
    }

    /// The greatest part that is below the limit, or that is the limit.
    fn most(&self) -> Option<f64> {
        let most = match self.op {
            Op::Less => self.limit.next_down(),
            Op::LessOrEqual => self.limit,
            _ => return None,
        };
        (0.0..1.0).contains(&most).then_some(most)
    }

    /// Whether it allows none at all.
    fn is_none(&self) -> bool {
        match self.op {
            Op::Equal | Op::LessOrEqual => self.limit == 0.0,
            Op::Less => self.limit == 1.0,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(text: &str) -> Option<(Bad, f64)> {
        text.parse::<Threshold>().unwrap().bad_share()
    }

    #[test]
    fn what_may_be_bad_stands_in_the_expression() {
        for (text, most) in [
            ("delivery.p99<20ms", 0.01),
            ("ttfe.p99.9<=1.5s", 0.001),
            ("gap.p99_99<1s", 0.0001),
            ("delivery.max<1s", 0.0),
            ("failed_rate<=0.1%", 0.001),
            ("lost_rate<=50%", 0.5),
            ("lost==0", 0.0),
            ("lost<1", 0.0),
            ("streams_failed<=0", 0.0),
            ("errors==0", 0.0),
        ] {
            let (_, found) = share(text).unwrap();
            assert!((found - most).abs() < 1e-12, "{text}: {found}");
        }
        let (_, strict) = share("failed_rate<0.1%").unwrap();
        assert!(strict < 0.001 && strict > 0.000_999_999);
        let late = |from_ns| Bad::Late {
            metric: Metric::Gap,
            quantile: 0.5,
            from_ns,
        };
        assert_eq!(share("gap.p50<1ms"), Some((late(1_000_000), 0.5)));
        assert_eq!(share("gap.p50<=1ms"), Some((late(1_000_001), 0.5)));
    }

    #[test]
    fn what_is_about_something_else_says_nothing_of_shares() {
        for text in [
            "delivery.mean<20ms",
            "delivery.p99>20ms",
            "delivery.p99<20ms over 5s",
            "delivery.p99<20ms abort",
            "events>5",
            "lost<5",
            "failed_rate>1%",
            "failed_rate<=100%",
            "reset==0",
        ] {
            assert_eq!(share(text), None, "{text}");
        }
    }
}
