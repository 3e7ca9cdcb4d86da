//! What makes several runs: a comparison of two sides, a search for a capacity, a calibration; and the servers that they start.

pub mod calibrate;
pub mod capacity;
pub mod compare;
pub mod embedded;
pub mod server;
