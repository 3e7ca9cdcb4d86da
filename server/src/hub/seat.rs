//! A subscriber's place in its topic.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::branch::Branch;
use super::queue::Queue;
use super::ticker;
use super::topic::{Message, Ticker, Topic};

/// What a subscriber asks for.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) topic: Topic,
    /// The last message it has had when it was here before.
    pub(crate) last: Option<u64>,
    /// What the topic gets if it has none.
    pub(crate) ticker: Option<Ticker>,
    pub(crate) heartbeat_ns: Option<u64>,
    pub(crate) retry_ms: Option<u64>,
    pub(crate) stamped: bool,
}

/// A subscriber's place in its topic, with what it has missed and what waits for it. Dropping it leaves.
pub(crate) struct Seat {
    branch: Rc<Branch>,
    topic: Topic,
    place: usize,
    queue: Rc<Queue>,
    missed: VecDeque<Arc<Message>>,
    /// Number of the first message that is published from now on.
    next: u64,
}

impl Seat {
    /// In the topic that is asked for, which gets the ticker that is asked for if it has none.
    ///
    /// # Errors
    /// When the topic has another ticker: with that.
    pub(crate) fn take(branch: &Rc<Branch>, asked: &Subscription) -> Result<Self, Ticker> {
        let (core, topic) = (branch.core.number(), asked.topic.clone());
        let joined = branch
            .registry
            .join(&topic, core, asked.last, asked.ticker)?;
        if let Some(start) = joined.start {
            tokio::task::spawn_local(ticker::run(start, Rc::clone(branch), topic.clone()));
        }
        let settings = &branch.settings;
        let queue = Rc::new(Queue::new(settings.queue, settings.slow, joined.next));
        Ok(Self {
            place: branch.add(&topic, Rc::clone(&queue)),
            branch: Rc::clone(branch),
            topic,
            queue,
            missed: joined.missed,
            next: joined.next,
        })
    }

    /// Number of the first message that is published after it was taken.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Whether the subscriber was too slow, and is to be disconnected.
    pub(super) fn is_overrun(&self) -> bool {
        self.queue.is_overrun()
    }

    /// What was published before it was taken.
    pub(super) fn pop_missed(&mut self) -> Option<Arc<Message>> {
        self.missed.pop_front()
    }

    /// What has been published since; the task is woken when there is something.
    pub(super) fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<Rc<Message>> {
        self.queue.poll_pop(cx)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Self { branch, topic, .. } = self;
        branch.remove(topic, self.place);
        branch.registry.leave(topic, branch.core.number());
    }
}
