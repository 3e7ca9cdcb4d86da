//! The wheel on a timerfd: wakes tasks of one thread's runtime.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use slab::Slab;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::wheel::Wheel;
use crate::{Clock, NANOS_PER_SEC};

/// Tokio's `event_interval` for a thread whose tasks are those of a `LocalSet`: how often it looks for what has come and
/// what is due. One is after each turn of the set, which runs up to 61 tasks. The usual interval is 61 turns: up to 3,721
/// tasks, and where each of them writes or reads a socket, what falls due meanwhile waits for some 30 ms on a busy server,
/// and for a third of a second on an overloaded generator.
pub const RUNTIME_EVENT_INTERVAL: u32 = 1;

/// The timers of one thread. Cheap to clone; not for other threads.
///
/// [`Timers::run`] must be running on the thread's runtime for alarms to go off.
#[derive(Clone)]
pub struct Timers {
    shared: Rc<Shared>,
}

struct Shared {
    clock: Clock,
    fd: AsyncFd<Fd>,
    state: RefCell<State>,
    /// What the timerfd is set to, in Unix nanoseconds; `u64::MAX` when it is not set.
    set_to_ns: Cell<u64>,
}

struct State {
    wheel: Wheel,
    alarms: Slab<Entry>,
}

/// `armed_ns` is `None` from the moment the alarm goes off until it is set again.
struct Entry {
    armed_ns: Option<u64>,
    waker: Waker,
}

impl Timers {
    /// Makes the timerfd and registers it with the current runtime.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    ///
    /// # Panics
    /// Outside a tokio runtime that drives I/O.
    pub fn new(clock: Clock) -> io::Result<Self> {
        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let fd = watch(Fd(TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?))?;
        let state = State {
            wheel: Wheel::new(clock.now_ns()),
            alarms: Slab::new(),
        };
        let shared = Shared {
            clock,
            fd,
            state: RefCell::new(state),
            set_to_ns: Cell::new(u64::MAX),
        };
        Ok(Self {
            shared: Rc::new(shared),
        })
    }

    /// The clock the timers go by.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.shared.clock
    }

    /// A new alarm, not set.
    #[must_use]
    pub fn alarm(&self) -> Alarm {
        let entry = Entry {
            armed_ns: None,
            waker: Waker::noop().clone(),
        };
        let key = self.shared.state.borrow_mut().alarms.insert(entry);
        Alarm {
            shared: Rc::clone(&self.shared),
            key,
        }
    }

    /// Wakes every task that waits for an alarm, whatever it is set to. For a drain.
    pub fn wake_all(&self) {
        for (_, entry) in &self.shared.state.borrow().alarms {
            entry.waker.wake_by_ref();
        }
    }

    /// Waits for the timerfd and wakes what is due, for ever.
    ///
    /// # Errors
    /// When the runtime is shutting down.
    pub async fn run(&self) -> io::Result<()> {
        let mut fired = Vec::new();
        loop {
            // The descriptor is watched edge-triggered and set anew after each expiry, which resets it: reading the
            // expiry count would be a system call for nothing.
            self.shared.fd.readable().await?.clear_ready();
            self.shared.set_to_ns.set(u64::MAX);
            self.shared.fire(&mut fired);
        }
    }
}

impl Shared {
    fn fire(&self, fired: &mut Vec<usize>) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        state.wheel.expire(self.clock.now_ns(), fired);
        for key in fired.drain(..) {
            let entry = &mut state.alarms[key];
            entry.armed_ns = None;
            entry.waker.wake_by_ref();
        }
        if let Some(next_ns) = state.wheel.next_ns() {
            self.set_fd(next_ns);
        }
    }

    /// Sets the timerfd to `next_ns` (Unix nanoseconds), if that is sooner than what it is set to.
    fn set_fd(&self, next_ns: u64) {
        if next_ns >= self.set_to_ns.get() {
            return;
        }
        // An absolute setting of zero would disarm; an instant that has passed expires at once.
        let monotonic_ns = self.clock.to_monotonic_ns(next_ns).max(1);
        let at = TimeSpec::new(
            (monotonic_ns / NANOS_PER_SEC).cast_signed(),
            (monotonic_ns % NANOS_PER_SEC).cast_signed(),
        );
        let set = self.fd.get_ref().0.set(
            Expiration::OneShot(at),
            TimerSetTimeFlags::TFD_TIMER_ABSTIME,
        );
        set.expect("a timerfd takes any absolute instant whose nanoseconds are below a second");
        self.set_to_ns.set(next_ns);
    }
}

