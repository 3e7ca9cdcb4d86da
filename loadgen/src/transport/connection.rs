//! A connection, whatever it speaks.

use super::{Exchange, http1};
use crate::measure::Failure;

/// A connection to the target.
pub(crate) enum Connection {
    Http1(http1::Connection),
}

impl Connection {
    /// Sends the request, and says when the last of it was written.
    pub(crate) async fn open(self) -> Result<(Exchange, u64), Failure> {
        match self {
            Self::Http1(connection) => {
                let (exchange, requested_ns) = connection.open().await?;
                Ok((Exchange::Http1(exchange), requested_ns))
            }
        }
    }
}
