//! What reports say, alone and together. Pure: it reads reports and trials, and knows nothing of sockets.

pub mod calibration;
pub mod capacity;
pub mod compare;
pub mod merge;
pub mod threshold;
