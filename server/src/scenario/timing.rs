//! The parameters of a schedule that several scenarios have, and their limits.

use std::num::NonZeroU64;
use std::ops::{Range, RangeInclusive};

use http::HeaderMap;

use super::parameters::{EVENTS_MAX, heartbeat_ns, is_stamped, retry_ms};
use crate::number;
use crate::request::bad_request::BadRequest;
use crate::request::query::Query;
use crate::schedule::jitter::{Gaps, Jitter, Stall};
use crate::schedule::pace::Pace;
use crate::schedule::timing::Timing;
use crate::stream::plan::Plan;
use crate::tape::shape::{AnyShape, Shape};

/// A delay or an interval, given in milliseconds: a microsecond to an hour.
pub(super) const DELAY_NS: RangeInclusive<u64> = 1_000..=3_600_000_000_000;
/// In millionths: from gaps that hardly differ to such as leave most events to a few bursts.
const CVS: RangeInclusive<u64> = 10_000..=10_000_000;

/// In millionths of an event a second: one in 1,000 s, which is longer than proxies let a stream be quiet, to a
/// million, which is some ten times what a core can write one by one.
const RATES: RangeInclusive<u64> = 1_000..=1_000_000_000_000;
/// In millionths, too: ten events a second.
const DEFAULT_RATE: u64 = 10_000_000;
/// Many times what one write carries: a larger batch would be sent in pieces anyway.
const BATCH_MAX: u64 = 10_000;

/// What a stream of a given rate has beside its events.
pub(super) struct Rated {
    pace: Pace,
    gaps: Gaps,
    stall: Stall,
    heartbeat_ns: Option<u64>,
    retry_ms: Option<u64>,
    stamped: bool,
}

impl Rated {
    /// Reads `rate`, `ttfe`, `batch`, `pace`, `stall`, `heartbeat`, `retry` and `stamp`.
    ///
    /// # Errors
    /// When one of them is not what it may be.
    pub(super) fn read(query: &mut Query<'_>, headers: &HeaderMap) -> Result<Self, BadRequest> {
        let rate = query.millionths("rate", RATES)?.unwrap_or(DEFAULT_RATE);
        let unpaced = (rate == 0).then_some("at rate 0");
        Ok(Self {
            pace: steady(query, rate)?,
            gaps: gaps(query, unpaced)?,
            stall: stall(query, unpaced)?,
            heartbeat_ns: heartbeat_ns(query, None)?,
            retry_ms: retry_ms(query)?,
            stamped: is_stamped(query, headers)?,
        })
    }

    /// Such a stream with `events` of `shape`, whose draws are those of `seed`; None when there are none.
    pub(super) fn plan(self, shape: impl Shape, events: Range<u64>, seed: u64) -> Option<Plan> {
        (!events.is_empty()).then_some(Plan {
            shape: AnyShape::new(shape),
            events,
            timing: Timing {
                jitter: Jitter::new(self.gaps, self.stall, seed),
                heartbeat_ns: self.heartbeat_ns,
                ..Timing::paced(self.pace)
            },
            retry_ms: self.retry_ms,
            stamped: self.stamped,
        })
    }
}

fn steady(query: &mut Query<'_>, rate: u64) -> Result<Pace, BadRequest> {
    let ttfe_ns = query.millionths("ttfe", DELAY_NS)?.unwrap_or(0);
    let batch = query
        .integer("batch", 1..=BATCH_MAX)?
        .and_then(NonZeroU64::new);
    Ok(Pace::per_megasecond(rate)
        .with_ttfe(ttfe_ns)
        .with_batch(batch.unwrap_or(NonZeroU64::MIN)))
}

/// `events`: how many there are of a stream that need not end; 0 is no end.
///
/// # Errors
/// When it is something else.
pub(super) fn end(query: &mut Query<'_>) -> Result<u64, BadRequest> {
    let events = query.integer("events", 0..=EVENTS_MAX)?;
    Ok(events.filter(|events| *events > 0).unwrap_or(u64::MAX))
}

/// `pace`: how gaps spread about their mean. `unpaced` is what of the request fixes them all, such as "at rate 0".
///
/// # Errors
/// When it is something else, or asks for draws where there are none.
pub(super) fn gaps(query: &mut Query<'_>, unpaced: Option<&str>) -> Result<Gaps, BadRequest> {
    let gaps = query.read("pace", |value| match (parse_gaps(value), unpaced) {
        (None, _) => Err("fixed, poisson, or lognormal:<cv> with a cv from 0.01 to 10".to_owned()),
        (Some(gaps), Some(unpaced)) if gaps != Gaps::Fixed => {
            Err(format!("fixed {unpaced}, which has no gaps to draw"))
        }
        (Some(gaps), _) => Ok(gaps),
    })?;
    Ok(gaps.unwrap_or(Gaps::Fixed))
}

