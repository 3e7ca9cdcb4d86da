//! What cannot be.

use thiserror::Error;

/// Why there is no plan of what was asked.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PlanError {
    /// There is nothing of what there has to be something of.
    #[error("{what} cannot be 0")]
    Nothing {
        /// Of what.
        what: &'static str,
    },
    /// The rate of arrivals is no rate.
    #[error("{0} arrivals a second are no rate: it is a number above 0")]
    Rate(f64),
    /// The target has no address, or what is asked of it cannot stand in a request.
    #[error(
        "{0:?} cannot be asked: it needs an address, and a path that begins with / and has neither spaces nor control characters"
    )]
    Target(String),
    /// The method is none.
    #[error("{0:?} is not a method, like GET or POST")]
    Method(String),
    /// A header field is none.
    #[error(
        "{0:?} is not the name of a header field, or its value has line ends or other control characters"
    )]
    Header(String),
}
