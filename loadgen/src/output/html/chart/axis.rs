//! Axes: how values lie on one, and which of them are named.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::ticks::{self, Tick};

/// From where to where, how far apart, and the values that are named.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    from: f64,
    to: f64,
    logarithmic: bool,
    ticks: Vec<Tick>,
}

/// What is counted along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AxisUnit {
    /// Things, or things a second.
    Count,
    /// Bytes of memory.
    Bytes,
    /// Bytes a second.
    ByteRate,
    /// Shares of a core.
    Share,
    /// Durations in nanoseconds.
    Ns,
}

/// Durations that lie further apart than this are drawn on a logarithmic axis: on a linear one of 150 pixels' height the
/// smaller would be less than ten pixels above zero.
const LINEAR_SPAN: f64 = 16.0;

/// What histograms begin at, in nanoseconds: what is less is drawn there.
const SHORTEST_NS: f64 = 1e3;

/// Up to so many nines there is room for all names.
const NINES_ALL_NAMED: f64 = 3.0;

/// At least so many nines, so that p99 is always on it.
const NINES_MIN: f64 = 2.0;

impl AxisUnit {
    /// What a value is called.
    pub(crate) fn name(self, value: f64) -> String {
        match self {
            Self::Count => ticks::count(value),
            Self::Bytes => ticks::bytes(value),
            Self::ByteRate => ticks::byte_rate(value),
            Self::Share => ticks::percent(value),
            Self::Ns => ticks::duration(value),
        }
    }

    /// A round step, not below `least`.
    fn step(self, least: f64) -> f64 {
        match self {
            Self::Count | Self::ByteRate | Self::Share => ticks::decimal_step(least),
            Self::Bytes => ticks::binary_step(least),
            Self::Ns => ticks::time_step(least),
        }
    }
}

impl Axis {
    /// From zero to the largest of the values; of durations logarithmic where they are of several magnitudes.
    pub(crate) fn of(unit: AxisUnit, values: &[f64]) -> Self {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        let shortest = least.max(SHORTEST_NS);
        if unit == AxisUnit::Ns && most > LINEAR_SPAN * shortest {
            Self::logarithmic(unit, shortest, most)
        } else {
            Self::linear(unit, most)
        }
    }

    /// Loads: logarithmic where a search went up by doubling them, or all but the last few would lie at the foot.
    pub(crate) fn loads(values: &[f64]) -> Self {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        if least > 0.0 && most > LINEAR_SPAN * least {
            Self::logarithmic(AxisUnit::Count, least, most)
        } else {
            Self::linear(AxisUnit::Count, most)
        }
    }

    /// Time since the beginning, in seconds.
    pub(crate) fn time_s(end_s: f64) -> Self {
        let axis = Self::linear(AxisUnit::Ns, end_s * 1e9);
        // It ends with the last value, not with the next round one.
        let ticks = axis.ticks.into_iter();
        Self {
            from: 0.0,
            to: if end_s > 0.0 { end_s } else { 1.0 },
            logarithmic: false,
            ticks: ticks
                .map(|(at_ns, name)| (at_ns / 1e9, name))
                .filter(|(at_s, _)| *at_s <= end_s * 1.001)
                .collect(),
        }
    }

    /// Quantiles as HdrHistogram's plots have them, each nine as wide as the one before: a value is the number of nines,
    /// [`nines`]. `most` is where curves end.
    pub(crate) fn percentiles(most: f64) -> Self {
        const NAMED: [(f64, &str); 7] = [
            (0.0, "0%"),
            (0.5, "50%"),
            (0.9, "90%"),
            (0.99, "99%"),
            (0.999, "99.9%"),
            (0.9999, "99.99%"),
            (0.99999, "99.999%"),
        ];
        let to = most.ceil().max(NINES_MIN);
        // With more nines the names of 0 % and 50 % would touch.
        let from = if to > NINES_ALL_NAMED { 0.1 } else { 0.0 };
        Self {
            from: 0.0,
            to,
            logarithmic: false,
            ticks: NAMED
                .map(|(quantile, name)| (nines(quantile), name.to_owned()))
                .into_iter()
                .filter(|(at, _)| (from..to + 0.01).contains(at))
                .collect(),
        }
    }

    fn linear(unit: AxisUnit, most: f64) -> Self {
        let values = ticks::linear(most, |least| unit.step(least));
        Self {
            from: 0.0,
            to: values.last().copied().unwrap_or(1.0),
            logarithmic: false,
            ticks: named(unit, values),
        }
    }

