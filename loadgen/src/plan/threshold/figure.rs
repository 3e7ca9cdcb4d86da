//! The figures that thresholds name.

mod scalar;

pub(crate) use scalar::{RunScalar, Scalar};

use self::scalar::Facts;
use crate::measure::{ErrorKind, Metric, Unit};

/// A threshold's form, for people.
pub const GRAMMAR: &str = "FIGURE OP VALUE [over TIME] [abort [after TIME]]";

/// One figure of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Figure {
    /// Of a latency.
    Latency(Metric, Stat),
    /// A number of any part of it.
    Scalar(Scalar),
    /// A number of the whole of it.
    RunScalar(RunScalar),
    /// Streams that failed in this way.
    Error(ErrorKind),
}

impl Figure {
    /// Whether it says how many streams failed.
    pub(crate) fn is_of_failures(self) -> bool {
        match self {
            Self::Scalar(scalar) => matches!(
                scalar,
                Scalar::StreamsFailed | Scalar::Errors | Scalar::FailedRate
            ),
            Self::Error(_) => true,
            Self::Latency(..) | Self::RunScalar(_) => false,
        }
    }
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

/// What a figure is told by: without it there is none, whatever was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basis {
    /// What is always counted.
    Counts,
    Streams,
    Events,
    Samples,
    /// Numbers of events.
    Sequence,
    /// When events were due.
    Due,
    Stamps,
    KernelRx,
    /// Arrivals of the open model.
    Offer,
    /// What the target says of itself.
    Target,
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
        if let Some((figure, _)) = scalars().find(|(_, facts)| facts.name == name) {
            return Ok(figure);
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
            Self::Scalar(scalar) => scalar.facts().unit,
            Self::RunScalar(scalar) => scalar.facts().unit,
        }
    }

    /// The metric whose samples it is taken from.
    pub(crate) fn metric(self) -> Option<Metric> {
        match self {
            Self::Latency(metric, _) => Some(metric),
            Self::Scalar(_) | Self::RunScalar(_) | Self::Error(_) => None,
        }
    }

    /// Why there is no such figure of a part of a run, nor before its end; `None` if there is.
    pub(crate) fn whole_run_only(self) -> Option<&'static str> {
        match self {
            Self::Latency(..) | Self::Scalar(_) => None,
            Self::RunScalar(scalar) => Some(scalar.whole_run_only()),
            Self::Error(_) => Some(
                "errors by kind are kept for the whole run only (errors, all kinds together, is not)",
            ),
        }
    }

    /// What it is told by.
    pub(crate) fn basis(self) -> Basis {
        match self {
            Self::Latency(metric, _) => Basis::of(metric),
            Self::Scalar(scalar) => scalar.facts().basis,
            Self::RunScalar(scalar) => scalar.facts().basis,
            Self::Error(_) => Basis::Counts,
        }
    }

    /// Why it may be absent where it could be told.
    pub(crate) fn absent(self) -> &'static str {
        match self {
            Self::Latency(..) => Basis::Samples.absent(),
            Self::Scalar(_) | Self::RunScalar(_) | Self::Error(_) => self.basis().absent(),
        }
    }
}

impl Basis {
    fn of(metric: Metric) -> Self {
        match metric {
            Metric::Delivery => Self::Due,
            Metric::ServerLag | Metric::Wire => Self::Stamps,
            Metric::ClientLag => Self::KernelRx,
            Metric::Connect
            | Metric::Headers
            | Metric::Ttfe
            | Metric::TtfeSent
            | Metric::Gap
            | Metric::Silence
            | Metric::Lifetime
            | Metric::StartLag
            | Metric::LoopLag => Self::Samples,
        }
    }

    /// What to say where it is missing.
    pub(crate) fn absent(self) -> &'static str {
        match self {
            Self::Counts => "nothing was counted",
            Self::Streams => "no stream was started",
            Self::Events => "no events",
            Self::Samples => "no samples",
            Self::Sequence => "no stamps or consecutive ids to tell losses by",
            Self::Due => "nothing tells when events were due: no stamps, no --expect-interval",
            Self::Stamps => "no stamps",
            Self::KernelRx => "no kernel receive times",
            Self::Offer => "nothing was offered: no -r",
            Self::Target => "not known of the target (--server-pid, --server-metrics)",
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
}

/// Every figure that is one number.
fn scalars() -> impl Iterator<Item = (Figure, Facts)> {
    let of_parts = Scalar::ALL.iter();
    let of_runs = RunScalar::ALL.iter();
    of_parts
        .map(|&scalar| (Figure::Scalar(scalar), scalar.facts()))
        .chain(of_runs.map(|&scalar| (Figure::RunScalar(scalar), scalar.facts())))
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
    let scalars = scalars().map(|(_, facts)| facts.name);
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
        let scalars = scalars().filter(move |(_, facts)| facts.unit == unit);
        scalars.map(|(_, facts)| (facts.name.to_owned(), facts.definition.to_owned()))
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