fn parse_gaps(value: &str) -> Option<Gaps> {
    match value {
        "fixed" => Some(Gaps::Fixed),
        "poisson" => Some(Gaps::Poisson),
        _ => {
            let cv = number::millionths(value.strip_prefix("lognormal:")?)?;
            CVS.contains(&cv).then(|| Gaps::lognormal(cv as f64 / 1e6))
        }
    }
}

/// `stall`: how often gaps are longer, and by how much. `unpaced` is as for [`gaps`].
///
/// # Errors
/// When it is something else, or asks for stalls where there are none.
pub(super) fn stall(query: &mut Query<'_>, unpaced: Option<&str>) -> Result<Stall, BadRequest> {
    let stall = query.read("stall", |value| match (parse_stall(value), unpaced) {
        (None, _) => Err(
            "<probability>:<ms>, the one from 0 to 1, the other 0 or from 0.001 to 3600000"
                .to_owned(),
        ),
        (Some(stall), Some(unpaced)) if !stall.is_never() => {
            Err(format!("absent {unpaced}, which has no schedule to stall"))
        }
        (Some(stall), _) => Ok(stall),
    })?;
    Ok(stall.unwrap_or(Stall::NEVER))
}

fn parse_stall(value: &str) -> Option<Stall> {
    let (probability, length_ms) = value.split_once(':')?;
    let per_million =
        number::millionths(probability).filter(|&millionths| millionths <= 1_000_000)?;
    let length_ns = number::millionths(length_ms).filter(|ns| *ns == 0 || DELAY_NS.contains(ns))?;
    Some(Stall {
        per_million: u32::try_from(per_million).ok()?,
        length_ns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_documented() {
        assert_eq!(parse_gaps("fixed"), Some(Gaps::Fixed));
        assert_eq!(parse_gaps("poisson"), Some(Gaps::Poisson));
        assert_eq!(parse_gaps("lognormal:0.01"), Some(Gaps::lognormal(0.01)));
        assert_eq!(parse_gaps("lognormal:10"), Some(Gaps::lognormal(10.0)));
        let stall = Stall {
            per_million: 12_500,
            length_ns: 3_600_000_000_000,
        };
        assert_eq!(parse_stall("0.0125:3600000"), Some(stall));
    }

    #[track_caller]
    fn assert_refused<T>(
        read: fn(&mut Query<'_>, Option<&str>) -> Result<T, BadRequest>,
        name: &str,
        value: &str,
        unpaced: Option<&str>,
        expected: &str,
    ) {
        let text = format!("{name}={value}");
        let error = read(&mut Query::parse(Some(&text)).unwrap(), unpaced).err();
        let error = error.expect(value);
        let message = format!("{name} must be {expected}, not \"{value}\"");
        assert_eq!((error.param.as_str(), error.message), (name, message));
    }

    #[test]
    fn a_bad_pace_is_told_what_it_may_be() {
        for value in [
            "",
            "Poisson",
            "lognormal",
            "lognormal:",
            "lognormal:0.009",
            "lognormal:10.1",
            "poisson:1",
        ] {
            let expected = "fixed, poisson, or lognormal:<cv> with a cv from 0.01 to 10";
            assert_refused(gaps, "pace", value, None, expected);
        }
        let expected = "fixed at rate 0, which has no gaps to draw";
        for value in ["poisson", "lognormal:1"] {
            assert_refused(gaps, "pace", value, Some("at rate 0"), expected);
        }
    }

    #[test]
    fn a_bad_stall_is_told_what_it_may_be() {
        for value in [
            "",
            "0.1",
            "0.1:",
            ":5",
            "1.000001:5",
            "-0.1:5",
            "0.1:3600001",
            "0.1:0.0001",
            "0.1:5:5",
        ] {
            let expected =
                "<probability>:<ms>, the one from 0 to 1, the other 0 or from 0.001 to 3600000";
            assert_refused(stall, "stall", value, None, expected);
        }
        let expected = "absent at itl 0, which has no schedule to stall";
        assert_refused(stall, "stall", "0.1:5", Some("at itl 0"), expected);
    }
}
