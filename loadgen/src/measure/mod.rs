//! What is measured, and where it is kept: histograms and counters, one recorder a worker, merged by addition.

mod bank;
mod censored;
mod cohort;
mod counters;
mod failure;
mod machine;
mod metric;
mod open_streams;
mod outcome;
mod quantile;
mod recorder;
mod rx;
mod seen_periods;
mod stream;
mod truth;
mod unit;
mod window;

pub use bank::{Bank, new_histogram};
pub use censored::Censored;
pub use cohort::Cohort;
pub use counters::{Counters, DueSource, ErrorKind, Errors, SequenceSource};
pub(crate) use failure::Failure;
pub use machine::{CpuTime, HostTime, HostUse, peak_rss_bytes};
pub(crate) use machine::{proc_field, proc_kib};
pub use metric::Metric;
pub use open_streams::OpenStreams;
pub(crate) use outcome::Outcome;
pub use quantile::{known_to, p99_or_what_is_carried, samples_needed};
pub use recorder::{CohortShard, EventMoments, IntervalShard, Recorder, Totals};
pub use rx::{Received, Rx};
pub use seen_periods::SeenPeriods;
pub(crate) use stream::{ConnectionRecord, StreamRecord, StreamSetup};
pub use truth::{SentTimes, Truth};
pub use unit::Unit;
pub use window::{INTERVAL_NS, Window};
