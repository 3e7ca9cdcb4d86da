//! What is published, to subscribers on all cores.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::sync::oneshot;
use weir_sse::Block;

use super::topic::{Kind, Message, Ticker, Topic};

/// What comes to a core.
pub(crate) type Mailbox = mpsc::Receiver<Delivery>;

/// A message on its way to the subscribers of one core.
pub(crate) struct Delivery {
    pub(super) topic: Topic,
    pub(super) message: Arc<Message>,
}

/// Messages on their way to a core. When there are so many, whoever publishes waits: nothing is lost.
const MAILBOX: usize = 1024;

/// Bytes kept of a topic's past, whatever number of messages may be. With [`IDLE_TOPICS`] it bounds what is kept of topics
/// that nobody subscribes to: 256 MiB. Each that has subscribers adds as much at most; what bounds those is the limit on open
/// streams.
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
    /// As long as it has subscribers.
    ticker: Option<Running>,
    /// The turn in which it was used last.
    used: u64,
}

/// A ticker that publishes. Dropping this ends it, on whatever core it runs.
struct Running {
    ticker: Ticker,
    /// The turn in which it was started: no other ticker has the same.
    turn: u64,
    _end: oneshot::Sender<Infallible>,
}

/// A ticker that is to be started.
pub(super) struct Start {
    pub(super) ticker: Ticker,
    /// For [`Registry::tick`].
    pub(super) turn: u64,
    /// Completes, with an error, when the last subscriber has left.
    pub(super) end: oneshot::Receiver<Infallible>,
}

