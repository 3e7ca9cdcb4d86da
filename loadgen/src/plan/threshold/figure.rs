//! The figures that thresholds name.

mod scalar;

use hdrhistogram::Histogram;

pub(crate) use scalar::Scalar;

use self::scalar::{SCALARS, Source};
use crate::analysis::threshold::stretch::Stretch;
use crate::measure::{ErrorKind, Metric, Unit, samples_needed};
use crate::report::Report;

/// A threshold's form, for people.
pub const GRAMMAR: &str = "FIGURE OP VALUE [over TIME] [abort [after TIME]]";

/// One figure of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Figure {
    /// Of a latency.
    Latency(Metric, Stat),
    /// A counter, a rate, or what was used.
    Scalar(&'static Scalar),
    /// Streams that failed in this way.
    Error(ErrorKind),
}

/// What of a latency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stat {
    Min,
    Mean,
    Stddev,
    Max,
    Count,
    /// Above 0 and below 1.
    Quantile(f64),
}

/// What a figure came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    pub(crate) value: f64,
    /// It reaches into waits that had not ended.
    pub(crate) at_least: bool,
    /// How many samples it has behind it, where that is fewer than it needs.
    pub(crate) few: Option<Few>,
}

/// Samples that are too few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Few {
    pub(crate) samples: u64,
    pub(crate) needed: u64,
}

/// Stats but for the percentiles, by name.
const STATS: [(&str, Stat); 5] = [
    ("min", Stat::Min),
    ("mean", Stat::Mean),
    ("stddev", Stat::Stddev),
    ("max", Stat::Max),
    ("count", Stat::Count),
];

/// Why a name names nothing.
#[derive(Debug)]
pub(crate) enum Unknown {
    /// No figure is called so, nor any metric what stands before the dot.
    Figure,
    /// The metric is known; what stands behind its dot, at this place of the name, is not.
    Stat(usize),
}

impl Figure {
    /// The figure of a name.
    pub(crate) fn named(name: &str) -> Result<Self, Unknown> {
        if let Some(scalar) = SCALARS.iter().find(|scalar| scalar.name == name) {
            return Ok(Self::Scalar(scalar));
        }
        if let Some(kind) = ErrorKind::ALL.into_iter().find(|kind| kind.name() == name) {
            return Ok(Self::Error(kind));
        }
        let (metric, stat) = name.split_once('.').unwrap_or((name, ""));
        let metric = Metric::ALL
            .into_iter()
            .find(|known| known.name() == metric)
            .ok_or(Unknown::Figure)?;
        let stat_at = (metric.name().len() + 1).min(name.len());
        Stat::named(stat)
            .map(|stat| Self::Latency(metric, stat))
            .ok_or(Unknown::Stat(stat_at))
    }

    pub(crate) fn unit(self) -> Unit {
        match self {
            Self::Latency(_, Stat::Count) | Self::Error(_) => Unit::Count,
            Self::Latency(metric, _) => metric.unit(),
            Self::Scalar(scalar) => scalar.unit,
        }
    }

    /// The metric whose samples it is taken from.
    pub(crate) fn metric(self) -> Option<Metric> {
        match self {
            Self::Latency(metric, _) => Some(metric),
            Self::Scalar(_) | Self::Error(_) => None,
        }
    }

    /// Why there is no such figure of a part of a run, nor before its end; `None` if there is.
    pub(crate) fn whole_run_only(self) -> Option<&'static str> {
        match self {
            Self::Latency(..) => None,
            Self::Error(_) => Some(
                "errors by kind are kept for the whole run only (errors, all kinds together, is not)",
            ),
            Self::Scalar(scalar) => match scalar.source {
                Source::Stretch(_) => None,
                Source::Run(_, why) => Some(why),
            },
        }
    }

    /// Whether it is the target's own.
    pub(crate) fn is_of_target(self) -> bool {
        matches!(self, Self::Scalar(scalar) if scalar.name.starts_with("target."))
    }

    /// Why it may be absent.
    pub(crate) fn absent(self) -> &'static str {
        match self {
            Self::Latency(..) => "no samples",
            Self::Scalar(scalar) => scalar.absent,
            Self::Error(_) => "nothing was counted",
        }
    }

    /// What it is in a stretch; `None` of what is kept for the whole run only, and where there is nothing to find.
    pub(crate) fn of_stretch(self, stretch: &Stretch) -> Option<Found> {
        match self {
            Self::Latency(_, stat) => stat.of(stretch),
            Self::Scalar(scalar) => match scalar.source {
                Source::Stretch(of) => of(stretch).map(Found::exact),
                Source::Run(..) => None,
            },
            Self::Error(_) => None,
        }
    }

    /// What it is in the whole run.
    pub(crate) fn of_run(self, report: &Report) -> Option<Found> {
        match self {
            Self::Error(kind) => {
                let count = report.errors.get(&kind).copied().unwrap_or(0);
                Some(Found::exact(count as f64))
            }
            Self::Scalar(Scalar {
                source: Source::Run(of, _),
                ..
            }) => of(report).map(Found::exact),
            Self::Latency(..) | Self::Scalar(_) => {
                self.of_stretch(&Stretch::of_run(report, self.metric()))
            }
        }
    }
}

