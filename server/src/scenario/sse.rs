//! `GET /sse`: events of any size, rate and number.

use http::request::Parts;

use super::parameters::{Planned, event_type, first_event};
use super::timing::{self, Rated};
use crate::request::bad_request::BadRequest;
use crate::request::query::Query;
use crate::tape::filler::FillerShape;

/// An event is held whole in memory, by the server and by most clients.
const SIZE_MAX_BYTES: u64 = 1024 * 1024;

/// Reads the request.
///
/// # Errors
/// When a parameter or the `Last-Event-ID` is not what it may be.
pub(crate) fn plan(request: &Parts) -> Planned {
    let mut query = Query::parse(request.uri.query())?;
    let end = timing::end(&mut query)?;
    let rated = Rated::read(&mut query, &request.headers)?;
    let shape = shape(&mut query)?;
    query.finish()?;

    let first = if shape.ids {
        first_event(&request.headers)?
    } else {
        0
    };
    let seed = shape.seed;
    Ok(rated.plan(shape, first..end, seed))
}

fn shape(query: &mut Query<'_>) -> Result<FillerShape, BadRequest> {
    Ok(FillerShape {
        size_bytes: query.integer("size", 0..=SIZE_MAX_BYTES)?.unwrap_or(64) as usize,
        ids: query.flag("ids")?.unwrap_or(true),
        event: event_type(query)?,
        seed: query.integer("seed", 0..=u64::MAX)?.unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn ask(query: &str, last_event_id: &str) -> Planned {
        let request = Request::get(format!("/sse?{query}"))
            .header("last-event-id", last_event_id)
            .body(())
            .unwrap();
        plan(&request.into_parts().0)
    }

    #[test]
    fn defaults_are_ten_events_a_second_without_end() {
        let plan = ask("", "").unwrap().unwrap();
        assert_eq!(plan.events, 0..u64::MAX);
        assert_eq!(
            (plan.timing.pace.due_ns(0), plan.timing.pace.due_ns(1)),
            (0, 100_000_000)
        );
        assert_eq!(
            (plan.timing.heartbeat_ns, plan.retry_ms, plan.stamped),
            (None, None, false)
        );
    }

    #[test]
    fn units_are_as_documented() {
        let plan = ask("rate=0.5&ttfe=1.5&heartbeat=0.25&retry=7", "")
            .unwrap()
            .unwrap();
        assert_eq!(
            (plan.timing.pace.due_ns(0), plan.timing.pace.due_ns(1)),
            (1_500_000, 2_001_500_000)
        );
        assert_eq!(
            (plan.timing.heartbeat_ns, plan.retry_ms),
            (Some(250_000_000), Some(7))
        );
        assert_eq!(
            ask("heartbeat=0", "").unwrap().unwrap().timing.heartbeat_ns,
            None
        );
    }

    #[test]
    fn a_resumed_stream_ends_where_the_whole_one_does() {
        assert_eq!(ask("events=10", "3").unwrap().unwrap().events, 4..10);
        assert!(ask("events=10", "9").unwrap().is_none());
        let far = ask("", "18446744073709551610").unwrap_err();
        assert_eq!(far.param, "Last-Event-ID");
        assert_eq!(
            ask("events=10&ids=0", "no id of ours")
                .unwrap()
                .unwrap()
                .events,
            0..10
        );
        assert_eq!(ask("", "no id of ours").unwrap_err().param, "Last-Event-ID");
    }

    #[test]
    fn parameters_have_their_limits() {
        for (query, param) in [
            ("events=1000000000001", "events"),
            ("rate=0.0001", "rate"),
            ("rate=1000001", "rate"),
            ("size=1048577", "size"),
            ("ttfe=3600001", "ttfe"),
            ("batch=0", "batch"),
            ("ids=2", "ids"),
            ("event=", "event"),
            ("event=a%0Adata:b", "event"),
            ("heartbeat=3601", "heartbeat"),
            ("retry=-1", "retry"),
            ("stamp=yes", "stamp"),
            ("seed=x", "seed"),
            ("pace=even", "pace"),
            ("stall=1", "stall"),
        ] {
            assert_eq!(ask(query, "").unwrap_err().param, param);
        }
    }

    #[test]
    fn what_is_left_to_jitter_is_as_documented() {
        for fixed in [
            "",
            "pace=fixed",
            "stall=0:50",
            "stall=1:0",
            "rate=0&pace=fixed&stall=0.5:0",
        ] {
            assert!(
                ask(fixed, "").unwrap().unwrap().timing.jitter.is_none(),
                "{fixed}"
            );
        }
        assert!(
            ask("pace=poisson", "")
                .unwrap()
                .unwrap()
                .timing
                .jitter
                .is_some()
        );
        assert!(
            ask("stall=1:0.001", "")
                .unwrap()
                .unwrap()
                .timing
                .jitter
                .is_some()
        );
    }

    #[test]
    fn without_a_rate_there_is_nothing_to_draw() {
        for (query, message) in [
            (
                "rate=0&pace=lognormal:1",
                "pace must be fixed at rate 0, which has no gaps to draw, not \"lognormal:1\"",
            ),
            (
                "rate=0&stall=0.1:5",
                "stall must be absent at rate 0, which has no schedule to stall, not \"0.1:5\"",
            ),
        ] {
            assert_eq!(ask(query, "").unwrap_err().message, message);
        }
    }
}