/// What a new subscriber begins with.
pub(super) struct Joined {
    /// Number of the next message to be published.
    pub(super) next: u64,
    /// What it has missed since it was here last, as far as it is kept.
    pub(super) missed: VecDeque<Arc<Message>>,
    /// The ticker that the topic is to have and was without.
    pub(super) start: Option<Start>,
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
        let permits = self.permits().await;
        let mut topics = self.lock();
        let state = topics.touch(topic, self.mailboxes.len());
        let block = Block {
            event,
            data: Some(data),
            ..Block::default()
        };
        let number = state.put(topic, block, due_ns, self.history, permits);
        let delivered = state.subscribers.iter().sum();
        topics.forget();
        (number, delivered)
    }

    /// Publishes what the ticker that was started in `turn` has to say, and says whether it is to go on: if not, nobody
    /// subscribes to `topic` any more, or those who came later have another ticker.
    pub(super) async fn tick(&self, topic: &Topic, turn: u64, data: &str, due_ns: u64) -> bool {
        let permits = self.permits().await;
        let mut topics = self.lock();
        let state = topics.by_name.get_mut(topic);
        let Some(state) = state.filter(|state| state.is_driven_in(turn)) else {
            return false;
        };
        let block = Block {
            data: Some(data),
            ..Block::default()
        };
        state.put(topic, block, due_ns, self.history, permits);
        true
    }

    /// Room for one message in the mailbox of each core.
    async fn permits(&self) -> Vec<Option<OwnedPermit<Delivery>>> {
        let mut permits = Vec::with_capacity(self.mailboxes.len());
        for mailbox in &self.mailboxes {
            // A core that has ended takes nothing more.
            permits.push(mailbox.clone().reserve_owned().await.ok());
        }
        permits
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

    /// A subscriber comes to core `core`, who has had `last` when it was here before. The topic gets `ticker`, if it has
    /// none.
    ///
    /// # Errors
    /// When it has another one: with that. Then nobody has come.
    pub(super) fn join(
        &self,
        topic: &Topic,
        core: usize,
        last: Option<u64>,
        ticker: Option<Ticker>,
    ) -> Result<Joined, Ticker> {
        let mut topics = self.lock();
        if let Some(other) = topics.other_ticker(topic, ticker) {
            return Err(other);
        }
        let state = topics.touch(topic, self.mailboxes.len());
        state.subscribers[core] += 1;
        let used = state.used;
        let joined = Joined {
            next: state.next,
            missed: state.since(last),
            start: ticker.and_then(|ticker| state.start(ticker)),
        };
        topics.idle.remove(&used);
        Ok(joined)
    }

    /// A subscriber leaves, and with the last one the topic's ticker.
    pub(super) fn leave(&self, topic: &Topic, core: usize) {
        let mut topics = self.lock();
        let state = topics.touch(topic, self.mailboxes.len());
        state.subscribers[core] -= 1;
        if state.is_idle() {
            state.ticker = None;
            let used = state.used;
            topics.idle.insert(used, topic.clone());
            topics.forget();
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
    /// The ticker of `topic`, if it is not the one asked for.
    fn other_ticker(&self, topic: &Topic, asked: Option<Ticker>) -> Option<Ticker> {
        let running = self.by_name.get(topic)?.ticker.as_ref()?.ticker;
        asked.filter(|asked| *asked != running).and(Some(running))
    }

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
            ticker: None,
            used: 0,
        }
    }

    fn is_idle(&self) -> bool {
        self.subscribers.iter().all(|subscribers| *subscribers == 0)
    }

    /// Has `ticker` started, unless there is one.
    fn start(&mut self, ticker: Ticker) -> Option<Start> {
        if self.ticker.is_some() {
            return None;
        }
        let (_end, end) = oneshot::channel();
        let turn = self.used;
        self.ticker = Some(Running { ticker, turn, _end });
        Some(Start { ticker, turn, end })
    }

    /// Whether its ticker is the one started in `turn`.
    fn is_driven_in(&self, turn: u64) -> bool {
        let running = self.ticker.as_ref();
        running.is_some_and(|running| running.turn == turn)
    }

    /// Sends `block` with an id to those who subscribe to `topic`, whose state this is, and keeps it as one of `most`.
    /// Gives its number.
    fn put(
        &mut self,
        topic: &Topic,
        block: Block<'_>,
        due_ns: u64,
        most: usize,
        permits: Vec<Option<OwnedPermit<Delivery>>>,
    ) -> u64 {
        let number = self.next;
        let id = number.to_string();
        let block = Block {
            id: Some(&id),
            ..block
        };
        let mut bytes = Vec::new();
        block.encode(&mut bytes);
        let message = Arc::new(Message {
            number,
            due_ns,
            bytes: Bytes::from(bytes),
        });
        self.keep(&message, most);
        send(topic, &message, self, permits);
        number
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
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    fn topic(number: usize) -> Topic {
        Topic::new(Kind::Plain, &number.to_string())
    }

    const TICKER: Ticker = Ticker {
        per_megasecond: 1_000,
        size_bytes: 0,
    };

    #[tokio::test]
    async fn the_last_subscriber_takes_the_ticker_with_it() {
        let (registry, _mailboxes) = Registry::new(2, 1);
        let (a, b) = (topic(0), topic(1));
        let join = |core| registry.join(&a, core, None, Some(TICKER)).unwrap().start;
        let mut first = join(0).unwrap();
        assert!(join(1).is_none(), "it has one");
        registry.leave(&a, 0);
        assert!(first.end.try_recv() == Err(TryRecvError::Empty));
        assert!(registry.tick(&a, first.turn, "", 0).await);
        registry.leave(&a, 1);
        assert!(first.end.try_recv() == Err(TryRecvError::Closed));
        assert!(!registry.tick(&a, first.turn, "", 0).await);

        // Forgotten, and back: a ticker that is late to notice is not the topic's.
        (0..=IDLE_TOPICS).for_each(|number| {
            registry.join(&topic(2 + number), 0, None, None).unwrap();
            registry.leave(&topic(2 + number), 0);
        });
        assert!(!registry.lock().by_name.contains_key(&a));
        let second = join(0).unwrap();
        assert!(!registry.tick(&a, first.turn, "", 0).await);
        assert!(registry.tick(&a, second.turn, "", 0).await);
        assert_eq!(registry.publish(&a, None, "", 0).await, (1, 1));
        assert!(!registry.tick(&b, second.turn, "", 0).await);
    }

    #[test]
    fn two_that_come_first_with_different_tickers_are_not_both_let_in() {
        let (registry, _mailboxes) = Registry::new(2, 1);
        let topic = topic(0);
        let other = Ticker {
            size_bytes: 1,
            ..TICKER
        };
        assert!(registry.join(&topic, 0, None, None).is_ok());
        assert!(registry.join(&topic, 0, None, Some(TICKER)).is_ok());
        let refused = registry.join(&topic, 1, None, Some(other)).err();
        assert_eq!(refused, Some(TICKER));
        assert!(registry.join(&topic, 1, None, None).is_ok());
        let came = registry.lock().by_name[&topic].subscribers.clone();
        assert_eq!(*came, [2, 1], "who is refused has not come");
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
        registry.join(&topic(0), 0, None, None).unwrap();
        registry.join(&topic(1), 1, None, None).unwrap();
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
        registry.join(&topic(2_000), 0, None, None).unwrap();
        registry.join(&topic(2_000), 1, None, None).unwrap();
        registry.leave(&topic(2_000), 0);
        (3_000..3_000 + IDLE_TOPICS).for_each(touch);
        assert!(is_known(2_000), "it has a subscriber on another core");
    }
}
