//! Formats of what is followed from commit to commit.

pub(super) mod bmf;
mod figures;
pub(super) mod github_action_benchmark;

pub(super) use figures::benchmark;
