//! Numbers as people type them: `10ms 1.5s 2m 1h`, `10k 1m`.

use std::time::Duration;

use weir_time::parse_duration;

/// A duration above zero.
pub(super) fn positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err("must be longer than zero".to_owned()),
        duration => Ok(duration),
    }
}

/// A count above zero: a whole number, or a number with `k` (thousand) or `m` (million).
pub(super) fn count(text: &str) -> Result<u64, String> {
    let wrong = || "a count is a whole number above zero, like 500, 10k or 1.5m".to_owned();
    let (number, unit) = split(text);
    let factor = match unit {
        "" => 1.0,
        "k" => 1e3,
        "m" => 1e6,
        _ => return Err(wrong()),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let count = number * factor;
    // Above 2^53 not every whole number is one that can be typed this way.
    let whole = count.fract() == 0.0 && (1.0..=9_007_199_254_740_992.0).contains(&count);
    if whole {
        Ok(count as u64)
    } else {
        Err(wrong())
    }
}

/// A count of streams.
pub(super) fn streams(text: &str) -> Result<u32, String> {
    u32::try_from(count(text)?).map_err(|_| format!("at most {}", u32::MAX))
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_at(
        text.find(|symbol: char| symbol.is_ascii_alphabetic())
            .unwrap_or(text.len()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_can_be_asked_to_be_above_zero() {
        assert_eq!(positive_duration("10ms"), Ok(Duration::from_millis(10)));
        assert!(positive_duration("0ms").is_err());
    }

    #[test]
    fn counts_have_suffixes() {
        assert_eq!(count("500"), Ok(500));
        assert_eq!(count("10k"), Ok(10_000));
        assert_eq!(count("1.5m"), Ok(1_500_000));
        for wrong in ["", "0", "-1", "1.5", "1g", "k", "1e30", "nan"] {
            assert!(count(wrong).is_err(), "{wrong}");
        }
        assert!(streams("5000m").is_err());
    }
}
