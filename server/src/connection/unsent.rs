//! What the streams of an HTTP/2 connection have yet to send. hyper and h2 keep that to themselves; it is known all the same by
//! the frames that they have not dropped yet.
//!
//! It is needed for three things. h2 throws away what waits before a reset, so that a stream can be cut off only when its
//! last frame has gone. A body is not asked for more while its reader opens no window, so that nothing else finds a
//! reader that has stopped. And a connection is idle only when its last stream has been sent.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};
use hyper::rt::Executor;
use slab::Slab;
use tokio::task::{self, AbortHandle, spawn_local};
use tokio::time::sleep;

use super::body::{Cut, StreamBody};
use crate::core::limits::Limits;
use crate::core::stats::Stats;

/// How often the shorter limit is looked at in its time: what reaches it is found at most a quarter of it late.
const TICKS_IN_A_LIMIT: u32 = 4;

/// The streams of one connection, from their request until their last frame has been written.
#[derive(Default)]
pub(crate) struct Streams {
    tick: Cell<u64>,
    /// Requests there have been.
    asked: Cell<u64>,
    /// Streams that have not ended, without those that were given up.
    open: Cell<usize>,
    all: RefCell<Slab<Weak<Stream>>>,
    /// Those of the tasks that have been spawned and not been told what stream they run.
    tasks: RefCell<HashMap<task::Id, AbortHandle>>,
}

impl Streams {
    /// Begins the stream of a request.
    pub(crate) fn begin(self: &Rc<Self>) -> Rc<Stream> {
        self.asked.set(self.asked.get() + 1);
        self.open.set(self.open.get() + 1);
        Rc::new_cyclic(|stream| Stream {
            place: self.all.borrow_mut().insert(Weak::clone(stream)),
            streams: Rc::clone(self),
            task: OnceCell::new(),
            unsent: Cell::new(0),
            moved_tick: Cell::new(0),
            given_up: Cell::new(false),
            all_sent: Cell::default(),
        })
    }

    /// Whether there has been a request.
    pub(crate) fn was_asked(&self) -> bool {
        self.asked.get() > 0
    }

    /// Completes when no stream has been open for the time of a request. Gives up those that are not read, and counts
    /// them, as long as it is polled.
    pub(crate) async fn idle(&self, limits: &Limits, stats: &Stats) {
        let times = [limits.request_time, limits.peer_time];
        let Some(shorter) = times.into_iter().filter(|time| !time.is_zero()).min() else {
            return pending().await;
        };
        // No finer than tokio's timers.
        let period = (shorter / TICKS_IN_A_LIMIT).max(Duration::from_millis(1));
        let [request_ticks, peer_ticks] = times.map(|time| ticks(time, period));
        let (mut idle_ticks, mut asked) = (0, self.asked.get());
        while idle_ticks < request_ticks {
            sleep(period).await;
            self.tick.set(self.tick.get() + 1);
            stats
                .reached
                .peer_time
                .add(self.give_up_stalled(peer_ticks));
            let is_idle = self.open.get() == 0 && self.asked.get() == asked;
            idle_ticks = if is_idle { idle_ticks + 1 } else { 0 };
            asked = self.asked.get();
        }
    }

    /// How many there were that have not sent anything of what they had to for more than `ticks`.
    fn give_up_stalled(&self, ticks: u64) -> u64 {
        let all = self.all.borrow();
        let stalled = all
            .iter()
            .filter_map(|(_, stream)| stream.upgrade())
            .filter(|stream| stream.is_stalled(ticks));
        stalled.map(|stream| stream.give_up()).count() as u64
    }
}

