//! How much a target carries: the highest load that holds each of several service levels.
//!
//! A multiple loss ratio search (MLRsearch, RFC 9971, draft-ietf-bmwg-mlrsearch): what comes late, not at all or of a failed
//! stream is the loss of a trial; each service level is a search goal, and all goals share the trials. What is written here in
//! terms of the RFC stands there under the same name, capitalised.

mod answer;
mod bounds;
mod cost;
mod found;
mod goal;
mod load_stat;
mod measurement;
mod reading;
mod search;
pub mod simulated;
mod sizing;
mod slo;
mod trial;
mod usl;
mod why;

pub use answer::{Answer, Limit};
pub use bounds::Bounds;
pub use cost::Cost;
#[cfg(test)]
pub(crate) use found::tests as found_tests;
pub use found::{Capacity, Level, SCHEMA, Vary};
pub use goal::Goal;
pub use load_stat::{Class, LoadStat, conditional_throughput};
pub use measurement::Measurement;
pub use reading::{Growth, Little, LostStreams, Unusable};
pub use search::{Search, Step};
pub use sizing::Sizing;
pub use slo::{Slo, SloError};
pub use trial::{Outcome, Said, Trial};
pub use usl::{Estimate, Refusal, Usl};
pub use why::{Failed, Why};
