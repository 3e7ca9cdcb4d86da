//! What is published, to subscribers on all cores.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::mpsc::{self, OwnedPermit};
use weir_sse::Block;

use super::clock::Clock;
use super::{Kind, Message, Topic};

/// What comes to a core.
pub(crate) type Mailbox = mpsc::Receiver<Delivery>;

/// A message on its way to the subscribers of one core.
pub(crate) struct Delivery {
    pub(super) topic: Topic,
    pub(super) message: Arc<Message>,
}

/// Messages on their way to a core. When there are so many, whoever publishes waits: nothing is lost.
const MAILBOX: usize = 1024;

/// Bytes kept of a topic's past, whatever number of messages may be. With [`IDLE_TOPICS`] it bounds what strangers can
/// make a server keep: 256 MiB.
const HISTORY_BYTES: usize = 1024 * 1024;

/// Topics kept though nobody subscribes to them: those that were used last.
const IDLE_TOPICS: usize = 256;

/// The topics of a server.
pub(crate) struct Registry {
    /// Messages kept of a topic's past.
    history: usize,
    mailboxes: Vec<mpsc::Sender<Delivery>>,
    topics: Mutex<Topics>,
}

#[derive(Default)]
struct Topics {
    by_name: HashMap<Topic, State>,
    /// Those that nobody subscribes to, by the turn in which they were used last.
    idle: BTreeMap<u64, Topic>,
    /// Counts what was done to topics.
    turn: u64,
}

struct State {
    next: u64,
    history: VecDeque<Arc<Message>>,
    history_bytes: usize,
    /// By core.
    subscribers: Box<[usize]>,
    clock: Option<Clock>,
    /// The turn in which it was used last.
    used: u64,
}

/// What a new subscriber begins with.
pub(super) struct Joined {
    /// Number of the next message to be published.
    pub(super) next: u64,
    /// What it has missed since it was here last, as far as it is kept.
    pub(super) missed: VecDeque<Arc<Message>>,
    /// Whether the topic was without the clock it was to have.
    pub(super) starts_clock: bool,
}

impl Registry {
    /// For so many cores, with the mailbox of each.
    pub(crate) fn new(cores: usize, history: usize) -> (Self, Vec<Mailbox>) {
        let (mailboxes, receivers) = (0..cores).map(|_| mpsc::channel(MAILBOX)).unzip();
        let registry = Self {
            history,
            mailboxes,
            topics: Mutex::default(),
        };
        (registry, receivers)
    }

    /// Publishes an event of such data and type to `topic`. Gives its number, and to how many subscribers it goes.
    /// Waits while a core has too many messages to hand on.
    pub(crate) async fn publish(
        &self,
        topic: &Topic,
        event: Option<&str>,
        data: &str,
        due_ns: u64,
    ) -> (u64, usize) {
        let mut permits = Vec::with_capacity(self.mailboxes.len());
        for mailbox in &self.mailboxes {
            // A core that has ended takes nothing more.
            permits.push(mailbox.clone().reserve_owned().await.ok());
        }
        let mut topics = self.lock();
        let state = topics.touch(topic, self.mailboxes.len());
        let number = state.next;
        let id = number.to_string();
        let block = Block {
            event,
            id: Some(&id),
            data: Some(data),
            ..Block::default()
        };
        let mut bytes = Vec::new();
        block.encode(&mut bytes);
        let message = Arc::new(Message {
            number,
            due_ns,
            bytes: Bytes::from(bytes),
        });
        state.keep(&message, self.history);
        send(topic, &message, state, permits);
        let delivered = state.subscribers.iter().sum();
        topics.forget();
        (number, delivered)
    }

    /// The users there are, or were lately.
    pub(crate) fn users(&self) -> Vec<Topic> {
        let topics = self.lock();
        let users = topics
            .by_name
            .keys()
            .filter(|topic| topic.kind == Kind::User);
        users.cloned().collect()
    }

    /// The clock of `topic`, if it has one.
    pub(crate) fn clock(&self, topic: &Topic) -> Option<Clock> {
        self.lock().by_name.get(topic)?.clock
    }

    /// A subscriber comes to core `core`, who has had `last` when it was here before.
    pub(super) fn join(
        &self,
        topic: &Topic,
        core: usize,
        last: Option<u64>,
        clock: Option<Clock>,
    ) -> Joined {
        let mut topics = self.lock();
        let state = topics.touch(topic, self.mailboxes.len());
        state.subscribers[core] += 1;
        let starts_clock = state.clock.is_none() && clock.is_some();
        state.clock = state.clock.or(clock);
        let used = state.used;
        let joined = Joined {
            next: state.next,
            missed: state.since(last),
            starts_clock,
        };
        topics.idle.remove(&used);
        joined
    }

