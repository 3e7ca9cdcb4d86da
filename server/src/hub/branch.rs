//! The subscribers of one core.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use slab::Slab;

use super::queue::{Pushed, Queue};
use super::registry::{Delivery, Mailbox, Registry};
use super::settings::Fanout;
use super::topic::{Message, Topic};
use crate::core::thread::Core;

/// The hub as one core has it: its own subscribers, by topic, and the registry of all cores.
pub(crate) struct Branch {
    pub(super) core: Rc<Core>,
    pub(super) registry: Arc<Registry>,
    pub(super) settings: Fanout,
    topics: RefCell<HashMap<Topic, Audience>>,
}

#[derive(Default)]
struct Audience {
    queues: Slab<Rc<Queue>>,
    /// Where the next walk begins.
    first: usize,
}

impl Branch {
    pub(crate) fn new(core: &Rc<Core>, registry: Arc<Registry>, settings: Fanout) -> Self {
        Self {
            core: Rc::clone(core),
            registry,
            settings,
            topics: RefCell::default(),
        }
    }

    /// Hands on what comes, for ever.
    pub(crate) async fn run(self: Rc<Self>, mut mailbox: Mailbox) {
        while let Some(delivery) = mailbox.recv().await {
            self.deliver(&delivery);
        }
    }

    /// Publishes an event of such data and type to `topic`, now. Gives its number, and to how many subscribers it goes.
    pub(crate) async fn publish(
        &self,
        topic: &Topic,
        event: Option<&str>,
        data: &str,
    ) -> (u64, usize) {
        let now_ns = self.core.timers.clock().now_ns();
        self.registry.publish(topic, event, data, now_ns).await
    }

    /// The users there are.
    pub(crate) fn users(&self) -> Vec<Topic> {
        self.registry.users()
    }

    fn deliver(&self, delivery: &Delivery) {
        let stats = self.core.stats();
        let mut topics = self.topics.borrow_mut();
        let Some(audience) = topics.get_mut(&delivery.topic) else {
            // Its last subscriber here has left since.
            return;
        };
        // Each core counts who holds the bytes by itself.
        let message = Rc::new(Message {
            bytes: Bytes::copy_from_slice(&delivery.message.bytes),
            ..*delivery.message
        });
        for queue in audience.walk() {
            match queue.push(&message) {
                Pushed::Waits | Pushed::Unwanted => {}
                Pushed::WaitsForOthers(dropped) => stats.dropped.add(dropped),
                Pushed::Overran => {
                    stats.overrun.add(1);
                    tracing::info!(topic = %delivery.topic, "a slow subscriber is disconnected");
                }
            }
        }
    }

    /// Where `queue` stands, for [`Branch::remove`].
    pub(super) fn add(&self, topic: &Topic, queue: Rc<Queue>) -> usize {
        let mut topics = self.topics.borrow_mut();
        topics
            .entry(topic.clone())
            .or_default()
            .queues
            .insert(queue)
    }

    pub(super) fn remove(&self, topic: &Topic, place: usize) {
        let mut topics = self.topics.borrow_mut();
        let audience = topics.get_mut(topic).expect("who leaves was there");
        audience.queues.remove(place);
        if audience.queues.is_empty() {
            topics.remove(topic);
        }
    }
}

impl Audience {
    /// All subscribers, each walk beginning with another one: whoever comes first is served first, and over a few
    /// walks everyone is early as often as late. Walks begin a golden section of the way on from each other, which
    /// spreads any number of them most evenly (Knuth, The Art of Computer Programming, vol. 3, section 6.4).
    fn walk(&mut self) -> impl Iterator<Item = &Rc<Queue>> {
        let places = self.queues.capacity().max(1);
        let first = self.first % places;
        self.first = first + (places as f64 * 0.618_034) as usize;
        let queues = &self.queues;
        (first..places)
            .chain(0..first)
            .filter_map(move |place| queues.get(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::settings::SlowSubscriber;

    #[test]
    fn walks_begin_all_over_the_place_and_leave_nobody_out() {
        let mut audience = Audience::default();
        let queues: Vec<Rc<Queue>> = (0..64)
            .map(|_| Rc::new(Queue::new(1, SlowSubscriber::DropOldest, 0)))
            .collect();
        for queue in &queues {
            audience.queues.insert(Rc::clone(queue));
        }
        let place_of = |queue: &Rc<Queue>| {
            let mut places = queues.iter();
            places.position(|other| Rc::ptr_eq(other, queue)).unwrap()
        };
        let mut quarters = [0; 4];
        for _ in 0..32 {
            let mut walk: Vec<usize> = audience.walk().map(place_of).collect();
            quarters[walk[0] / 16] += 1;
            walk.sort_unstable();
            assert!(walk.into_iter().eq(0..64));
        }
        assert!(
            quarters.iter().all(|walks| (6..=10).contains(walks)),
            "{quarters:?}"
        );
    }
}
