//! What waits for one subscriber.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::Message;
use crate::config::SlowSubscriber;

/// What waits for one subscriber. Bounded: one that reads slowly holds back nobody else, and does not fill the memory.
pub(super) struct Queue {
    waiting: RefCell<VecDeque<Rc<Message>>>,
    limit: usize,
    slow: SlowSubscriber,
    /// Number of the first message that the subscriber has not been given.
    next: Cell<u64>,
    overrun: Cell<bool>,
    waker: RefCell<Waker>,
}

/// What became of a message that was pushed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    Waits,
    /// In the place of an older one, which is dropped.
    WaitsForAnother,
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
        let full = waiting.len() == self.limit;
        if full && self.slow == SlowSubscriber::Disconnect {
            self.overrun.set(true);
            waiting.clear();
            self.waker.borrow().wake_by_ref();
            return Pushed::Overran;
        }
        if full {
            waiting.pop_front();
        }
        waiting.push_back(Rc::clone(message));
        self.waker.borrow().wake_by_ref();
        if full {
            Pushed::WaitsForAnother
        } else {
            Pushed::Waits
        }
    }

    /// Whether the subscriber was too slow, and is to be disconnected.
    pub(super) fn is_overrun(&self) -> bool {
        self.overrun.get()
    }

    /// The next message; the task is woken when there is one.
    pub(super) fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<Rc<Message>> {
        if let Some(message) = self.waiting.borrow_mut().pop_front() {
            return Poll::Ready(message);
        }
        let mut waker = self.waker.borrow_mut();
        if !waker.will_wake(cx.waker()) {
            waker.clone_from(cx.waker());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: u64) -> Rc<Message> {
        Rc::new(Message {
            number,
            due_ns: 0,
            bytes: bytes::Bytes::new(),
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
        use Pushed::{Unwanted, Waits, WaitsForAnother};
        assert_eq!(
            pushed,
            [Unwanted, Waits, Waits, WaitsForAnother, WaitsForAnother]
        );
        assert_eq!(
            [pop(&queue), pop(&queue), pop(&queue)],
            [Some(7), Some(8), None]
        );
        assert_eq!(queue.push(&message(8)), Unwanted);
        assert!(!queue.is_overrun());
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
