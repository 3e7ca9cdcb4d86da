//! The sockets that are open.

use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;

use slab::Slab;

use super::Socket;

/// Those of one worker.
#[derive(Default)]
pub(in crate::transport) struct OpenSockets(RefCell<Slab<Rc<Socket>>>);

impl OpenSockets {
    /// Closes the sending half of each.
    pub(in crate::transport) fn end_requests(&self) {
        for (_, socket) in &*self.0.borrow() {
            socket.end_requests();
        }
    }
}

/// A socket, among those that are open for as long as somebody has it.
pub(in crate::transport) struct OpenSocket {
    all: Rc<OpenSockets>,
    key: usize,
    socket: Rc<Socket>,
}

impl OpenSocket {
    pub(in crate::transport) fn new(all: &Rc<OpenSockets>, socket: Socket) -> Self {
        let socket = Rc::new(socket);
        let key = all.0.borrow_mut().insert(Rc::clone(&socket));
        Self {
            all: Rc::clone(all),
            key,
            socket,
        }
    }
}

impl Deref for OpenSocket {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        &self.socket
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.all.0.borrow_mut().remove(self.key);
    }
}