/// How many periods `time` has, none of which is begun in vain; zero is for ever.
fn ticks(time: Duration, period: Duration) -> u64 {
    if time.is_zero() {
        return u64::MAX;
    }
    let ticks = time.as_nanos().div_ceil(period.as_nanos());
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// One of them. Held by its body, and by what of that is on its way.
pub(crate) struct Stream {
    streams: Rc<Streams>,
    place: usize,
    /// What hyper does with it.
    task: OnceCell<AbortHandle>,
    /// Frames that have not been written to the end.
    unsent: Cell<usize>,
    /// When something of them was written last.
    moved_tick: Cell<u64>,
    given_up: Cell<bool>,
    /// Woken when all frames have been written.
    all_sent: Cell<Option<Waker>>,
}

impl Stream {
    /// Says that the task that this is called on runs the stream, which ends with it.
    pub(crate) fn runs_here(&self) {
        let mut tasks = self.streams.tasks.borrow_mut();
        if let Some(task) = task::try_id().and_then(|id| tasks.remove(&id)) {
            // It is moved to no other.
            let _ = self.task.set(task);
        }
    }

    fn moved(&self) {
        self.moved_tick.set(self.streams.tick.get());
    }

    fn is_stalled(&self, ticks: u64) -> bool {
        let still_ticks = self.streams.tick.get() - self.moved_tick.get();
        self.unsent.get() > 0 && !self.given_up.get() && still_ticks > ticks
    }

    /// Drops the stream, which resets it unless it has ended, with what waits of it.
    fn give_up(&self) {
        self.given_up.set(true);
        self.leave();
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }

    fn leave(&self) {
        self.streams.open.set(self.streams.open.get() - 1);
    }

    /// Cuts the stream off once all before has been written: when its task is dropped, h2 resets it, and keeps its head,
    /// but no data that waits.
    fn poll_cut<T>(&self, cx: &mut Context<'_>) -> Poll<T> {
        if self.unsent.get() > 0 {
            self.all_sent.set(Some(cx.waker().clone()));
        } else if let Some(task) = self.task.get() {
            task.abort();
        }
        Poll::Pending
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.streams.all.borrow_mut().remove(self.place);
        if !self.given_up.get() {
            self.leave();
        }
    }
}

/// The body of a stream.
pub(crate) struct Tracked {
    inner: StreamBody,
    stream: Rc<Stream>,
    cut: bool,
}

impl Tracked {
    pub(crate) fn new(inner: StreamBody, stream: Rc<Stream>) -> Self {
        Self {
            inner,
            stream,
            cut: false,
        }
    }
}

impl Body for Tracked {
    type Data = Piece;
    type Error = Cut;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, Cut>>> {
        let body = self.get_mut();
        if body.cut {
            return body.stream.poll_cut(cx);
        }
        match ready!(body.inner.poll_next(cx)) {
            None => Poll::Ready(None),
            Some(Ok(bytes)) => {
                let piece = Piece::new(bytes, &body.stream);
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            Some(Err(Cut)) => {
                body.cut = true;
                body.stream.poll_cut(cx)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A frame on its way, until it has been written or thrown away.
pub(crate) struct Piece {
    bytes: Bytes,
    stream: Rc<Stream>,
}

impl Piece {
    fn new(bytes: Bytes, stream: &Rc<Stream>) -> Self {
        if stream.unsent.get() == 0 {
            stream.moved();
        }
        stream.unsent.set(stream.unsent.get() + 1);
        Self {
            bytes,
            stream: Rc::clone(stream),
        }
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, size: usize) {
        self.stream.moved();
        self.bytes.advance(size);
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let unsent = self.stream.unsent.get() - 1;
        self.stream.unsent.set(unsent);
        self.stream.moved();
        if unsent == 0
            && let Some(waker) = self.stream.all_sent.take()
        {
            waker.wake();
        }
    }
}

/// Runs what belongs to a connection on its thread.
#[derive(Clone)]
pub(crate) struct Tasks(pub(crate) Rc<Streams>);

impl<F: Future + 'static> Executor<F> for Tasks {
    fn execute(&self, future: F) {
        // Which stream it is of, only the task itself knows, once it runs.
        let task = spawn_local(future).abort_handle();
        self.0.tasks.borrow_mut().insert(task.id(), task);
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::yield_now;

    use super::*;
    use crate::core::thread::with_core;

    #[test]
    fn a_stream_is_given_up_with_its_own_task_in_whichever_order_tasks_are_spawned() {
        with_core(async |_| {
            let streams = Rc::new(Streams::default());
            let tasks = Tasks(Rc::clone(&streams));
            let all = [(); 3].map(|()| (streams.begin(), Rc::new(())));
            for (stream, running) in all.iter().rev() {
                let (stream, running) = (Rc::clone(stream), Rc::clone(running));
                tasks.execute(async move {
                    stream.runs_here();
                    pending::<()>().await;
                    drop(running);
                });
            }
            yield_now().await;
            all[0].0.give_up();
            yield_now().await;
            let running = all.each_ref().map(|(_, task)| Rc::strong_count(task) > 1);
            assert_eq!(running, [false, true, true]);
            assert!(streams.tasks.borrow().is_empty());
        });
    }
}
