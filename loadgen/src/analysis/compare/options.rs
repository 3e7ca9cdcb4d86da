//! What is gated, by which margins, and how often it is looked.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;
use weir_time::{nanoseconds, parse_duration};

use super::Difference;
use crate::measure::Metric;

/// What a comparison goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// What is gated; empty for [`Gated::DEFAULTS`], or of each the highest percentile that the samples carry.
    pub metrics: Vec<Gated>,
    /// Margins of single metrics; the others have [`Margin::DEFAULT`].
    pub margins: Vec<(Gated, Margin)>,
    /// How often, at most, two sides that are the same may be called a regression: above 0 and below 1/2.
    pub alpha: f64,
    /// Of what the bootstrap draws.
    pub seed: u64,
    /// Which of how many looks this is.
    pub look: Look,
    /// What of the request may differ between the sides, as that is what is compared.
    pub may_differ: Vec<Difference>,
    /// The files of base's and head's runs, in their order; none where they were not read from files.
    pub files: [Vec<String>; 2],
    /// Runs of each side that were invalid, and made again.
    pub remade: Runs,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            metrics: Vec::new(),
            margins: Vec::new(),
            alpha: 0.05,
            seed: 0,
            look: Look::ONLY,
            may_differ: Vec::new(),
            files: [Vec::new(), Vec::new()],
            remade: Runs { base: 0, head: 0 },
        }
    }
}

impl Options {
    /// The margin of a metric. A percentile that is gated for want of samples has that of the one it stands for.
    #[must_use]
    pub fn margin(&self, gated: Gated) -> Margin {
        let stands_for = |of: Gated| {
            let is_default = self.metrics.is_empty() && Gated::DEFAULTS.contains(&of);
            is_default && of.metric == gated.metric && of.quantile > gated.quantile
        };
        let of = |is_it: &dyn Fn(Gated) -> bool| {
            let mut margins = self.margins.iter().rev();
            margins
                .find(|(of, _)| is_it(*of))
                .map(|(_, margin)| *margin)
        };
        let own = of(&|of| of == gated);
        let own = own.or_else(|| {
            let is_default = Gated::DEFAULTS.contains(&gated);
            of(&stands_for).filter(|_| !is_default)
        });
        own.unwrap_or(Margin::DEFAULT)
    }
}

/// A percentile of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gated {
    /// Of which metric.
    pub metric: Metric,
    /// Above 0 and below 1.
    pub quantile: f64,
}

/// The percentiles that reports have.
const PERCENTILES: [(&str, f64); 7] = [
    ("p50", 0.5),
    ("p75", 0.75),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("p99.99", 0.9999),
];

impl Gated {
    /// What is gated if nothing is said: how soon a stream answers, how evenly it goes on, and how late its events come.
    /// Every further one costs the others power, since all share `alpha`.
    pub const DEFAULTS: [Self; 4] = [
        Self {
            metric: Metric::Ttfe,
            quantile: 0.5,
        },
        Self {
            metric: Metric::Ttfe,
            quantile: 0.99,
        },
        Self {
            metric: Metric::Gap,
            quantile: 0.99,
        },
        Self {
            metric: Metric::Delivery,
            quantile: 0.99,
        },
    ];
}

impl fmt::Display for Gated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.p{}", self.metric.name(), percent(self.quantile))
    }
}

/// Of a share, without the dust of binary fractions.
fn percent(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}

impl Serialize for Gated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What is wrong with a metric or a margin, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OptionError {
    /// There is no such metric.
    #[error("there is no metric {name:?}; there are {}", metrics())]
    Metric {
        /// As typed.
        name: String,
    },
    /// There is no such percentile.
    #[error(
        "{text:?} needs a percentile behind the metric, as in gap.p99: one of {}",
        percentiles()
    )]
    Percentile {
        /// As typed.
        text: String,
    },
    /// Neither a share nor a duration, or one twice.
    #[error("{text:?} is no margin: a share (10%), a duration (1ms), or both (10%,1ms)")]
    Margin {
        /// As typed.
        text: String,
    },
}

fn metrics() -> String {
    Metric::ALL.map(Metric::name).join(", ")
}

fn percentiles() -> String {
    PERCENTILES.map(|(name, _)| name).join(", ")
}

impl FromStr for Gated {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        let (name, percentile) = text.split_once('.').unwrap_or((text, ""));
        let metric = Metric::ALL
            .into_iter()
            .find(|known| known.name() == name)
            .ok_or_else(|| OptionError::Metric {
                name: name.to_owned(),
            })?;
        let known = PERCENTILES.iter().find(|(name, _)| *name == percentile);
        known
            .map(|&(_, quantile)| Self { metric, quantile })
            .ok_or_else(|| OptionError::Percentile {
                text: text.to_owned(),
            })
    }
}

/// How much worse is not yet a regression. Both must be exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Margin {
    /// Of the base's figure: 0.1 is a tenth more.
    pub relative: f64,
    /// In nanoseconds.
    pub absolute_ns: u64,
}

impl Margin {
    /// A tenth, and 100 us: the step of weir-server's timers, below which a delay is not the server's to choose.
    pub const DEFAULT: Self = Self {
        relative: 0.1,
        absolute_ns: 100_000,
    };

    /// The logarithm of the ratio to a base's figure above which both are exceeded.
    pub(super) fn ln_ratio(self, base_ns: f64) -> f64 {
        self.relative.max(self.absolute_ns as f64 / base_ns).ln_1p()
    }
}

impl fmt::Display for Margin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let absolute = format!("{:?}", std::time::Duration::from_nanos(self.absolute_ns));
        // As it is typed, and as all durations here are printed.
        let absolute = absolute.replace('µ', "u");
        write!(f, "{}%,{absolute}", percent(self.relative))
    }
}

impl FromStr for Margin {
    type Err = OptionError;

    /// What is not given is 0: exceeded by anything that is worse at all.
    fn from_str(text: &str) -> Result<Self, OptionError> {
        let wrong = || OptionError::Margin {
            text: text.to_owned(),
        };
        let (mut relative, mut absolute_ns) = (None, None);
        for part in text.split(',').map(str::trim) {
            let was_given = if let Some(percent) = part.strip_suffix('%') {
                let percent: f64 = percent.trim().parse().map_err(|_| wrong())?;
                let share = percent / 100.0;
                (share.is_finite() && share >= 0.0)
                    .then_some(())
                    .ok_or_else(wrong)?;
                relative.replace(share).is_some()
            } else {
                let ns = nanoseconds(parse_duration(part).map_err(|_| wrong())?);
                absolute_ns.replace(ns).is_some()
            };
            if was_given {
                return Err(wrong());
            }
        }
        Ok(Self {
            relative: relative.unwrap_or(0.0),
            absolute_ns: absolute_ns.unwrap_or(0),
        })
    }
}

/// Which of how many planned looks at growing data this is: looking more than once costs evidence each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Look {
    /// From 1.
    pub number: u32,
    /// How many are planned; they are not more, whatever they show.
    pub of: u32,
}

impl Look {
    /// All the data there will be.
    pub const ONLY: Self = Self { number: 1, of: 1 };
}

/// Runs of each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Runs {
    /// Of what head is held against.
    pub base: u32,
    /// Of what is judged.
    pub head: u32,
}
