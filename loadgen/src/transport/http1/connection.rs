//! A connection on which one request is sent.

use std::rc::Rc;

use super::super::failure;
use super::super::tcp::OpenSocket;
use super::Exchange;
use crate::measure::Failure;

/// A connection that has not been asked anything.
pub(crate) struct Connection {
    socket: OpenSocket,
    request: Rc<[u8]>,
}

impl Connection {
    pub(in crate::transport) fn new(socket: OpenSocket, request: Rc<[u8]>) -> Self {
        Self { socket, request }
    }

    /// Sends the request, and says when the last of it was written.
    pub(in crate::transport) async fn open(self) -> Result<(Exchange, u64), Failure> {
        let written = self.socket.write_all(&self.request).await;
        let requested_ns = written.map_err(|error| failure::before_response(&error))?;
        Ok((Exchange::new(self.socket), requested_ns))
    }
}
