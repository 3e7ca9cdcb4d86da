//! What streams say: one file per scenario, each of which turns a request into a plan.

pub(crate) mod channels;
pub(crate) mod fanout;
pub(crate) mod llm;
pub(crate) mod monitor;
pub(crate) mod parameters;
pub(crate) mod recorded;
pub(crate) mod relay;
pub(crate) mod sse;
pub(crate) mod stage;
pub(crate) mod timing;
pub(crate) mod typewriter;
pub(crate) mod upstream;
