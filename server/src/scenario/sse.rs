//! `GET /sse`: events of any size, rate and number.

use http::request::Parts;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use weir_sse::Block;

use super::parameters::{self, Planned, event_type, first_event};
use super::timing::{self, Timing};
use crate::request::bad_request::BadRequest;
use crate::request::query::Query;
use crate::tape::encoded::Script;

/// An event is held whole in memory, by the server and by most clients.
const SIZE_MAX_BYTES: u64 = 1024 * 1024;
/// Reads the request.
///
/// # Errors
/// When a parameter or the `Last-Event-ID` is not what it may be.
pub(crate) fn plan(request: &Parts) -> Planned {
    let mut query = Query::parse(request.uri.query())?;
    let end = timing::end(&mut query)?;
    let timing = Timing::read(&mut query, &request.headers)?;
    let shape = Shape::read(&mut query)?;
    query.finish()?;

    let first = if shape.ids {
        first_event(&request.headers)?
    } else {
        0
    };
    let seed = shape.seed;
    Ok(timing.plan(parameters::Shape::Sse(shape), first..end, seed))
}

/// What the bytes depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    size_bytes: usize,
    ids: bool,
    event: Option<Box<str>>,
    seed: u64,
}

impl Shape {
    fn read(query: &mut Query<'_>) -> Result<Self, BadRequest> {
        Ok(Self {
            size_bytes: query.integer("size", 0..=SIZE_MAX_BYTES)?.unwrap_or(64) as usize,
            ids: query.flag("ids")?.unwrap_or(true),
            event: event_type(query)?,
            seed: query.integer("seed", 0..=u64::MAX)?.unwrap_or(0),
        })
    }
}

/// Writes events whose data are windows into one pad of random characters: as quick as a copy, and different from event
/// to event.
pub(crate) struct Filler {
    shape: Shape,
    pad: String,
}

/// How many windows there are. More than the events of a block of the default size, so that none is in it twice.
const WINDOWS: u64 = 1024;
/// From one window to the next. Odd, so that all have their turn; far from a small shift, so that neighbours have no
/// long run in common that a compressing proxy would find.
const STEP: u64 = 397;

impl Filler {
    pub(crate) fn new(shape: Shape) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(shape.seed);
        let pad = (0..shape.size_bytes + WINDOWS as usize)
            // Visible ASCII, without the space that a client strips from the front of a field's value.
            .map(|_| char::from(random.random_range(b'!'..=b'~')))
            .collect();
        Self { shape, pad }
    }

    /// For events of which only the data are wanted.
    pub(crate) fn of_size(size_bytes: usize, seed: u64) -> Self {
        Self::new(Shape {
            size_bytes,
            ids: false,
            event: None,
            seed,
        })
    }

    /// The data of event `index`.
    pub(crate) fn data(&self, index: u64) -> &str {
        let start = (index % WINDOWS * STEP % WINDOWS) as usize;
        &self.pad[start..start + self.shape.size_bytes]
    }
}

impl Script for Filler {
    fn encode(&self, index: u64, out: &mut Vec<u8>) {
        let id = self.shape.ids.then(|| index.to_string());
        let block = Block {
            event: self.shape.event.as_deref(),
            id: id.as_deref(),
            data: Some(self.data(index)),
            ..Block::default()
        };
        block.encode(out);
    }

    fn len(&self) -> u64 {
        u64::MAX
    }

    fn repeats(&self) -> bool {
        !self.shape.ids
    }
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

    fn encoded(shape: Shape, index: u64) -> String {
        let mut out = Vec::new();
        Filler::new(shape).encode(index, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn shape(query: &str) -> Shape {
        Shape::read(&mut Query::parse(Some(query)).unwrap()).unwrap()
    }

    #[test]
    fn defaults_are_ten_events_a_second_without_end() {
        let plan = ask("", "").unwrap().unwrap();
        assert_eq!(plan.events, 0..u64::MAX);
        assert_eq!((plan.pace.due_ns(0), plan.pace.due_ns(1)), (0, 100_000_000));
        assert_eq!(
            (plan.heartbeat_ns, plan.retry_ms, plan.stamped),
            (None, None, false)
        );
    }

    #[test]
    fn units_are_as_documented() {
        let plan = ask("rate=0.5&ttfe=1.5&heartbeat=0.25&retry=7", "")
            .unwrap()
            .unwrap();
        assert_eq!(
            (plan.pace.due_ns(0), plan.pace.due_ns(1)),
            (1_500_000, 2_001_500_000)
        );
        assert_eq!(
            (plan.heartbeat_ns, plan.retry_ms),
            (Some(250_000_000), Some(7))
        );
        assert_eq!(ask("heartbeat=0", "").unwrap().unwrap().heartbeat_ns, None);
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
    fn what_is_left_to_chance_is_as_documented() {
        for fixed in [
            "",
            "pace=fixed",
            "stall=0:50",
            "stall=1:0",
            "rate=0&pace=fixed&stall=0.5:0",
        ] {
            assert!(ask(fixed, "").unwrap().unwrap().chance.is_none(), "{fixed}");
        }
        assert!(ask("pace=poisson", "").unwrap().unwrap().chance.is_some());
        assert!(ask("stall=1:0.001", "").unwrap().unwrap().chance.is_some());
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

    #[test]
    fn data_are_of_the_size_asked_for_and_differ() {
        let lines: Vec<String> = (0..600)
            .map(|index| encoded(shape("ids=0&size=20"), index))
            .collect();
        assert!(
            lines
                .iter()
                .all(|line| line.len() == "data: \n\n".len() + 20)
        );
        let distinct: std::collections::HashSet<_> = lines.iter().collect();
        assert_eq!(distinct.len(), lines.len());
    }

    #[test]
    fn the_seed_decides_the_data() {
        assert_eq!(encoded(shape("seed=5"), 9), encoded(shape("seed=5"), 9));
        assert_ne!(encoded(shape("seed=5"), 9), encoded(shape("seed=6"), 9));
    }

    #[test]
    fn fields_stand_as_asked() {
        assert_eq!(
            encoded(shape("size=0&event=tick"), 12),
            "event: tick\nid: 12\ndata: \n\n"
        );
        assert_eq!(encoded(shape("size=0&ids=0"), 12), "data: \n\n");
    }
}
