//! What the rounds come to.

mod budget;
mod compared;
mod goals;
mod spread;

pub(crate) use budget::Budget;
pub(crate) use compared::{Level, Ratio, levels, ratios, ratios_to_slowed};
pub(crate) use goals::{Goal, goals};
