//! Numbers as requests and command lines have them, read exactly.

/// A whole number: only digits, where `str::parse` would take a sign, too.
pub(crate) fn whole(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// A decimal number in millionths, exact, unlike a float: digits, and up to six after a point.
pub(crate) fn millionths(text: &str) -> Option<u64> {
    let (units, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() || fraction.len() > 6 {
        return None;
    }
    let millionths = whole(&format!("{fraction:0<6}"))?;
    whole(units)?
        .checked_mul(1_000_000)?
        .checked_add(millionths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_digits() {
        assert_eq!(whole("0012"), Some(12));
        assert_eq!(whole("18446744073709551615"), Some(u64::MAX));
        for text in ["", "-1", "+1", "1.0", " 1", "0x1", "18446744073709551616"] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn decimals_are_exact() {
        assert_eq!(millionths("0.1"), Some(100_000));
        assert_eq!(millionths("3.141592"), Some(3_141_592));
        assert_eq!(millionths("18446744073709.551615"), Some(u64::MAX));
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "1.+5",
            "1e3",
            "nan",
            "inf",
            "0.1234567",
            "18446744073709.551616",
        ] {
            assert_eq!(millionths(text), None, "{text}");
        }
    }
}
