//! What is published, to subscribers on all cores.

use std::collections::{HashMap, VecDeque};
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
    idle: usize,
    /// Counts what was done to topics, to tell which one was used last.
    turn: u64,
}

struct State {
    next: u64,
    history: VecDeque<Arc<Message>>,
    history_bytes: usize,
    /// By core.
    subscribers: Box<[usize]>,
    clock: Option<Clock>,
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
        let was_idle = state.is_idle();
        state.subscribers[core] += 1;
        let starts_clock = state.clock.is_none() && clock.is_some();
        state.clock = state.clock.or(clock);
        let joined = Joined {
            next: state.next,
            missed: state.since(last),
            starts_clock,
        };
        topics.idle -= usize::from(was_idle);
        joined
    }

    /// A subscriber leaves.
    pub(super) fn leave(&self, topic: &Topic, core: usize) {
        let mut topics = self.lock();
        let state = topics.touch(topic, self.mailboxes.len());
        state.subscribers[core] -= 1;
        topics.idle += usize::from(topics.by_name[topic].is_idle());
        topics.forget();
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
        let idle = &mut self.idle;
        let state = self.by_name.entry(topic.clone()).or_insert_with(|| {
            *idle += 1;
            State::new(cores)
        });
        state.used = self.turn;
        state
    }

    /// Lets go of what has not been used for longest, where too many topics are idle.
    fn forget(&mut self) {
        if self.idle <= IDLE_TOPICS {
            return;
        }
        let idle = self.by_name.iter().filter(|(_, state)| state.is_idle());
        let oldest = idle.min_by_key(|(_, state)| state.used);
        if let Some(oldest) = oldest.map(|(topic, _)| topic.clone()) {
            self.by_name.remove(&oldest);
            self.idle -= 1;
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
