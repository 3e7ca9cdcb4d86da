//! Loadgen.
