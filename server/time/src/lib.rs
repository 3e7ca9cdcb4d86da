//! Time as Weir measures and keeps it: one [`Clock`], and timers finer than the runtime's.
//!
//! Both ends need the same two things, so they live below both: nanoseconds since the Unix epoch that cannot step
//! ([`Clock`]), and a way to wake a task within about 100 us of an instant ([`Timers`]), or to have many instants on one
//! such task ([`Wheel`]). Tokio's own wheel rounds up to 1 ms, which is as long as many of the intervals that are measured. And both take durations on their command lines
//! ([`parse_duration`]), draw times between arrivals ([`exponential()`]), and have many tasks a thread
//! ([`RUNTIME_EVENT_INTERVAL`]).

mod clock;
mod duration;
mod exponential;
mod timers;
mod wheel;

pub use clock::{Clock, NANOS_PER_SEC};
pub use duration::{nanoseconds, parse_duration};
pub use exponential::exponential;
pub use timers::{Alarm, RUNTIME_EVENT_INTERVAL, Timers};
pub use wheel::{TICK_NS, Wheel};