/// One task's timer, set again and again. Dropping it takes it out of the wheel.
pub struct Alarm {
    shared: Rc<Shared>,
    key: usize,
}

impl Alarm {
    /// Ready with the present instant once `due_ns` (Unix nanoseconds) has come; until then the task is woken at it.
    ///
    /// Polled again before that with the same instant it is a plain compare, without a clock read.
    pub fn poll_at(&mut self, due_ns: u64, cx: &mut Context<'_>) -> Poll<u64> {
        let mut state = self.shared.state.borrow_mut();
        let state = &mut *state;
        let entry = &mut state.alarms[self.key];
        if entry.armed_ns != Some(due_ns) {
            let now_ns = self.shared.clock.now_ns();
            entry.armed_ns = None;
            state.wheel.remove(self.key);
            if now_ns >= due_ns {
                return Poll::Ready(now_ns);
            }
            entry.armed_ns = Some(due_ns);
            let fires_ns = state.wheel.insert(due_ns, self.key);
            self.shared.set_fd(fires_ns);
        }
        if !entry.waker.will_wake(cx.waker()) {
            entry.waker.clone_from(cx.waker());
        }
        Poll::Pending
    }

    /// Completes at `due_ns` with the instant it really was.
    pub async fn at(&mut self, due_ns: u64) -> u64 {
        std::future::poll_fn(|cx| self.poll_at(due_ns, cx)).await
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let mut state = self.shared.state.borrow_mut();
        state.alarms.remove(self.key);
        state.wheel.remove(self.key);
    }
}

#[expect(
    deprecated,
    reason = "its successor is an unsafe fn, which asks that the descriptor stay open and the same; `Fd` owns it and never hands it out"
)]
fn watch(fd: Fd) -> io::Result<AsyncFd<Fd>> {
    AsyncFd::with_interest(fd, Interest::READABLE)
}

/// A timerfd the runtime can watch.
struct Fd(TimerFd);

impl AsRawFd for Fd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::LocalSet;

    use super::*;
    use crate::TICK_NS;

    /// Runs `test` on a thread's runtime with its timers going.
    fn with_timers<F: AsyncFnOnce(Timers)>(test: F) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        LocalSet::new().block_on(&runtime, async {
            let timers = Timers::new(Clock::new()).unwrap();
            let driver = timers.clone();
            tokio::task::spawn_local(async move { driver.run().await });
            test(timers).await;
        });
    }

    #[test]
    fn goes_off_in_order_and_never_early() {
        with_timers(async |timers| {
            let start_ns = timers.clock().now_ns();
            let order = Rc::new(RefCell::new(Vec::new()));
            let tasks: Vec<_> = [30, 10, 20]
                .into_iter()
                .map(|ticks| {
                    let (mut alarm, order) = (timers.alarm(), Rc::clone(&order));
                    tokio::task::spawn_local(async move {
                        let due_ns = start_ns + ticks * TICK_NS;
                        assert!(alarm.at(due_ns).await >= due_ns);
                        order.borrow_mut().push(ticks);
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(*order.borrow(), [10, 20, 30]);
        });
    }

    #[test]
    fn an_alarm_that_is_set_sooner_or_dropped_leaves_nothing_behind() {
        with_timers(async |timers| {
            let start_ns = timers.clock().now_ns();
            let mut alarm = timers.alarm();
            let mut context = Context::from_waker(Waker::noop());
            assert!(
                alarm
                    .poll_at(start_ns + 3_600 * NANOS_PER_SEC, &mut context)
                    .is_pending()
            );
            alarm.at(start_ns + 5 * TICK_NS).await;
            assert!(
                alarm
                    .poll_at(start_ns + 3_600 * NANOS_PER_SEC, &mut context)
                    .is_pending()
            );
            drop(alarm);
            let state = timers.shared.state.borrow();
            assert!(state.alarms.is_empty());
            assert_eq!(state.wheel.next_ns(), None);
        });
    }

    #[test]
    fn a_drain_wakes_who_waits_for_a_far_instant() {
        with_timers(async |timers| {
            let mut alarm = timers.alarm();
            let far_ns = timers.clock().now_ns() + 3_600 * NANOS_PER_SEC;
            let draining = Rc::new(Cell::new(false));
            let seen = Rc::clone(&draining);
            let task = tokio::task::spawn_local(std::future::poll_fn(move |cx| {
                if seen.get() {
                    Poll::Ready(())
                } else {
                    alarm.poll_at(far_ns, cx).map(drop)
                }
            }));
            tokio::task::yield_now().await;
            draining.set(true);
            timers.wake_all();
            task.await.unwrap();
        });
    }
}
