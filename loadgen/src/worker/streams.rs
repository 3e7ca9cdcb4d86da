//! The streams that one worker has, each in its place.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context as Task, Poll, Waker};
use std::time::Duration;

use slab::Slab;
use tokio::sync::Notify;
use weir_time::{Alarm, TICK_NS, Wheel, nanoseconds};

use crate::load::{Admission, Load, Start};
use crate::measure::Cohort;
use crate::stream::{Context, Stream, Turn};
use crate::transport::{Ready, Token};

/// After a failure a place waits before its next stream, twice as long with each failure in a row: a target that
/// refuses is asked again soon, but not in a loop that takes the whole processor.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// All streams of a worker in one slab: no task belongs to one of them, so that one that is idle is its state and nothing else.
pub(super) struct Streams {
    context: Rc<Context>,
    admission: Arc<Admission>,
    load: Load,
    places: Slab<Place>,
    /// Of the stream begun last.
    generation: u32,
    /// By place.
    alarms: Wheel,
    /// Before that nothing in it has to be looked at; `u64::MAX` is never.
    alarm_ns: u64,
    ready: Vec<Ready>,
    /// Streams that had more to read when their turn was over.
    unfinished: Vec<Ready>,
    /// Whoever has the streams take their turns.
    driver: Waker,
    emptied: Rc<Notify>,
}

/// Where one stream is, and in the closed model one after the other.
struct Place {
    generation: u32,
    /// Streams in a row that failed.
    failures: u32,
    state: State,
}

#[expect(
    clippy::large_enum_variant,
    reason = "nearly all live, and one behind a pointer would miss the cache twice"
)]
enum State {
    /// Another stream is to start.
    Waits(Start),
    Lives(Stream),
}

impl Streams {
    /// None yet.
    pub(super) fn new(context: &Rc<Context>, admission: &Arc<Admission>, load: Load) -> Self {
        Self {
            context: Rc::clone(context),
            admission: Arc::clone(admission),
            load,
            places: Slab::new(),
            generation: 0,
            alarms: Wheel::new(context.clock.now_ns()),
            alarm_ns: u64::MAX,
            ready: Vec::new(),
            unfinished: Vec::new(),
            driver: Waker::noop().clone(),
            emptied: Rc::default(),
        }
    }

