//! What Weir costs, and what it could cost at best.
//!
//! [`bare`] is the control: a server and a client that do nothing but move the bytes, so that what they reach is what the
//! kernel allows. [`ceiling`] runs Weir's server and load generator against them, turn by turn, and says what share of that
//! each of them reaches. [`search`] says how often the search for a target's capacity is wrong, [`gate`] how often the answer of
//! `weir compare` is. The benches of the single parts
//! (encode, decode, body, clock, histogram) stand in `benches/`.

pub mod bare;
pub mod ceiling;
pub mod gate;
mod record;
pub mod search;
mod share;

pub use share::Share;