    /// A subscriber leaves.
    pub(super) fn leave(&self, topic: &Topic, core: usize) {
        let mut topics = self.lock();
        let state = topics.touch(topic, self.mailboxes.len());
        state.subscribers[core] -= 1;
        if state.is_idle() {
            let used = state.used;
            topics.idle.insert(used, topic.clone());
            topics.forget();
        }
    }

    /// Whether the clock of `topic` is to go on: there is someone to hear it. If not, the topic is without one.
    pub(super) fn keeps_clock(&self, topic: &Topic) -> bool {
        let mut topics = self.lock();
        match topics.by_name.get_mut(topic) {
            Some(state) if state.is_idle() => {
                state.clock = None;
                false
            }
            found => found.is_some(),
        }
    }

    /// Topics are whole whoever held the lock.
    fn lock(&self) -> MutexGuard<'_, Topics> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// To each core that has subscribers of it.
fn send(
    topic: &Topic,
    message: &Arc<Message>,
    state: &State,
    permits: Vec<Option<OwnedPermit<Delivery>>>,
) {
    for (permit, subscribers) in permits.into_iter().zip(&state.subscribers) {
        if let Some(permit) = permit.filter(|_| *subscribers > 0) {
            permit.send(Delivery {
                topic: topic.clone(),
                message: Arc::clone(message),
            });
        }
    }
}

impl Topics {
    /// The state of `topic`, used just now.
    fn touch(&mut self, topic: &Topic, cores: usize) -> &mut State {
        self.turn += 1;
        let state = self.by_name.entry(topic.clone());
        let state = state.or_insert_with(|| State::new(cores));
        if state.is_idle() {
            self.idle.remove(&state.used);
            self.idle.insert(self.turn, topic.clone());
        }
        state.used = self.turn;
        state
    }

    /// Lets go of what has not been used for longest, where too many topics are idle.
    fn forget(&mut self) {
        while self.idle.len() > IDLE_TOPICS {
            let (_, oldest) = self.idle.pop_first().expect("there are too many");
            self.by_name.remove(&oldest);
        }
    }
}

impl State {
    fn new(cores: usize) -> Self {
        Self {
            next: 0,
            history: VecDeque::new(),
            history_bytes: 0,
            subscribers: vec![0; cores].into(),
            clock: None,
            used: 0,
        }
    }

    fn is_idle(&self) -> bool {
        self.subscribers.iter().all(|subscribers| *subscribers == 0)
    }

    fn keep(&mut self, message: &Arc<Message>, most: usize) {
        self.next += 1;
        self.history_bytes += message.bytes.len();
        self.history.push_back(Arc::clone(message));
        while self.history.len() > most || self.history_bytes > HISTORY_BYTES {
            let Some(oldest) = self.history.pop_front() else {
                break;
            };
            self.history_bytes -= oldest.bytes.len();
        }
    }

    /// What came after `last`. A number that has not been given yet is from before a restart: then all is new.
    fn since(&self, last: Option<u64>) -> VecDeque<Arc<Message>> {
        let Some(last) = last else {
            return VecDeque::new();
        };
        let known = last < self.next;
        let missed = self.history.iter();
        missed
            .filter(|message| !known || message.number > last)
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(number: usize) -> Topic {
        Topic::new(Kind::Plain, &number.to_string())
    }

    #[test]
    fn idle_topics_are_forgotten_in_the_order_of_their_last_use() {
        let (registry, _mailboxes) = Registry::new(2, 1);
        let touch = |number| {
            let mut topics = registry.lock();
            topics.touch(&topic(number), 2);
            topics.forget();
        };
        let is_known = |number| registry.lock().by_name.contains_key(&topic(number));
        registry.join(&topic(0), 0, None, None);
        registry.join(&topic(1), 1, None, None);
        (2..=IDLE_TOPICS).for_each(touch);
        registry.leave(&topic(1), 1);
        touch(2);
        assert!((0..=IDLE_TOPICS).all(is_known));
        touch(1_000);
        assert!(!is_known(3), "used before all others");
        touch(1_001);
        assert!(!is_known(4));
        (2_000..2_000 + IDLE_TOPICS).for_each(touch);
        assert!(is_known(0), "it has a subscriber");
        assert_eq!(registry.lock().by_name.len(), IDLE_TOPICS + 1);
        registry.join(&topic(2_000), 0, None, None);
        registry.join(&topic(2_000), 1, None, None);
        registry.leave(&topic(2_000), 0);
        (3_000..3_000 + IDLE_TOPICS).for_each(touch);
        assert!(is_known(2_000), "it has a subscriber on another core");
    }
}
