//! The period that the user says the target has, and what it was seen to be.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measure::SeenPeriods;

/// What became of `--expect-interval`: the period of the streams without stamps, fitted to when their events came.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct ExpectedInterval {
    /// What the user says it is.
    pub given_s: f64,
    /// What it was, each stream weighed by how many of its periods were seen.
    pub seen_s: f64,
    /// That of the fastest stream.
    pub seen_min_s: f64,
    /// That of the slowest stream.
    pub seen_max_s: f64,
    /// So many of them were seen, over all streams of at least 8 periods: the weight of `seen_s`.
    pub periods: u64,
}

impl ExpectedInterval {
    /// `None` where no stream was long enough to tell.
    #[must_use]
    pub fn of(given: Duration, seen: SeenPeriods) -> Option<Self> {
        let SeenPeriods {
            periods,
            total_ns,
            min_ns,
            max_ns,
        } = seen;
        (periods > 0).then(|| Self {
            given_s: given.as_secs_f64(),
            seen_s: total_ns / periods as f64 / 1e9,
            seen_min_s: min_ns / 1e9,
            seen_max_s: max_ns / 1e9,
            periods,
        })
    }

    /// What `of` made it from.
    pub(crate) fn seen(&self) -> SeenPeriods {
        SeenPeriods {
            periods: self.periods,
            total_ns: self.seen_s * 1e9 * self.periods as f64,
            min_ns: self.seen_min_s * 1e9,
            max_ns: self.seen_max_s * 1e9,
        }
    }

    /// What was seen in words, with how far off that is: `10.1ms (+1.0 %)`.
    pub(crate) fn in_words(&self) -> String {
        let off = (self.seen_s / self.given_s - 1.0) * 100.0;
        // Without a negative zero.
        let off = (off * 10.0).round() / 10.0 + 0.0;
        let seen = in_words(self.seen_s);
        let (least, most) = (in_words(self.seen_min_s), in_words(self.seen_max_s));
        let spread = if least == most {
            String::new()
        } else {
            format!(", {least} to {most} by stream")
        };
        format!("{seen} ({off:+.1} %){spread}")
    }
}

fn in_words(duration_s: f64) -> String {
    format!(
        "{:.2?}",
        Duration::try_from_secs_f64(duration_s).unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: Duration = Duration::from_millis(10);

    fn of(streams: &[(u64, f64)]) -> ExpectedInterval {
        let mut seen = SeenPeriods::NONE;
        for &(periods, period_ns) in streams {
            seen.merge(SeenPeriods::of_stream(periods, period_ns));
        }
        ExpectedInterval::of(GIVEN, seen).unwrap()
    }

    #[test]
    fn streams_weigh_by_their_periods() {
        let expected = ExpectedInterval {
            given_s: 0.01,
            seen_s: 0.0101,
            seen_min_s: 0.01,
            seen_max_s: 0.0104,
            periods: 400,
        };
        assert_eq!(of(&[(300, 10e6), (100, 10.4e6)]), expected);
        assert_eq!(ExpectedInterval::of(GIVEN, SeenPeriods::NONE), None);
    }

    #[test]
    fn words_say_how_far_off_it_is_and_how_streams_differ() {
        assert_eq!(of(&[(9, 10.1e6)]).in_words(), "10.10ms (+1.0 %)");
        assert_eq!(of(&[(9, 9_999_999.0)]).in_words(), "10.00ms (+0.0 %)");
        assert_eq!(
            of(&[(9, 9e6), (9, 10e6)]).in_words(),
            "9.50ms (-5.0 %), 9.00ms to 10.00ms by stream"
        );
    }
}
