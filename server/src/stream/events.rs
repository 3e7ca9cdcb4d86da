//! An event stream as a response body: what is due now, as one frame.

use std::ops::Range;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use weir_sse::Stamp;
use weir_time::{Alarm, Timers};

use super::counted::{Source, counted};
use super::eventless::{self, HEARTBEAT};
use super::plan::Plan;
use crate::connection::body::{Polled, StreamBody};
use crate::connection::gate::Gate;
use crate::core::thread::Core;
use crate::core::ticket::Ticket;
use crate::schedule::jitter::Ordinals;
use crate::schedule::timeline::{Due, Timeline, Timelines};
use crate::tape::encoded::{Cursor, Run};
use crate::tape::tapes::Tapes;

/// What the event streams of one thread have in common: the tapes that they read from, and the batches that they advance
/// in.
#[derive(Default)]
pub(crate) struct EventStreams {
    tapes: Tapes,
    timelines: Timelines,
}

impl EventStreams {
    /// `ordinals` are those of the whole server.
    pub(crate) fn new(ordinals: Ordinals) -> Self {
        Self {
            tapes: Tapes::default(),
            timelines: Timelines::new(ordinals),
        }
    }

    /// Opens the stream of `plan`, whose request was read at `start_ns`. Whoever polls it writes to the socket of
    /// `gate`.
    pub(crate) fn open(
        &self,
        ticket: Ticket,
        gate: Rc<Gate>,
        plan: &Plan,
        start_ns: u64,
    ) -> StreamBody {
        let stream = EventStream {
            alarm: ticket.core.timers.alarm(),
            cursor: Cursor::new(self.tapes.tape(&plan.shape)),
            events: plan.events.clone(),
            batch: Batch {
                left: 0,
                due_ns: 0,
                sent_ns: 0,
            },
            timeline: self.timelines.begin(&plan.timing, start_ns),
            retry_ms: plan.retry_ms,
            stamped: plan.stamped,
        };
        counted(ticket, gate, stream)
    }

    /// Completes when the last event of the stream of `plan` would be due, whose request was read at `start_ns`.
    pub(crate) async fn last_due(&self, timers: &Timers, plan: &Plan, start_ns: u64) {
        let events = plan.events.end - plan.events.start;
        let timeline = self.timelines.begin(&plan.timing, start_ns);
        timeline.last_due(events, timers).await;
    }
}

/// A stream on its way. Each frame is one batch of events, one heartbeat or the `retry` block, and is handed over
/// only when the one before it has been written. A batch that reaches into another block of the tape is several
/// frames, handed over together.
struct EventStream {
    alarm: Alarm,
    cursor: Cursor,
    /// Those still to be sent.
    events: Range<u64>,
    batch: Batch,
    timeline: Timeline,
    /// To be told first.
    retry_ms: Option<u64>,
    stamped: bool,
}

/// What is left of the batch that is being handed over: more than a frame when it reaches into the next block.
struct Batch {
    left: u64,
    due_ns: u64,
    /// When its first frame was handed over; all go out in one write.
    sent_ns: u64,
}

impl EventStream {
    fn poll_bytes(&mut self, core: &Core, gate: &Gate, cx: &mut Context<'_>) -> Poll<Bytes> {
        if let Some(retry_ms) = self.retry_ms.take() {
            return Poll::Ready(eventless::retry(retry_ms));
        }
        if self.batch.left > 0 {
            return Poll::Ready(self.take_events(core));
        }
        // Before the clock is read: who writes asks for the next frame once before it has written the last one.
        ready!(gate.poll_open());
        loop {
            let now_ns = ready!(self.alarm.poll_at(self.timeline.next_ns(), cx));
            match self.timeline.take(now_ns) {
                Due::Nothing => {}
                Due::Heartbeat => return Poll::Ready(Bytes::from_static(HEARTBEAT)),
                Due::Batch { due_ns, size } => {
                    let left = size.min(self.events.end - self.events.start);
                    let lag_ns = now_ns.saturating_sub(due_ns);
                    core.stats().lag.record(lag_ns, left);
                    self.batch = Batch {
                        left,
                        due_ns,
                        sent_ns: now_ns,
                    };
                    return Poll::Ready(self.take_events(core));
                }
            }
        }
    }

