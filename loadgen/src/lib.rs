//! Weir's load generator: opens Server-Sent Event streams and says, with proof, what it saw.
//!
//! The way of a plan: `cli` turns what was typed into [`plan::Settings`], of which [`plan::Plan::build`] makes a plan or refuses;
//! [`preflight`] refuses what this machine cannot do; [`load`] says when streams start, as values; each `worker` thread lives its
//! `stream`s over a `transport` and books what happens with its own [`measure::Recorder`]; [`run`] adds up what the workers ship, and
//! makes a [`report::Report`] of it, which the printers in [`output`] write. [`analysis`] is what is read out of reports: whether
//! thresholds hold, how two sides compare, what a target carries; [`campaign`] makes the runs for that. What the figures mean is in
//! [`measure::Metric::definition`]. CONTRIBUTING has a map of all folders, and a test holds who may import whom.

pub mod analysis;
pub mod campaign;
pub mod cli;
pub mod exit;
pub mod load;
pub mod measure;
pub mod output;
pub mod plan;
pub mod preflight;
pub mod report;
pub mod run;
mod seconds;
mod stream;
pub mod transport;
pub mod verdict;
mod worker;
