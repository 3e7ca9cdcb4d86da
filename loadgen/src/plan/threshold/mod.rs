//! What is asked of a run's figures, as it is typed: `gap.p99<50ms over 30s abort`.

mod expression;
mod figure;
mod measurable;
mod value;

pub(crate) use expression::Op;
pub use expression::{ExpressionError, Threshold};
pub(crate) use figure::{Basis, Figure, RunScalar, Scalar, Stat};
pub use figure::{GRAMMAR, Group, groups};
