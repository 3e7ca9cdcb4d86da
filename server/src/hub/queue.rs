//! What waits for one subscriber.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::settings::SlowSubscriber;
use super::topic::Message;

/// Bytes that wait for one subscriber, whatever number of events may; but there is always room for one event. A body of
/// 1 MiB of line ends is an event of 7 MiB, since each line gets its name: 256 of them would be 1.75 GiB.
const WAITING_BYTES: usize = 1024 * 1024;

/// What waits for one subscriber. Bounded: one that reads slowly holds back nobody else, and does not fill the memory.
pub(super) struct Queue {
    waiting: RefCell<Waiting>,
    /// Messages that may wait.
    limit: usize,
    slow: SlowSubscriber,
    /// Number of the first message that the subscriber has not been given.
    next: Cell<u64>,
    overrun: Cell<bool>,
    waker: RefCell<Waker>,
}

#[derive(Default)]
struct Waiting {
    messages: VecDeque<Rc<Message>>,
    bytes: usize,
}

/// What became of a message that was pushed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    Waits,
    /// In the place of so many older ones, which are dropped.
    WaitsForOthers(u64),
    /// The subscriber is too slow, and is to be disconnected.
    Overran,
    /// The subscriber has it, or is disconnected.
    Unwanted,
}

impl Queue {
    /// For a subscriber who has had all before `next`.
    pub(super) fn new(limit: usize, slow: SlowSubscriber, next: u64) -> Self {
        Self {
            waiting: RefCell::default(),
            limit,
            slow,
            next: Cell::new(next),
            overrun: Cell::new(false),
            waker: RefCell::new(Waker::noop().clone()),
        }
    }

    pub(super) fn push(&self, message: &Rc<Message>) -> Pushed {
        if message.number < self.next.get() || self.overrun.get() {
            return Pushed::Unwanted;
        }
        self.next.set(message.number + 1);
        let mut waiting = self.waiting.borrow_mut();
        let mut dropped = 0;
        while !waiting.has_room(message, self.limit) {
            if self.slow == SlowSubscriber::Disconnect {
                self.overrun.set(true);
                *waiting = Waiting::default();
                self.waker.borrow().wake_by_ref();
                return Pushed::Overran;
            }
            waiting.pop();
            dropped += 1;
        }
        waiting.push(message);
        self.waker.borrow().wake_by_ref();
        match dropped {
            0 => Pushed::Waits,
            dropped => Pushed::WaitsForOthers(dropped),
        }
    }

    /// Whether the subscriber was too slow, and is to be disconnected.
    pub(super) fn is_overrun(&self) -> bool {
        self.overrun.get()
    }

    /// The next message; the task is woken when there is one.
    pub(super) fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<Rc<Message>> {
        if let Some(message) = self.waiting.borrow_mut().pop() {
            return Poll::Ready(message);
        }
        let mut waker = self.waker.borrow_mut();
        if !waker.will_wake(cx.waker()) {
            waker.clone_from(cx.waker());
        }
        Poll::Pending
    }
}

impl Waiting {
    fn has_room(&self, message: &Message, limit: usize) -> bool {
        let bytes = self.bytes + message.bytes.len();
        self.messages.is_empty() || (self.messages.len() < limit && bytes <= WAITING_BYTES)
    }

    fn push(&mut self, message: &Rc<Message>) {
        self.bytes += message.bytes.len();
        self.messages.push_back(Rc::clone(message));
    }

    fn pop(&mut self) -> Option<Rc<Message>> {
        let oldest = self.messages.pop_front()?;
        self.bytes -= oldest.bytes.len();
        Some(oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: u64) -> Rc<Message> {
        message_of(number, 0)
    }

    fn message_of(number: u64, bytes: usize) -> Rc<Message> {
        Rc::new(Message {
            number,
            due_ns: 0,
            bytes: vec![0; bytes].into(),
        })
    }

    fn pop(queue: &Queue) -> Option<u64> {
        let mut cx = Context::from_waker(Waker::noop());
        match queue.poll_pop(&mut cx) {
            Poll::Ready(message) => Some(message.number),
            Poll::Pending => None,
        }
    }

    #[test]
    fn the_oldest_makes_room_for_the_newest() {
        let queue = Queue::new(2, SlowSubscriber::DropOldest, 5);
        let pushed: Vec<Pushed> = (4..9).map(|number| queue.push(&message(number))).collect();
        use Pushed::{Unwanted, Waits, WaitsForOthers};
        assert_eq!(
            pushed,
            [Unwanted, Waits, Waits, WaitsForOthers(1), WaitsForOthers(1)]
        );
        assert_eq!(
            [pop(&queue), pop(&queue), pop(&queue)],
            [Some(7), Some(8), None]
        );
        assert_eq!(queue.push(&message(8)), Unwanted);
        assert!(!queue.is_overrun());
    }

    #[test]
    fn bytes_are_bounded_as_events_are_but_there_is_room_for_one() {
        let queue = Queue::new(100, SlowSubscriber::DropOldest, 0);
        let half = WAITING_BYTES / 2;
        let pushed = [half, half, 0, 1, 7 * WAITING_BYTES, 1]
            .into_iter()
            .zip(0..)
            .map(|(bytes, number)| queue.push(&message_of(number, bytes)));
        use Pushed::{Waits, WaitsForOthers};
        assert!(pushed.eq([
            Waits,
            Waits,
            Waits,
            WaitsForOthers(1),
            WaitsForOthers(3),
            WaitsForOthers(1)
        ]));
        assert_eq!([pop(&queue), pop(&queue)], [Some(5), None]);
        assert_eq!(queue.push(&message_of(6, WAITING_BYTES)), Waits);
        assert_eq!(pop(&queue), Some(6), "what is read makes room");

        let queue = Queue::new(100, SlowSubscriber::Disconnect, 0);
        assert_eq!(queue.push(&message_of(0, 7 * WAITING_BYTES)), Waits);
        assert_eq!(queue.push(&message_of(1, 0)), Pushed::Overran);
    }

    #[test]
    fn one_that_is_to_be_disconnected_gets_nothing_more() {
        let queue = Queue::new(1, SlowSubscriber::Disconnect, 0);
        assert_eq!(queue.push(&message(0)), Pushed::Waits);
        assert_eq!(queue.push(&message(1)), Pushed::Overran);
        assert_eq!(queue.push(&message(2)), Pushed::Unwanted);
        assert!(queue.is_overrun() && pop(&queue).is_none());
    }
}
