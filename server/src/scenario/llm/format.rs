//! The formats that answers come in.

/// The model there is, and the name of one that a request does not name.
pub(super) const MODEL: &str = "weir";

/// Whose API it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    /// OpenAI chat completions.
    Chat,
    /// OpenAI completions.
    Completions,
    /// OpenAI responses.
    Responses,
    /// Anthropic messages.
    Anthropic,
}
