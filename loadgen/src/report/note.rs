//! What a reader of the figures has to know beside the verdict.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ExpectedInterval;
use crate::measure::{Counters, DueSource};

/// Share of events that may share a read with a later one before that bends the median gap.
const READ_LIMITED: f64 = 0.05;

/// A remark on the figures.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Note {
    /// Which.
    pub code: NoteCode,
    /// In words.
    pub message: String,
}

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteCode {
    /// `delivery` counts from a schedule that the user gave.
    ExpectInterval,
    /// Many events came together with later ones.
    ReadLimited,
    /// The user gave a schedule, and it was not needed.
    ExpectIntervalUnused,
    /// Events were due when the run or their stream ended, and had not come.
    Censored,
    /// Streams had no event when the run ended, or were given up.
    Unanswered,
    /// The figures are those of several runs together.
    Merged,
}

impl Note {
    /// All that are called for.
    #[must_use]
    pub fn of(
        counters: &Counters,
        due: DueSource,
        interval: Option<Duration>,
        seen: Option<ExpectedInterval>,
    ) -> Vec<Self> {
        let found = [
            interval.and_then(|interval| expect_interval(interval, due, seen)),
            read_limited(counters),
            censored(counters),
            unanswered(counters),
        ];
        found.into_iter().flatten().collect()
    }
}

fn expect_interval(
    interval: Duration,
    due: DueSource,
    seen: Option<ExpectedInterval>,
) -> Option<Note> {
    match due {
        DueSource::None => None,
        DueSource::ExpectInterval => Some(Note {
            code: NoteCode::ExpectInterval,
            message: format!(
                "delivery counts from an even schedule of about one event every {interval:?}, as --expect-interval says, fitted \
                 to the lower envelope of the receive times: what all events of a stream have in common is not in it{}",
                seen.map_or_else(String::new, |seen| format!(
                    "; the period seen is {}",
                    seen.in_words()
                ))
            ),
        }),
        DueSource::Stamps => Some(Note {
            code: NoteCode::ExpectIntervalUnused,
            message: "events carry stamps of when they were due: --expect-interval was not needed"
                .to_owned(),
        }),
    }
}

fn read_limited(counters: &Counters) -> Option<Note> {
    let share = counters.coalesced_events as f64 / counters.events.max(1) as f64;
    (share > READ_LIMITED).then(|| Note {
        code: NoteCode::ReadLimited,
        message: format!(
            "{:.0} % of events came in one read with a later one, whose receive time they have: gap below its median is limited \
             by the reads, not measured",
            share * 100.0
        ),
    })
}

fn censored(counters: &Counters) -> Option<Note> {
    let count = counters.censored;
    let events = if count == 1 {
        "event was"
    } else {
        "events were"
    };
    (count > 0).then(|| Note {
        code: NoteCode::Censored,
        message: format!(
            "{count} {events} due and had not come when the run or the stream ended: delivery counts the time waited until then"
        ),
    })
}

fn unanswered(counters: &Counters) -> Option<Note> {
    let count = counters.streams_unanswered;
    let streams = if count == 1 { "stream" } else { "streams" };
    (count > 0).then(|| Note {
        code: NoteCode::Unanswered,
        message: format!(
            "{count} {streams} had no event when the run ended or its timeout passed: ttfe counts the time waited until then"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::SeenPeriods;

    fn codes(counters: &Counters, due: DueSource) -> Vec<NoteCode> {
        Note::of(counters, due, Some(Duration::from_millis(10)), None)
            .into_iter()
            .map(|note| note.code)
            .collect()
    }

    #[test]
    fn each_is_made_where_it_is_called_for() {
        let coalesced = |coalesced_events| Counters {
            events: 100,
            coalesced_events,
            ..Counters::default()
        };
        assert_eq!(codes(&coalesced(5), DueSource::None), []);
        let limited = codes(&coalesced(6), DueSource::None);
        assert_eq!(limited, [NoteCode::ReadLimited]);
        let stamped = codes(&Counters::default(), DueSource::Stamps);
        assert_eq!(stamped, [NoteCode::ExpectIntervalUnused]);
        let given = codes(&Counters::default(), DueSource::ExpectInterval);
        assert_eq!(given, [NoteCode::ExpectInterval]);
        let waiting = Counters {
            censored: 1,
            streams_unanswered: 1,
            ..Counters::default()
        };
        let expected = [NoteCode::Censored, NoteCode::Unanswered];
        assert_eq!(codes(&waiting, DueSource::None), expected);
    }

    #[test]
    fn the_period_that_was_seen_is_said_where_it_is_known() {
        let given = Duration::from_millis(10);
        let message = |periods| {
            let seen = ExpectedInterval::of(given, SeenPeriods::of_stream(periods, 10.1e6));
            let due = DueSource::ExpectInterval;
            let notes = Note::of(&Counters::default(), due, Some(given), seen);
            notes[0].message.clone()
        };
        assert!(message(9).ends_with("; the period seen is 10.10ms (+1.0 %)"));
        assert!(message(0).ends_with("in common is not in it"));
    }
}