impl Found {
    fn exact(value: f64) -> Self {
        Self {
            value,
            at_least: false,
            few: None,
        }
    }
}

impl Stat {
    fn named(name: &str) -> Option<Self> {
        let plain = STATS.iter().find(|(known, _)| *known == name);
        plain
            .map(|(_, stat)| *stat)
            .or_else(|| percentile(name).map(Self::Quantile))
    }

    fn of(self, stretch: &Stretch) -> Option<Found> {
        let samples = stretch
            .samples
            .as_ref()
            .filter(|samples| !samples.is_empty());
        if self == Self::Count {
            return Some(Found::exact(samples.map_or(0, Histogram::len) as f64));
        }
        let samples = samples?;
        let (value, reaches) = match self {
            Self::Count => (samples.len() as f64, 0.0),
            Self::Min => (samples.min() as f64, 0.0),
            Self::Mean => (samples.mean(), 1.0),
            Self::Stddev => (samples.stdev(), 1.0),
            Self::Max => (samples.max() as f64, 1.0),
            Self::Quantile(quantile) => (samples.value_at_quantile(quantile) as f64, quantile),
        };
        Some(Found {
            value,
            at_least: reaches > stretch.known_to,
            few: self.few(samples.len()),
        })
    }

    fn few(self, samples: u64) -> Option<Few> {
        let Self::Quantile(quantile) = self else {
            return None;
        };
        let needed = samples_needed(quantile);
        (samples < needed).then_some(Few { samples, needed })
    }
}

/// The quantile of `p99`, `p99.9` or, as reports have it, `p99_9`.
fn percentile(name: &str) -> Option<f64> {
    let digits = name.strip_prefix('p')?.replace('_', ".");
    let is_number = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    // Shifting the point gives the nearest to 0.999; dividing 99.9 by 100 does not.
    let quantile: f64 = format!("{digits}e-2").parse().ok()?;
    (is_number && quantile > 0.0 && quantile < 1.0).then_some(quantile)
}

/// The stats that a latency has, for people.
pub(crate) fn stat_names() -> String {
    let names: Vec<&str> = STATS.iter().map(|(name, _)| *name).collect();
    format!(
        "{} or a percentile like p50, p99 or p99.9",
        names.join(", ")
    )
}

/// Every name but those of latencies, and those of latencies without their stat.
pub(crate) fn names() -> (Vec<&'static str>, Vec<&'static str>) {
    let metrics = Metric::ALL.map(Metric::name);
    let scalars = SCALARS.iter().map(|scalar| scalar.name);
    let kinds = ErrorKind::ALL.map(ErrorKind::name);
    (metrics.to_vec(), scalars.chain(kinds).collect())
}

/// Figures by what they are held against, each with what it is, for people.
#[derive(Debug)]
pub struct Group {
    /// What a value looks like.
    pub values: &'static str,
    /// Names, or their form, and what they are.
    pub figures: Vec<(String, String)>,
}

/// Every figure there is.
#[must_use]
pub fn groups() -> Vec<Group> {
    let metrics = Metric::ALL.map(Metric::name).join(" ");
    let kinds = ErrorKind::ALL.map(ErrorKind::name).join(" ");
    let latency = format!(
        "A latency's {}; count is a count. METRIC is one of {metrics}.",
        stat_names()
    );
    let error = format!("Streams that failed in this way: {kinds}.");
    let of_unit = |unit: Unit| {
        let scalars = SCALARS.iter().filter(move |scalar| scalar.unit == unit);
        scalars.map(|scalar| (scalar.name.to_owned(), scalar.definition.to_owned()))
    };
    let group = |unit| {
        let form = match unit {
            Unit::Ns => Some(("METRIC.STAT".to_owned(), latency.clone())),
            Unit::Count => Some(("KIND".to_owned(), error.clone())),
            Unit::Ratio | Unit::PerS | Unit::Bytes | Unit::BytesPerS => None,
        };
        Group {
            values: value_form(unit),
            figures: form.into_iter().chain(of_unit(unit)).collect(),
        }
    };
    UNITS.map(group).into()
}

const UNITS: [Unit; 6] = [
    Unit::Ns,
    Unit::Count,
    Unit::Ratio,
    Unit::PerS,
    Unit::Bytes,
    Unit::BytesPerS,
];

/// What a value of a unit looks like.
pub(crate) fn value_form(unit: Unit) -> &'static str {
    match unit {
        Unit::Ns => "a duration like 250us, 50ms or 1.5s",
        Unit::Count => "a count like 0, 500, 10k or 1.5m",
        Unit::Ratio => "a share like 0.1% or 0.001",
        Unit::PerS => "a rate like 500, 10k or 1.5m/s",
        Unit::Bytes => "bytes like 4096, 64KiB, 1.5MB or 2GiB",
        Unit::BytesPerS => "bytes a second like 64KiB/s, 1.5MB or 2GiB",
    }
}
