//! What is measured, and where it is kept: histograms and counters, one recorder a worker, merged by addition.

mod bank;
mod batch;
mod censored;
mod counters;
mod host;
mod metric;
mod periodic_due;
mod quantile;
mod recorder;
mod sequence;
mod stamped_due;
mod stream_record;
mod truth;
mod unit;
mod usage;

pub use bank::{Bank, new_histogram};
pub use censored::Censored;
pub use counters::{Counters, DueSource, ErrorKind, Errors, SequenceSource};
pub use host::{HostTime, HostUse};
pub use metric::Metric;
pub use quantile::{known_to, p99_or_what_is_carried, samples_needed};
pub use recorder::{EventMoments, IntervalShard, Recorder, Window, WindowTotals};
pub(crate) use stream_record::StreamRecord;
pub use truth::{SentTimes, Truth};
pub use unit::Unit;
pub use usage::{CpuTime, peak_rss_bytes};
