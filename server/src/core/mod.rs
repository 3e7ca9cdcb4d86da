pub(crate) mod admission;
pub(crate) mod counters;
pub(crate) mod limits;
pub(crate) mod shared;
pub(crate) mod stats;
pub(crate) mod thread;
pub(crate) mod ticket;
pub(crate) mod usage;
