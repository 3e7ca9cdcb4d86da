//! Publishing to a topic at a rate.

use std::rc::Rc;

use super::branch::Branch;
use super::registry::Start;
use super::topic::{Ticker, Topic};
use crate::schedule::pace::Pace;
use crate::tape::filler::Filler;

/// Has the ticker of `start` publish to `topic` as long as there are subscribers: the last one to leave ends it, however
/// far off its next event is.
pub(super) async fn run(start: Start, branch: Rc<Branch>, topic: Topic) {
    let Start { ticker, turn, end } = start;
    tokio::select! {
        _ = end => {}
        () = publish(ticker, &branch, &topic, turn) => {}
    }
}

/// Publishes at instants fixed in advance, from now on. What is late is published late, never skipped.
async fn publish(ticker: Ticker, branch: &Branch, topic: &Topic, turn: u64) {
    let pace = Pace::per_megasecond(ticker.per_megasecond);
    let filler = Filler::of_size(ticker.size_bytes, 0);
    let timers = &branch.core.timers;
    let start_ns = timers.clock().now_ns();
    let mut alarm = timers.alarm();
    for number in 1.. {
        let due_ns = start_ns.saturating_add(pace.due_ns(number));
        alarm.at(due_ns).await;
        let data = filler.data(number);
        if !branch.registry.tick(topic, turn, data, due_ns).await {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::task::{spawn_local, yield_now};

    use super::*;
    use crate::core::thread::with_core;
    use crate::hub::registry::Registry;
    use crate::hub::settings::Fanout;
    use crate::hub::topic::Kind;

    #[test]
    fn it_ends_with_its_last_subscriber_and_not_with_its_next_event() {
        with_core(async |core| {
            let (registry, _mailboxes) = Registry::new(1, 1);
            let branch = Branch::new(&core, Arc::new(registry), Fanout::default());
            let branch = Rc::new(branch);
            let topic = Topic::new(Kind::Plain, "t");
            let ticker = Ticker {
                per_megasecond: 1_000,
                size_bytes: 0,
            };
            let joined = branch.registry.join(&topic, 0, None, Some(ticker)).unwrap();
            let start = joined.start.unwrap();
            let task = spawn_local(run(start, Rc::clone(&branch), topic.clone()));
            yield_now().await;
            assert!(!task.is_finished());
            branch.registry.leave(&topic, 0);
            task.await.unwrap();
        });
    }
}
