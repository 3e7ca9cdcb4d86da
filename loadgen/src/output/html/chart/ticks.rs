//! Round values, and what they are called.

/// A value that is named, and its name.
pub(super) type Tick = (f64, String);

/// Steps between zero and the end of a linear axis, at most: with more, the names would touch at the width of a phone.
const STEPS_MAX: f64 = 4.0;

const KIB: f64 = 1024.0;
const MIB: f64 = 1024.0 * KIB;
const GIB: f64 = 1024.0 * MIB;

/// Decades that can all be named.
const DECADES_MAX: i32 = 5;

/// Round values from zero to the first that is not below `most`.
pub(super) fn linear(most: f64, step: impl Fn(f64) -> f64) -> Vec<f64> {
    if most <= 0.0 {
        return vec![0.0, 1.0];
    }
    let step = step(most / STEPS_MAX);
    // A value right at a step's multiple must not ask for another one.
    let steps = (most / step - 1e-9).ceil().max(1.0);
    (0..=steps as u32).map(|k| f64::from(k) * step).collect()
}

/// The beginning, the end and the powers of ten of an axis of whole decades.
pub(super) fn logarithmic(least: f64, most: f64) -> (f64, f64, Vec<f64>) {
    let first = (least.log10() + 1e-9).floor() as i32;
    let last = ((most.log10() - 1e-9).ceil() as i32).max(first + 1);
    let every = (last - first + DECADES_MAX - 1) / DECADES_MAX;
    let power = |exponent| 10f64.powi(exponent);
    let ticks = (first..=last).step_by(every as usize).map(power);
    (power(first), power(last), ticks.collect())
}

/// The smallest of 1, 2 and 5 times a power of ten that is not below `least`.
pub(super) fn decimal_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    let step = steps.into_iter().find(|step| *step >= least * (1.0 - 1e-9));
    step.unwrap_or(10.0 * power)
}

/// Likewise of bytes, in steps of KiB, MiB and so on.
pub(super) fn binary_step(least: f64) -> f64 {
    let unit = [GIB, MIB, KIB].into_iter().find(|unit| least >= *unit);
    let unit = unit.unwrap_or(1.0);
    unit * decimal_step(least / unit)
}

/// Likewise of nanoseconds: from 10 s on as clocks have it.
pub(super) fn time_step(least_ns: f64) -> f64 {
    const CLOCK_S: [f64; 10] = [
        10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0,
    ];
    if least_ns <= 5e9 {
        return decimal_step(least_ns);
    }
    let of_clock = CLOCK_S.iter().find(|step_s| **step_s * 1e9 >= least_ns);
    of_clock.map_or_else(
        || 3_600e9 * decimal_step(least_ns / 3_600e9),
        |step_s| step_s * 1e9,
    )
}

/// A duration in nanoseconds: `250us`, `1.5ms`, `1min`.
pub(super) fn duration(value_ns: f64) -> String {
    const UNITS: [(f64, &str); 6] = [
        (3_600e9, "h"),
        (60e9, "min"),
        (1e9, "s"),
        (1e6, "ms"),
        (1e3, "us"),
        (1.0, "ns"),
    ];
    // 90 s are not 1.5 min to those who look for half a minute.
    let whole = |size_ns: f64| size_ns < 60e9 || (value_ns / size_ns).fract() < 1e-6;
    scaled(value_ns, &UNITS, whole)
}

/// A count: `250`, `1.5k`, `2M`.
pub(super) fn count(value: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")];
    scaled(value, &UNITS, |_| true)
}

/// Bytes: `250 KiB`.
pub(super) fn bytes(value: f64) -> String {
    scaled(
        value,
        &[(GIB, " GiB"), (MIB, " MiB"), (KIB, " KiB"), (1.0, " B")],
        |_| true,
    )
}

/// Bytes a second: `250 kB`, as the chart's title says a second of what.
pub(super) fn byte_rate(value: f64) -> String {
    scaled(
        value,
        &[(1e9, " GB"), (1e6, " MB"), (1e3, " kB"), (1.0, " B")],
        |_| true,
    )
}

/// Parts of a whole: `50%`.
pub(super) fn percent(value: f64) -> String {
    format!("{}%", digits(value * 100.0))
}

/// In the largest unit that it is not less than, and that `fits`.
fn scaled(value: f64, units: &[(f64, &str)], fits: impl Fn(f64) -> bool) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let unit = units
        .iter()
        .find(|(size, _)| value >= size * (1.0 - 1e-9) && fits(*size));
    let (size, name) = unit.unwrap_or(&units[units.len() - 1]);
    format!("{}{name}", digits(value / size))
}

/// Three decimals at most, and none that is zero.
fn digits(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!(decimal_step(0.3), 0.5);
        assert_eq!(decimal_step(1.0), 1.0);
        assert_eq!(decimal_step(1_001.0), 2_000.0);
        assert_eq!(binary_step(3.0 * MIB), 5.0 * MIB);
        assert_eq!(time_step(2.5e9), 5e9);
        assert_eq!(time_step(14e9), 15e9);
        assert_eq!(time_step(61e9), 120e9);
        assert_eq!(time_step(5_000e9), 7_200e9);
    }

    #[test]
    fn a_linear_axis_ends_with_the_step_that_holds_all() {
        assert_eq!(linear(1_000.0, decimal_step), [0.0, 500.0, 1_000.0]);
        let ends = [1_001.0, 0.7, 0.0].map(|most| linear(most, decimal_step).pop());
        assert_eq!(ends, [Some(1_500.0), Some(0.8), Some(1.0)]);
    }

    #[test]
    fn many_decades_are_not_all_named() {
        let (from, to, ticks) = logarithmic(1e3, 3e12);
        assert_eq!((from, to), (1e3, 1e13));
        assert_eq!(ticks, [1e3, 1e5, 1e7, 1e9, 1e11, 1e13]);
        assert_eq!(logarithmic(1e6, 1e7), (1e6, 1e7, vec![1e6, 1e7]));
    }

    #[test]
    fn names_are_short() {
        let names = [0.0, 1e3, 250e3, 1.5e6, 1e9, 90e9, 60e9, 3_600e9].map(duration);
        let short = ["0", "1us", "250us", "1.5ms", "1s", "90s", "1min", "1h"];
        assert_eq!(names, short);
        assert_eq!([999.0, 1_500.0, 2e6].map(count), ["999", "1.5k", "2M"]);
        assert_eq!([5e5, 2e9].map(byte_rate), ["500 kB", "2 GB"]);
        assert_eq!([KIB, 1.5 * MIB].map(bytes), ["1 KiB", "1.5 MiB"]);
        assert_eq!([0.0, 0.125, 1.5].map(percent), ["0%", "12.5%", "150%"]);
    }
}
