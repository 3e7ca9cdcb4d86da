//! The sides of the measurements, each played in a process of its own that talks to its parent in lines of JSON.

mod child;
mod lag;
mod meter;
mod part;
mod paths;
mod play;
mod resident;
mod weir_client;

pub use paths::weir_server_path;

pub(crate) use child::Child;
pub(crate) use lag::Lag;
pub(crate) use part::Role;
pub(crate) use play::play;
pub(crate) use resident::{Resident, resident_bytes};
