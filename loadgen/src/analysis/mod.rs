//! What is read out of reports: it knows nothing of sockets.

pub mod threshold;
