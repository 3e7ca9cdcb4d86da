//! Figures as people read them.

use crate::measure::Unit;

/// A figure in its unit.
pub(super) fn of_unit(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Ns if value == 0.0 => "0".to_owned(),
        Unit::Ns => duration(value.round() as u64),
        Unit::Count => count(value.round() as u64),
        Unit::Ratio => format!("{} %", percent(value * 100.0)),
        Unit::PerS => format!("{}/s", rate(value)),
        Unit::Bytes => bytes(value),
        Unit::BytesPerS => byte_rate(value),
    }
}

/// Without more digits than it has.
fn percent(value: f64) -> String {
    if value == 0.0 || value == 100.0 {
        format!("{value}")
    } else if value < 0.01 {
        format!("{value:.1e}")
    } else {
        three_digits(value)
    }
}

/// Bytes: `512 B`, `64.0 KiB`, `1.50 GiB`.
pub(super) fn bytes(value: f64) -> String {
    const UNITS: [(f64, &str); 3] = [
        (1024.0, "KiB"),
        (1024.0 * 1024.0, "MiB"),
        (1024.0 * 1024.0 * 1024.0, "GiB"),
    ];
    if value < 1024.0 {
        return format!("{value:.0} B");
    }
    let unit = UNITS.iter().find(|(size, _)| value / size < 999.5);
    let (size, name) = unit.unwrap_or(&UNITS[2]);
    format!("{} {name}", three_digits(value / size))
}

/// A duration in three significant digits: `<1us`, `45.2us`, `1.02ms`, `12.3s`, `95.0min`.
pub(super) fn duration(duration_ns: u64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e3, "us"), (1e6, "ms"), (1e9, "s"), (60e9, "min")];
    if duration_ns < 1_000 {
        // The histograms' smallest step.
        return "<1us".to_owned();
    }
    let value_ns = duration_ns as f64;
    // 999.5 of a unit would round to four digits: it belongs to the next one.
    let unit = UNITS
        .iter()
        .find(|(size_ns, name)| value_ns / size_ns < if *name == "s" { 119.95 } else { 999.5 });
    let (size_ns, name) = unit.unwrap_or(&UNITS[3]);
    format!("{}{name}", three_digits(value_ns / size_ns))
}

/// Bytes a second: `1.43 MB/s`.
pub(super) fn byte_rate(bytes_per_s: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1.0, "B/s"), (1e3, "kB/s"), (1e6, "MB/s"), (1e9, "GB/s")];
    let unit = UNITS.iter().find(|(size, _)| bytes_per_s / size < 999.5);
    let (size, name) = unit.unwrap_or(&UNITS[3]);
    format!("{} {name}", three_digits(bytes_per_s / size))
}

/// A rate or count, rounded, with thousands set apart: `10,003`; small fractions keep their digits.
pub(super) fn rate(value: f64) -> String {
    if value > 0.0 && value < 99.95 {
        three_digits(value)
    } else {
        count(value.round() as u64)
    }
}

/// A count with thousands set apart: `100,034`.
pub(super) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn three_digits(value: f64) -> String {
    match value {
        _ if value < 9.995 => format!("{value:.2}"),
        _ if value < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_and_a_unit() {
        let texts = [
            (999, "<1us"),
            (1_000, "1.00us"),
            (45_215, "45.2us"),
            (999_499, "999us"),
            (999_500, "1.00ms"),
            (9_995_000, "10.0ms"),
            (1_234_567_890, "1.23s"),
            (100_000_000_000, "100s"),
            (3_600_000_000_000, "60.0min"),
        ];
        for (duration_ns, text) in texts {
            assert_eq!(duration(duration_ns), text);
        }
    }

    #[test]
    fn figures_are_shown_in_their_units() {
        let shown = [
            (12_345_678.0, Unit::Ns, "12.3ms"),
            (0.0, Unit::Ns, "0"),
            (3_000.0, Unit::Count, "3,000"),
            (0.001, Unit::Ratio, "0.10 %"),
            (0.000_012, Unit::Ratio, "1.2e-3 %"),
            (0.0, Unit::Ratio, "0 %"),
            (10_002.6, Unit::PerS, "10,003/s"),
            (512.0, Unit::Bytes, "512 B"),
            (11_264.0, Unit::Bytes, "11.0 KiB"),
            (1.5e6, Unit::BytesPerS, "1.50 MB/s"),
        ];
        for (value, unit, text) in shown {
            assert_eq!(of_unit(value, unit), text);
        }
    }

    #[test]
    fn counts_and_rates_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(rate(10_002.6), "10,003");
        assert_eq!(rate(0.5), "0.50");
        assert_eq!(rate(0.0), "0");
        assert_eq!(byte_rate(1_430_000.0), "1.43 MB/s");
        assert_eq!(byte_rate(0.0), "0.00 B/s");
    }
}
