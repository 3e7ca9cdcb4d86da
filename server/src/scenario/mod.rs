//! What streams say: each file turns a request into a stream.
//!
//! A new scenario is a file here, which reads the request into a [`Plan`](crate::stream::plan::Plan) with a
//! [`Shape`](crate::tape::shape::Shape) of its own, and a row in `router`. `parameters` and `timing` read what several of
//! them have, and `services` is what they work with. Those that are no plan are a
//! [`Source`](crate::stream::counted::Source) instead: `monitor`, `relay` (with its `upstream`), `fanout`.

pub(crate) mod channels;
pub(crate) mod fanout;
pub(crate) mod llm;
pub(crate) mod monitor;
pub(crate) mod parameters;
pub(crate) mod recorded;
pub(crate) mod relay;
pub(crate) mod services;
pub(crate) mod sse;
pub(crate) mod timing;
pub(crate) mod typewriter;
pub(crate) mod upstream;
