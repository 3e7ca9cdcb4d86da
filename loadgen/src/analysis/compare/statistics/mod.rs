//! What the comparison takes from statistics: functions of figures, which know of no run.

pub(super) mod fisher;
pub(super) mod normal;
pub(super) mod ranks;