    fn logarithmic(unit: AxisUnit, least: f64, most: f64) -> Self {
        let (from, to, values) = ticks::logarithmic(least, most);
        Self {
            from,
            to,
            logarithmic: true,
            ticks: named(unit, values),
        }
    }

    /// How far along the axis a value lies, from 0 to 1.
    pub(super) fn share(&self, value: f64) -> f64 {
        let place = |value: f64| {
            if self.logarithmic {
                value.max(self.from).log10()
            } else {
                value
            }
        };
        let (from, to) = (place(self.from), place(self.to));
        ((place(value) - from) / (to - from)).clamp(0.0, 1.0)
    }

    /// The value there.
    pub(super) fn at(&self, share: f64) -> f64 {
        if self.logarithmic {
            self.from * (self.to / self.from).powf(share)
        } else {
            self.from + (self.to - self.from) * share
        }
    }
}

fn named(unit: AxisUnit, values: Vec<f64>) -> Vec<Tick> {
    let values = values.into_iter();
    values.map(|value| (value, unit.name(value))).collect()
}

/// How many nines a quantile has: 1 for 0.9, 2 for 0.99.
pub(crate) fn nines(quantile: f64) -> f64 {
    // Of what is next to 1, the difference would keep too few digits to name 99.999 % by.
    ((-(1.0 - quantile).log10()) * 1e6).round() / 1e6
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (first, last): (i32, i32)) -> i32 {
        first + (f64::from(last - first) * self.share(*value)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // Light lines between those that are named would be too many.
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.ticks.iter().map(|(at, _)| *at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.from..self.to
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let tick = self.ticks.iter().find(|(at, _)| at == value);
        tick.map(|(_, name)| name.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, name)| name.as_str()).collect()
    }

    #[test]
    fn durations_of_one_magnitude_begin_at_zero() {
        let axis = Axis::of(AxisUnit::Ns, &[5e6, 17e6]);
        assert_eq!(names(&axis), ["0", "5ms", "10ms", "15ms", "20ms"]);
        assert!((axis.share(17e6) - 0.85).abs() < 1e-9);
    }

    #[test]
    fn durations_of_several_magnitudes_are_logarithmic() {
        let axis = Axis::of(AxisUnit::Ns, &[50e3, 17e6]);
        assert_eq!(names(&axis), ["10us", "100us", "1ms", "10ms", "100ms"]);
        assert!((axis.share(1e6) - 0.5).abs() < 1e-9);
        assert!((axis.at(axis.share(3e6)) - 3e6).abs() < 1.0);
        assert_eq!(axis.share(0.0), 0.0);
    }

    #[test]
    fn loads_that_were_doubled_lie_equally_far_apart() {
        let axis = Axis::loads(&[10.0, 20.0, 40.0, 1_000.0]);
        assert_eq!(names(&axis), ["10", "100", "1k"]);
        let step = axis.share(20.0) - axis.share(10.0);
        assert!((axis.share(40.0) - axis.share(20.0) - step).abs() < 1e-9);
        assert_eq!(names(&Axis::loads(&[])), ["0", "1"]);
    }

    #[test]
    fn every_nine_is_as_wide_as_the_one_before() {
        let axis = Axis::percentiles(3.2);
        assert_eq!(names(&axis), ["50%", "90%", "99%", "99.9%", "99.99%"]);
        assert_eq!(axis.share(nines(0.99)), 0.5);
        assert_eq!(names(&Axis::percentiles(0.0)), ["0%", "50%", "90%", "99%"]);
    }

    #[test]
    fn time_ends_with_the_last_value() {
        let axis = Axis::time_s(59.5);
        assert_eq!(names(&axis), ["0", "15s", "30s", "45s"]);
        assert_eq!(axis.share(59.5), 1.0);
    }

    #[test]
    fn nothing_and_zero_have_an_axis_too() {
        for axis in [
            Axis::of(AxisUnit::Count, &[]),
            Axis::of(AxisUnit::Count, &[0.0]),
            Axis::of(AxisUnit::Ns, &[0.0]),
            Axis::time_s(0.0),
        ] {
            assert!(
                axis.share(0.0).is_finite() && axis.to > axis.from,
                "{axis:?}"
            );
        }
    }
}
