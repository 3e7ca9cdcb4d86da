//! What a line means (WHATWG HTML 9.2.6).

use memchr::memchr;

pub(super) enum Field<'a> {
    /// The empty line, which ends a block.
    Blank,
    Comment,
    Data(&'a [u8]),
    Event(&'a [u8]),
    Id(&'a [u8]),
    /// Saturated: the standard's integer has no bound.
    RetryMs(u64),
    Ignored,
}

impl<'a> Field<'a> {
    pub(super) fn parse(line: &'a [u8]) -> Self {
        match line {
            [] => Self::Blank,
            [b':', ..] => Self::Comment,
            _ => Self::named(line),
        }
    }

    fn named(line: &'a [u8]) -> Self {
        if let Some(data) = value(line, b"data") {
            Self::Data(data)
        } else if let Some(event) = value(line, b"event") {
            Self::Event(event)
        } else if let Some(id) = value(line, b"id") {
            match memchr(0, id) {
                Some(_) => Self::Ignored,
                None => Self::Id(id),
            }
        } else {
            value(line, b"retry")
                .and_then(integer)
                .map_or(Self::Ignored, Self::RetryMs)
        }
    }
}

/// The value of the field `name`, if `line` is one: after the colon and at most one space. A line without a colon is a
/// name with an empty value.
fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    match line.strip_prefix(name)? {
        [] => Some(b""),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        _ => None,
    }
}

/// ASCII digits only, and at least one; `str::parse` would take a sign.
fn integer(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add((digit - b'0').into());
    Some(digits.iter().fold(0, add))
}
