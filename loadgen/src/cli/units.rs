//! Numbers as people type them: `10ms 1.5s 2m 1h`, `10k 1m`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
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
    let factor = factor(unit).ok_or_else(wrong)?;
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

/// A rate a second above zero, whole or not, also with `k` or `m`. A million streams a second is more than a kernel
/// opens.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let wrong = || "a rate is a number above zero and up to 1m, like 0.5, 200 or 1.5k".to_owned();
    let (number, unit) = split(text);
    let factor = factor(unit).ok_or_else(wrong)?;
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let rate = number * factor;
    if rate > 0.0 && rate <= 1e6 {
        Ok(rate)
    } else {
        Err(wrong())
    }
}

/// A part of a whole, above nothing and below all: `5%` or `0.05`.
pub(super) fn part(text: &str) -> Result<f64, String> {
    let wrong = || "a part is above 0 and below 100%, like 5% or 0.05".to_owned();
    part_or_none(text)
        .ok()
        .filter(|part| *part > 0.0)
        .ok_or_else(wrong)
}

/// The same, or nothing: `0%`.
pub(super) fn part_or_none(text: &str) -> Result<f64, String> {
    let wrong = || "a part is from 0 to below 100%, like 5% or 0.05".to_owned();
    let (number, unit) = match text.trim().strip_suffix('%') {
        Some(number) => (number.trim_end(), 100.0),
        None => (text.trim(), 1.0),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let part = number / unit;
    if (0.0..1.0).contains(&part) {
        Ok(part)
    } else {
        Err(wrong())
    }
}

/// Addresses of this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Addresses(pub(super) Vec<IpAddr>);

/// Addresses one by one and in ranges: `127.0.0.2,127.0.0.8-127.0.0.11`.
pub(super) fn addresses(text: &str) -> Result<Addresses, String> {
    let mut all = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (address(first)?, address(last)?);
        all.extend(range(first, last).ok_or_else(|| {
            format!(
                "{part:?} is not a range of up to {RANGE_MAX} addresses, like 127.0.0.2-127.0.0.9"
            )
        })?);
    }
    Ok(Addresses(all))
}

/// Addresses of one range: more ports than there are sockets to be had.
const RANGE_MAX: u128 = 256;

fn address(text: &str) -> Result<IpAddr, String> {
    let text = text.trim();
    text.parse()
        .map_err(|_| format!("{text:?} is not an IP address"))
}

fn range(first: IpAddr, last: IpAddr) -> Option<Vec<IpAddr>> {
    let numbers = |first: u128, last: u128| {
        let count = last.checked_sub(first)?.checked_add(1)?;
        (count <= RANGE_MAX).then_some(first..=last)
    };
    match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            let numbers = numbers(first.to_bits().into(), last.to_bits().into())?;
            let address = |bits| Some(Ipv4Addr::from_bits(u32::try_from(bits).ok()?).into());
            numbers.map(address).collect()
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => {
            let numbers = numbers(first.to_bits(), last.to_bits())?;
            Some(
                numbers
                    .map(|bits| Ipv6Addr::from_bits(bits).into())
                    .collect(),
            )
        }
        _ => None,
    }
}

/// A count of streams.
pub(super) fn streams(text: &str) -> Result<u32, String> {
    u32::try_from(count(text)?).map_err(|_| format!("at most {}", u32::MAX))
}

fn factor(unit: &str) -> Option<f64> {
    match unit {
        "" => Some(1.0),
        "k" => Some(1e3),
        "m" => Some(1e6),
        _ => None,
    }
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
    fn rates_need_not_be_whole() {
        assert_eq!(rate("0.5"), Ok(0.5));
        assert_eq!(rate("1.5k"), Ok(1_500.0));
        for wrong in ["", "0", "-1", "nan", "inf", "2m", "5/s"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parts_are_percent_or_not() {
        assert_eq!(part("5%"), Ok(0.05));
        assert_eq!(part(" 0.3 "), Ok(0.3));
        assert_eq!(part_or_none("0%"), Ok(0.0));
        assert_eq!(part_or_none("30%"), Ok(0.3));
        for wrong in ["", "100%", "-5%", "nan"] {
            assert!(part_or_none(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "0", "100%", "1", "-5%", "nan", "5 %%"] {
            assert!(part(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_come_alone_and_in_ranges() {
        let all = addresses("10.0.0.1, 127.0.0.254-127.0.1.1,::1").unwrap().0;
        let texts: Vec<String> = all.iter().map(IpAddr::to_string).collect();
        let range = ["127.0.0.254", "127.0.0.255", "127.0.1.0", "127.0.1.1"];
        assert_eq!(texts[0], "10.0.0.1");
        assert_eq!(texts[1..5], range);
        assert_eq!(texts[5], "::1");
        for wrong in [
            "",
            "a",
            "127.0.0.2-127.0.0.1",
            "127.0.0.1-::1",
            "10.0.0.0-10.1.0.0",
        ] {
            assert!(addresses(wrong).is_err(), "{wrong}");
        }
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
