//! Fan-out: an event is published once per core, and each core walks its own subscribers.
//!
//! | part | does |
//! | --- | --- |
//! | `topic` | is what one subscribes to, and what is published to it |
//! | `registry` | numbers what is published, keeps the last of it, and knows how many subscribers there are; of all cores |
//! | `branch` | hands what is published to the subscribers of one core |
//! | `queue` | is what waits for one subscriber, up to a limit |
//! | `seat` | is the place of one subscriber in its topic |
//! | `subscriber` | is the stream of one subscriber |
//! | `ticker` | publishes to a topic at a rate |
//!
//! Publishing takes the registry's lock, so that every core sees the same order. Nothing else that is shared between
//! cores is touched for a subscriber: each core has a copy of the event's bytes, counted by its own streams alone.

pub(crate) mod branch;
pub(crate) mod queue;
pub(crate) mod registry;
pub(crate) mod seat;
pub(crate) mod settings;
pub(crate) mod subscriber;
pub(crate) mod ticker;
pub(crate) mod topic;
