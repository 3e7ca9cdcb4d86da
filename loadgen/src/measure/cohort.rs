//! Parts of a run that are told apart.

/// Which of a run's populations a stream belongs to. A load that has but one of them has the first alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cohort(u8);

impl Cohort {
    /// The one that every run has.
    pub const FIRST: Self = Self(0);

    /// Those of a run that has so many.
    pub fn all(cohorts: usize) -> impl Iterator<Item = Self> {
        (0..=u8::MAX).take(cohorts).map(Self)
    }

    /// Its place among all.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}