    /// Begins one, in a place of its own.
    pub(super) fn begin(&mut self, start: Start) {
        let key = self.places.insert(Place {
            generation: 0,
            failures: 0,
            state: State::Waits(start),
        });
        self.start(key, start);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Told when the last of them has gone.
    pub(super) fn emptied(&self) -> Rc<Notify> {
        Rc::clone(&self.emptied)
    }

    /// Gives up the places in which another stream was to start.
    pub(super) fn leave_waiting(&mut self) {
        let waiting: Vec<usize> = (self.places.iter())
            .filter(|(_, place)| matches!(place.state, State::Waits(_)))
            .map(|(key, _)| key)
            .collect();
        for key in waiting {
            self.leave(key);
        }
    }

    /// Tells the other end of every stream that no more will be asked of it. What is on its way still comes, and is counted.
    pub(super) fn end_requests(&self) {
        for (_, place) in &self.places {
            if let State::Lives(stream) = &place.state {
                stream.end_requests();
            }
        }
    }

    /// Cuts those that are still open.
    pub(super) fn cut(&mut self) {
        for place in self.places.drain() {
            if let State::Lives(stream) = place.state {
                stream.cut(&self.context);
            }
        }
    }

    /// Has all that are ready, or whose deadline has come, take their turn; says whether there may be more of them. Pending when
    /// there is none.
    fn poll_turn(&mut self, cx: &mut Task<'_>, alarm: &mut Alarm) -> Poll<io::Result<bool>> {
        if !self.driver.will_wake(cx.waker()) {
            self.driver.clone_from(cx.waker());
        }
        while self.alarm_ns != u64::MAX
            && let Poll::Ready(now_ns) = alarm.poll_at(self.alarm_ns, cx)
        {
            self.look_at_due(now_ns);
        }
        let mut ready = std::mem::take(&mut self.ready);
        ready.append(&mut self.unfinished);
        let told = self.context.client.poll_ready(cx, &mut ready);
        let is_any = !ready.is_empty();
        for ready in ready.drain(..) {
            self.go_on(ready);
        }
        self.ready = ready;
        let may_be_more = match told {
            Poll::Ready(told) => told?,
            Poll::Pending => false,
        };
        if is_any {
            Poll::Ready(Ok(may_be_more || !self.unfinished.is_empty()))
        } else {
            Poll::Pending
        }
    }

    fn go_on(&mut self, ready: Ready) {
        let Token { place, generation } = ready.token;
        let key = place as usize;
        // What was told of a stream that ended since is not the next one's.
        let Some(place) = self.places.get_mut(key) else {
            return;
        };
        let State::Lives(stream) = &mut place.state else {
            return;
        };
        if place.generation != generation {
            return;
        }
        match stream.go_on(&self.context, ready) {
            Turn::Ended { is_ok } => return self.ended(key, is_ok),
            Turn::HasMore => self.unfinished.push(ready),
            Turn::Waits => {}
        }
        let deadline_ns = stream.deadline_ns(&self.context);
        // One that is later is found when the alarm goes off.
        let fires_ns = self.alarms.fires_ns(key).unwrap_or(u64::MAX);
        if deadline_ns.saturating_add(TICK_NS) <= fires_ns {
            self.set_alarm(key, deadline_ns);
        }
    }

    fn look_at_due(&mut self, now_ns: u64) {
        let mut due = Vec::new();
        self.alarms.expire(now_ns, &mut due);
        self.alarm_ns = self.alarms.next_ns().unwrap_or(u64::MAX);
        for key in due {
            let place = &mut self.places[key];
            match &mut place.state {
                State::Waits(start) => {
                    let start = *start;
                    self.start(key, start);
                }
                State::Lives(stream) => match stream.check(&self.context, now_ns) {
                    Turn::Ended { is_ok } => self.ended(key, is_ok),
                    Turn::Waits | Turn::HasMore => {
                        let deadline_ns = stream.deadline_ns(&self.context);
                        self.set_alarm(key, deadline_ns);
                    }
                },
            }
        }
    }

    /// Starts a stream in a place, if one may still be begun.
    fn start(&mut self, key: usize, start: Start) {
        if self.load.is_closed() && !self.admission.take_ticket() {
            return self.leave(key);
        }
        self.generation = self.generation.wrapping_add(1);
        let token = Token {
            // A process does not have as many descriptors.
            place: key as u32,
            generation: self.generation,
        };
        match Stream::begin(&self.context, &start, token) {
            None => self.follow(key, false, start.cohort),
            Some(stream) => {
                let deadline_ns = stream.deadline_ns(&self.context);
                let place = &mut self.places[key];
                place.generation = self.generation;
                place.state = State::Lives(stream);
                self.set_alarm(key, deadline_ns);
            }
        }
    }

    fn ended(&mut self, key: usize, is_ok: bool) {
        if let State::Lives(stream) = &self.places[key].state {
            let cohort = stream.cohort();
            self.follow(key, is_ok, cohort);
        }
    }

    /// Has another stream start in a place whose stream has ended, or gives the place up.
    fn follow(&mut self, key: usize, is_ok: bool, cohort: Cohort) {
        let place = &mut self.places[key];
        place.failures = if is_ok {
            0
        } else {
            place.failures.saturating_add(1)
        };
        if place.failures == 1 {
            self.admission.fails();
        }
        let at_ns = self.context.clock.now_ns() + pause_ns(place.failures);
        let start = self.load.following(cohort, at_ns);
        let is_soon = place.failures == 0;
        // The socket is closed before there is another one.
        place.state = State::Waits(start);
        if !self.load.is_closed() || self.admission.is_closed() {
            self.leave(key);
        } else if is_soon {
            self.alarms.remove(key);
            self.start(key, start);
        } else {
            self.set_alarm(key, start.at_ns);
        }
    }

    fn leave(&mut self, key: usize) {
        self.alarms.remove(key);
        self.places.remove(key);
        if !self.load.is_closed() {
            self.admission.make_room();
        }
        if self.places.is_empty() {
            self.emptied.notify_one();
        }
    }

    fn set_alarm(&mut self, key: usize, at_ns: u64) {
        self.alarms.remove(key);
        if at_ns == u64::MAX {
            return;
        }
        let fires_ns = self.alarms.insert(at_ns, key);
        if fires_ns < self.alarm_ns {
            self.alarm_ns = fires_ns;
            self.driver.wake_by_ref();
        }
    }
}

/// Has the streams take their turns, for ever.
///
/// # Errors
/// When the runtime is shutting down.
pub(super) async fn drive(streams: Rc<RefCell<Streams>>, mut alarm: Alarm) -> io::Result<()> {
    loop {
        let turn = poll_fn(|cx| streams.borrow_mut().poll_turn(cx, &mut alarm));
        if turn.await? {
            tokio::task::yield_now().await;
        }
    }
}

fn pause_ns(failures: u32) -> u64 {
    let Some(doublings) = failures.checked_sub(1) else {
        return 0;
    };
    let pause = FIRST_PAUSE
        .saturating_mul(1 << doublings.min(16))
        .min(LONGEST_PAUSE);
    nanoseconds(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_second() {
        let pauses_ms: Vec<u64> = (0..10)
            .map(|failures| pause_ns(failures) / 1_000_000)
            .collect();
        assert_eq!(pauses_ms, [0, 10, 20, 40, 80, 160, 320, 640, 1_000, 1_000]);
        assert_eq!(pause_ns(u32::MAX), 1_000_000_000);
    }
}
