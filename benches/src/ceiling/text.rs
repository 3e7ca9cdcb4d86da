//! Loads and figures as people read them.

use crate::bare::Flood;

/// What is moved, without whether it is stamped.
pub(super) fn load(load: Flood) -> String {
    let Flood { streams, batch, .. } = load;
    let events = if batch == 1 { "event" } else { "events" };
    format!("{}, {batch} {events} per write", self::streams(streams))
}

pub(super) fn streams(count: usize) -> String {
    let streams = if count == 1 { "stream" } else { "streams" };
    format!("{} {streams}", grouped(count as f64))
}

/// Three significant digits are there at least, of whole numbers all; thousands are set apart.
pub(super) fn grouped(value: f64) -> String {
    if value < 1_000.0 {
        let places = if value.fract() == 0.0 { 0 } else { 1 };
        return format!("{value:.places$}");
    }
    let digits = format!("{value:.0}");
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(String::from_utf8_lossy);
    let head = (!head.is_empty()).then_some(head.into());
    head.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (value, text) in [
            (7.46, "7.5"),
            (100.0, "100"),
            (999.94, "999.9"),
            (1_000.0, "1,000"),
            (12_345.6, "12,346"),
            (123_456.0, "123,456"),
            (12_345_678.0, "12,345,678"),
        ] {
            assert_eq!(grouped(value), text);
        }
    }
}
