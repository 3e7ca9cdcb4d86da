//! Durations as people type them, and as the clock counts them.

use std::time::Duration;

/// What a duration looks like, for those who typed something else.
const EXPECTED: &str =
    "a duration is a number and us, ms, s, m or h, like 250us, 10ms, 1.5s, 2m or 1h";

/// Reads a duration: a number, whole or decimal, and its unit: `us`, `ms`, `s`, `m` or `h`. Zero needs no unit.
///
/// # Errors
/// When it is something else, negative, or more than a [`Duration`] holds; the error says what it may be.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let unit_at = text.find(|symbol: char| symbol.is_ascii_alphabetic());
    let (number, unit) = text.split_at(unit_at.unwrap_or(text.len()));
    let number: f64 = number.parse().map_err(|_| EXPECTED.to_owned())?;
    let unit_s = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "" if number == 0.0 => 0.0,
        _ => return Err(EXPECTED.to_owned()),
    };
    Duration::try_from_secs_f64(number * unit_s).map_err(|error| error.to_string())
}

/// A duration in nanoseconds; `u64::MAX` when it is longer than that (584 years).
#[must_use]
pub fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("250us"), Ok(Duration::from_micros(250)));
        assert_eq!(parse_duration("10ms"), Ok(Duration::from_millis(10)));
        assert_eq!(parse_duration("1.5s"), Ok(Duration::from_millis(1_500)));
        assert_eq!(parse_duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(parse_duration("1h"), Ok(Duration::from_secs(3_600)));
        assert_eq!(parse_duration("0"), Ok(Duration::ZERO));
        for wrong in [
            "", "5", "s", "-1s", "1d", "1 2s", "nans", "infs", "1e400s", "ten",
        ] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
