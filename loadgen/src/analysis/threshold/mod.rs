//! What is asked of a run's figures: `gap.p99<50ms over 30s abort`, judged on any report, and while it is being made.

mod evaluate;
mod expression;
mod figure;
mod live;
mod share;
mod stretch;
mod value;

pub use evaluate::judge;
pub use expression::{ExpressionError, Threshold};
pub use figure::{GRAMMAR, Group, groups};
pub(crate) use live::Live;
pub(crate) use share::Bad;
