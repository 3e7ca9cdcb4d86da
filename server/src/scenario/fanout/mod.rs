//! Streams of what others publish: topics, rooms, notifications.

pub(crate) mod notifications;
pub(crate) mod publish;
pub(crate) mod room;
pub(crate) mod subscribe;
pub(crate) mod topic;
