//! What a read amounts to.

/// Whether a stream goes on after the bytes of a read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// There is more to come.
    More,
    /// The stream is complete: the server ended it, or it reached its cap.
    Completed,
}