    fn take_events(&mut self, core: &Core) -> Bytes {
        let run = self.cursor.run(self.events.start, self.batch.left);
        let count = run.len() as u64;
        let first = Stamp {
            seq: self.events.start,
            due_ns: self.batch.due_ns,
            sent_ns: self.batch.sent_ns,
        };
        let bytes = if self.stamped {
            stamped(&run, first)
        } else {
            run.bytes()
        };
        self.events.start += count;
        self.batch.left -= count;
        core.stats().events.add(count);
        bytes
    }
}

impl Source for EventStream {
    fn poll_next(&mut self, core: &Core, gate: &Gate, cx: &mut Context<'_>) -> Polled {
        self.poll_bytes(core, gate, cx).map(|bytes| Some(Ok(bytes)))
    }

    fn is_over(&self) -> bool {
        self.events.is_empty()
    }

    fn farewell(&self, retry: Bytes) -> Bytes {
        self.cursor.farewell(self.events.start).unwrap_or(retry)
    }
}

/// The events of `run`, each after its stamp: the first one's is `first`, the others' count on from it.
fn stamped(run: &Run<'_>, first: Stamp) -> Bytes {
    let mut out = Vec::with_capacity(run.len() * Stamp::LEN + run.size_bytes());
    let mut line = [0; Stamp::LEN];
    first.write(&mut line);
    for (seq, event) in (first.seq..).zip(run.events()) {
        Stamp::write_seq(seq, &mut line);
        out.extend_from_slice(&line);
        out.extend_from_slice(event);
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use http::Request;
    use weir_sse::{Decoder, Item};
    use weir_time::NANOS_PER_SEC;

    use super::*;
    use crate::core::counters::Counters;
    use crate::core::thread::with_core;
    use crate::scenario::sse;
    use crate::schedule::pace::Pace;

    const SECOND: u64 = NANOS_PER_SEC;

    fn plan(query: &str) -> Plan {
        let request = Request::get(format!("/sse?{query}")).body(()).unwrap();
        sse::plan(&request.into_parts().0).unwrap().unwrap()
    }

    fn ticket(core: &Rc<Core>) -> Ticket {
        Ticket::take(core, std::net::Ipv4Addr::LOCALHOST.into())
            .unwrap_or_else(|full| panic!("{full:?}"))
    }

    /// The frames of a stream that began a second ago, each written at once.
    fn late_frames(core: &Rc<Core>, plan: &Plan) -> Vec<Bytes> {
        late_frames_of(&EventStreams::default(), core, plan)
    }

    fn late_frames_of(streams: &EventStreams, core: &Rc<Core>, plan: &Plan) -> Vec<Bytes> {
        let gate = Rc::new(Gate::default());
        let start_ns = core.timers.clock().now_ns() - SECOND;
        let mut stream = streams.open(ticket(core), Rc::clone(&gate), plan, start_ns);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut frames = Vec::new();
        while let Poll::Ready(Some(frame)) = stream.poll_next(&mut cx) {
            frames.push(frame.unwrap());
            gate.open();
        }
        assert!(stream.is_over());
        frames
    }

    fn stamps(frame: &[u8]) -> Vec<Stamp> {
        let (mut decoder, mut input, mut stamps) = (Decoder::new(), frame, Vec::new());
        while let Some(item) = decoder.next(&mut input).unwrap() {
            if let Item::Comment(comment) = item {
                stamps.push(Stamp::parse(comment).unwrap());
            }
        }
        stamps
    }

    #[test]
    fn stamps_tell_number_due_and_sent_of_each_event() {
        with_core(async |core| {
            let mut plan = plan("rate=1000&batch=2&stamp=1");
            plan.events = 7..12;
            let frames = late_frames(&core, &plan);
            let stamps: Vec<_> = frames.iter().map(|frame| stamps(frame)).collect();
            assert_eq!(stamps.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
            assert!(stamps.iter().flatten().map(|stamp| stamp.seq).eq(7..12));
            let due_ns =
                |frame: usize, event: usize| stamps[frame][event].due_ns - stamps[0][0].due_ns;
            assert_eq!(
                [due_ns(0, 1), due_ns(1, 0), due_ns(1, 1), due_ns(2, 0)],
                [0, 2_000_000, 2_000_000, 4_000_000]
            );
            assert_eq!(stamps[1][0].sent_ns, stamps[1][1].sent_ns);
            assert!(
                stamps
                    .iter()
                    .flatten()
                    .all(|stamp| stamp.sent_ns > stamp.due_ns)
            );
        });
    }

    #[test]
    fn a_batch_in_two_blocks_is_sent_at_one_instant() {
        with_core(async |core| {
            let mut plan = plan("rate=1000&batch=3&size=30000&events=3&stamp=1");
            plan.timing.pace = Pace::unpaced().with_batch(NonZeroU64::new(3).unwrap());
            let frames = late_frames(&core, &plan);
            assert_eq!(frames.len(), 2);
            let stamps: Vec<_> = frames.iter().flat_map(|frame| stamps(frame)).collect();
            assert!(stamps.iter().all(|stamp| stamp.due_ns == stamp.sent_ns));
            assert!(
                stamps
                    .iter()
                    .all(|stamp| stamp.sent_ns == stamps[0].sent_ns)
            );
        });
    }

    #[test]
    fn stamps_stand_before_the_events_of_the_tape() {
        with_core(async |core| {
            let stamped = late_frames(&core, &plan("rate=1000&batch=3&events=7&stamp=1")).concat();
            let plain = late_frames(&core, &plan("rate=1000&events=7")).concat();
            let text = String::from_utf8(stamped).unwrap();
            let without: Vec<&str> = text
                .split_inclusive('\n')
                .filter(|line| !line.starts_with(":w1 "))
                .collect();
            assert_eq!(without.concat().as_bytes(), plain);
        });
    }

    #[test]
    fn streams_of_one_shape_share_their_bytes() {
        with_core(async |core| {
            let streams = EventStreams::default();
            let frames = |query| late_frames_of(&streams, &core, &plan(query));
            let [one, other] = [(); 2].map(|()| frames("rate=1000&events=3&batch=3"));
            assert_eq!((one.len(), one[0].as_ptr()), (1, other[0].as_ptr()));
            let unlike = frames("rate=1000&events=3&batch=3&seed=1");
            assert_ne!(one, unlike);
        });
    }

    #[test]
    fn counts_events_and_bytes_but_no_heartbeats_or_retry_among_the_events() {
        with_core(async |core| {
            let plan = plan("rate=1000&events=3&ttfe=2&heartbeat=0.001&retry=5");
            let frames = late_frames(&core, &plan);
            let expected = Counters {
                streams: 1,
                events: 3,
                bytes: frames.concat().len() as u64,
                cut: 0,
            };
            assert_eq!(core.stats().counters(), expected);
            assert_eq!(frames[..2], ["retry: 5\n\n", ":\n\n"]);
        });
    }

    #[test]
    fn nothing_more_is_handed_over_until_the_last_frame_is_written() {
        with_core(async |core| {
            let gate = Rc::new(Gate::default());
            let mut stream =
                EventStreams::default().open(ticket(&core), Rc::clone(&gate), &plan("rate=0"), 0);
            let mut cx = Context::from_waker(std::task::Waker::noop());
            let mut poll = || stream.poll_next(&mut cx).is_ready();
            assert_eq!([poll(), poll()], [true, false]);
            gate.open();
            assert!(poll());
        });
    }

    #[test]
    fn a_drain_wakes_a_stream_whichever_task_polls_it() {
        with_core(async |core| {
            let gate = Rc::new(Gate::default());
            let start_ns = core.timers.clock().now_ns();
            let mut stream =
                EventStreams::default().open(ticket(&core), gate, &plan("ttfe=3600000"), start_ns);
            let ended = tokio::task::spawn_local(std::future::poll_fn(move |cx| {
                let retry = ready!(stream.poll_next(cx)).unwrap();
                assert!(stream.is_over());
                Poll::Ready(retry.unwrap())
            }));
            tokio::task::yield_now().await;
            core.drain();
            assert_eq!(ended.await.unwrap(), "retry: 1000\n\n");
        });
    }
}
