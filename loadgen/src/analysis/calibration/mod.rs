//! How far to trust what weir reports: answers that are known beforehand, and what a run made of them.
//!
//! Pure: which cases there are, how a metric is held against the truth, which rate is tried next, and what all of it comes to.

mod case;
mod comparison;
mod finding;
mod rates;

pub use case::{Case, Freeze, Size, Streams};
pub use comparison::{Comparison, Percentiles, Shift};
pub use finding::{Calibration, CaseResult, Run, SCHEMA};
pub use rates::{Rates, Search, Trial};
