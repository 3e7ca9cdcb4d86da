//! What is printed: one printer a format, each from the report alone. Only this module writes to standard output.

pub mod decode;
mod destination;
pub mod explain;
mod figures;
pub mod json;
mod progress;
pub mod text;

pub use destination::Destination;
pub use progress::Progress;
