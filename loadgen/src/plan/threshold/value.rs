//! What figures are held against.

use super::figure::value_form;
use crate::measure::Unit;

/// A number's units, by how much of the base each is.
type Units = &'static [(&'static str, f64)];

const DURATIONS: Units = &[
    ("ns", 1.0),
    ("us", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3_600e9),
];
const COUNTS: Units = &[("", 1.0), ("k", 1e3), ("m", 1e6)];
const SHARES: Units = &[("", 1.0), ("%", 0.01)];
const RATES: Units = &[
    ("", 1.0),
    ("/s", 1.0),
    ("k", 1e3),
    ("k/s", 1e3),
    ("m", 1e6),
    ("m/s", 1e6),
];
const BYTES: Units = &[
    ("", 1.0),
    ("B", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("KiB", 1_024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
];

/// What is wrong with a value, and where in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ValueError {
    /// Bytes into the value's text.
    pub(super) at: usize,
    pub(super) problem: &'static str,
    pub(super) expected: &'static str,
}

/// Reads a value of a unit, as a number of that unit: `50ms` is 50,000,000 ns.
pub(super) fn parse(text: &str, unit: Unit) -> Result<f64, ValueError> {
    let is_number = |symbol: char| symbol.is_ascii_digit() || symbol == '.';
    let suffix_at = text.find(|symbol| !is_number(symbol)).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(suffix_at);
    let number: f64 = digits.parse().map_err(|_| ValueError {
        at: 0,
        problem: "the value is no number",
        expected: value_form(unit),
    })?;
    if unit == Unit::Ns && suffix.is_empty() {
        return zero(number, suffix_at);
    }
    let factor = factor(suffix, unit).ok_or(ValueError {
        at: suffix_at,
        problem: "the value has a unit that the figure has not",
        expected: suffixes(unit),
    })?;
    fitting(product(number, factor), unit)
}

/// A duration without a unit.
fn zero(number: f64, suffix_at: usize) -> Result<f64, ValueError> {
    if number == 0.0 {
        return Ok(0.0);
    }
    Err(ValueError {
        at: suffix_at,
        problem: "a duration needs a unit",
        expected: suffixes(Unit::Ns),
    })
}

fn factor(suffix: &str, unit: Unit) -> Option<f64> {
    let per_s = |suffix| (unit == Unit::BytesPerS).then_some(suffix);
    let bare = suffix.strip_suffix("/s").and_then(per_s).unwrap_or(suffix);
    let units = match unit {
        Unit::Ns => DURATIONS,
        Unit::Count => COUNTS,
        Unit::Ratio => SHARES,
        Unit::PerS => RATES,
        Unit::Bytes | Unit::BytesPerS => BYTES,
    };
    units
        .iter()
        .find(|(name, _)| *name == bare)
        .map(|(_, factor)| *factor)
}

/// As the nearest to what was typed as there is: 0.1 % is 0.001, as a fraction of a thousand is, not a little more.
fn product(number: f64, factor: f64) -> f64 {
    if factor < 1.0 {
        number / (1.0 / factor)
    } else {
        number * factor
    }
}

fn fitting(value: f64, unit: Unit) -> Result<f64, ValueError> {
    let problem = match unit {
        Unit::Ratio if value > 1.0 => "no share is above all",
        Unit::Count if value.fract() != 0.0 => "no count has a fraction",
        _ if !value.is_finite() => "the value is too large",
        _ => return Ok(value),
    };
    Err(ValueError {
        at: 0,
        problem,
        expected: value_form(unit),
    })
}

fn suffixes(unit: Unit) -> &'static str {
    match unit {
        Unit::Ns => "ns, us, ms, s, m or h",
        Unit::Count => "k or m, or no unit",
        Unit::Ratio => "%, or no unit",
        Unit::PerS => "k or m, with or without /s, or no unit",
        Unit::Bytes => "B, kB, MB, GB, KiB, MiB or GiB",
        Unit::BytesPerS => "B, kB, MB, GB, KiB, MiB or GiB, with or without /s",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_understood_in_the_figures_unit() {
        let values = [
            ("50ms", Unit::Ns, 50e6),
            ("1.5s", Unit::Ns, 1.5e9),
            ("250us", Unit::Ns, 250e3),
            ("2m", Unit::Ns, 120e9),
            ("0", Unit::Ns, 0.0),
            ("10k", Unit::Count, 10_000.0),
            ("1.5m", Unit::Count, 1_500_000.0),
            ("0.1%", Unit::Ratio, 0.001),
            ("5%", Unit::Ratio, 0.05),
            ("0.05", Unit::Ratio, 0.05),
            ("100%", Unit::Ratio, 1.0),
            ("1.5k/s", Unit::PerS, 1_500.0),
            ("0.5", Unit::PerS, 0.5),
            ("64KiB", Unit::Bytes, 65_536.0),
            ("1.5MB", Unit::Bytes, 1_500_000.0),
            ("4096", Unit::Bytes, 4_096.0),
            ("1MiB/s", Unit::BytesPerS, 1_048_576.0),
        ];
        for (text, unit, value) in values {
            assert_eq!(parse(text, unit), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_such_value_is_refused_where_it_goes_wrong() {
        let wrong = [
            ("50", Unit::Ns, 2, "needs a unit"),
            ("50mb", Unit::Ns, 2, "a unit that the figure has not"),
            ("1e3", Unit::Count, 1, "a unit that the figure has not"),
            ("1.5", Unit::Count, 0, "fraction"),
            ("5", Unit::Ratio, 0, "above all"),
            ("120%", Unit::Ratio, 0, "above all"),
            ("64KB", Unit::Bytes, 2, "a unit that the figure has not"),
            ("1KiB/s", Unit::Bytes, 1, "a unit that the figure has not"),
            ("-1", Unit::Count, 0, "no number"),
            ("1.2.3", Unit::Ratio, 0, "no number"),
            ("", Unit::PerS, 0, "no number"),
        ];
        for (text, unit, at, problem) in wrong {
            let error = parse(text, unit).unwrap_err();
            assert_eq!(error.at, at, "{text}: {error:?}");
            assert!(error.problem.contains(problem), "{text}: {error:?}");
        }
    }
}
