//! Weir's load generator: opens Server-Sent Event streams and says, with proof, what it saw.
//!
//! The way of a plan: `cli` turns what was typed into a [`plan::Plan`], validated once; [`preflight`] refuses what this
//! machine cannot do; [`load`] says when streams start, as values; each `worker` thread lives its `stream`s over a
//! [`transport`] and keeps its own [`measure::Recorder`]; [`run`] merges them into a [`report::Report`], which the
//! printers in [`output`] write. [`analysis`] is what is read out of reports: whether [thresholds](plan::threshold)
//! [hold](analysis::threshold). What the figures mean is in [`measure::Metric::definition`]; [`campaign::calibrate`] holds
//! them against answers that are known beforehand.

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
