//! What the streams of one thread share.

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use slab::Slab;
use weir_time::Clock;

use crate::load::Gauge;
use crate::measure::{Recorder, Window};
use crate::plan::Plan;
use crate::transport::{ReadBuffer, Socket};

/// One worker's plan, buffer and record, for its streams to use in turn.
pub(crate) struct Context {
    pub(crate) plan: Arc<Plan>,
    pub(crate) addr: SocketAddr,
    pub(crate) clock: Clock,
    pub(crate) gauge: Arc<Gauge>,
    /// The request's bytes, the same for every stream.
    pub(crate) request: Vec<u8>,
    pub(crate) buffer: RefCell<ReadBuffer>,
    pub(crate) recorder: RefCell<Recorder>,
    sockets: RefCell<Slab<Rc<Socket>>>,
    /// Connections so far, by which source addresses are taken in turn.
    connections: Cell<usize>,
    draining: Cell<bool>,
}

impl Context {
    pub(crate) fn new(
        plan: &Arc<Plan>,
        addr: SocketAddr,
        clock: Clock,
        gauge: &Arc<Gauge>,
        window: Window,
    ) -> Self {
        let mut recorder = Recorder::new(window);
        recorder.truth = plan.truth.then(Box::default);
        Self {
            plan: Arc::clone(plan),
            addr,
            clock,
            gauge: Arc::clone(gauge),
            request: plan.request.wire(&plan.target),
            buffer: RefCell::new(ReadBuffer::new()),
            recorder: RefCell::new(recorder),
            sockets: RefCell::new(Slab::new()),
            connections: Cell::new(0),
            draining: Cell::new(false),
        }
    }

    /// Ends the window at `end_ns`, and tells the other end of every stream that no more will be asked of it. What is on its
    /// way still comes, and is counted; streams that end from now on were cut.
    pub(crate) fn drain(&self, end_ns: u64) {
        self.draining.set(true);
        self.recorder.borrow_mut().window.end_ns = end_ns;
        for (_, socket) in &*self.sockets.borrow() {
            socket.end_requests();
        }
    }

    /// The source address of the next connection, if any were given.
    pub(crate) fn next_source(&self) -> Option<IpAddr> {
        let sources = &self.plan.local_addrs;
        let number = self.connections.replace(self.connections.get() + 1);
        sources.get(number.checked_rem(sources.len())?).copied()
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.get()
    }

    /// The record, when the streams are gone.
    pub(crate) fn take_recorder(&self) -> Recorder {
        let nothing = Recorder::new(Window {
            start_ns: 0,
            end_ns: 0,
        });
        self.recorder.replace(nothing)
    }
}

/// A stream's socket, among those that a drain reaches for as long as the stream has it.
pub(super) struct Reachable {
    context: Rc<Context>,
    key: usize,
    socket: Rc<Socket>,
}

impl Reachable {
    pub(super) fn new(context: &Rc<Context>, socket: Socket) -> Self {
        let socket = Rc::new(socket);
        let key = context.sockets.borrow_mut().insert(Rc::clone(&socket));
        Self {
            context: Rc::clone(context),
            key,
            socket,
        }
    }
}

impl Deref for Reachable {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        &self.socket
    }
}

impl Drop for Reachable {
    fn drop(&mut self) {
        self.context.sockets.borrow_mut().remove(self.key);
    }
}
