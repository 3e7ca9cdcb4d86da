//! What is measured, and where it is kept: histograms and counters, one recorder a worker, merged by addition.

mod bank;
mod counters;
mod metric;
mod recorder;
mod usage;

pub use bank::{Bank, encode_v2_deflate, new_histogram};
pub use counters::{Counters, ErrorKind, Errors, SequenceSource};
pub use metric::Metric;
pub use recorder::{EventMoments, IntervalShard, Recorder, Window, WindowTotals};
pub use usage::{CpuTime, peak_rss_bytes};
