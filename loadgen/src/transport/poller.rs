//! Which sockets of a worker are ready.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::task::{Context, Poll};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Sockets told about at a time: what one thread reads of so many takes a third of a millisecond, and then its timers have their turn.
const EVENTS_MAX: usize = 128;

/// One epoll for all sockets of a worker, which the runtime sees as one descriptor: of a stream on which nothing comes neither has
/// anything but an entry in the kernel, where a task of its own takes 3 KiB, and of one that is busy what misses the cache is its state
/// alone.
pub(super) struct Poller {
    epoll: AsyncFd<Fd>,
}

/// Who is meant by a socket's readiness: a place, and the how-manieth that had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) place: u32,
    pub(crate) generation: u32,
}

/// A socket is ready, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) token: Token,
    /// There is something to read, or an end.
    pub(crate) is_readable: bool,
    /// The other end sends no more, or the connection is gone: behind what there is to read is an end, which is not told again.
    pub(crate) is_closing: bool,
}

impl Poller {
    /// Watches nothing yet. To be made inside the runtime.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub(super) fn new() -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        Ok(Self {
            epoll: watch(Fd(epoll))?,
        })
    }

    /// Watches a socket, until it is closed. Each change is told once: what is there has to be read whole.
    ///
    /// # Errors
    /// When the kernel is out of memory, or of watches for one user.
    pub(super) fn add(&self, socket: impl AsFd, token: Token) -> io::Result<()> {
        let flags = EpollFlags::EPOLLIN
            | EpollFlags::EPOLLOUT
            | EpollFlags::EPOLLRDHUP
            | EpollFlags::EPOLLET;
        let event = EpollEvent::new(flags, token.to_bits());
        Ok(self.epoll.get_ref().0.add(socket, event)?)
    }

    /// Puts those that are ready behind what is in `ready`, some at a time; says whether there may be more. Pending when none is.
    ///
    /// # Errors
    /// When the runtime is shutting down.
    pub(super) fn poll_ready(
        &self,
        cx: &mut Context<'_>,
        ready: &mut Vec<Ready>,
    ) -> Poll<io::Result<bool>> {
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        loop {
            let mut guard = std::task::ready!(self.epoll.poll_read_ready(cx))?;
            let waited = guard.get_inner().0.wait(&mut events, EpollTimeout::ZERO);
            let count = waited?;
            // All have been told: the runtime says when there are others.
            if count < EVENTS_MAX {
                guard.clear_ready();
            }
            if count > 0 {
                ready.extend(events[..count].iter().map(Ready::from));
                return Poll::Ready(Ok(count == EVENTS_MAX));
            }
        }
    }
}

impl Token {
    fn to_bits(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.place)
    }

    fn from_bits(bits: u64) -> Self {
        Self {
            place: bits as u32,
            generation: (bits >> 32) as u32,
        }
    }
}

impl From<&EpollEvent> for Ready {
    fn from(event: &EpollEvent) -> Self {
        let flags = event.events();
        let closing = EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR;
        let is_closing = flags.intersects(closing);
        Self {
            token: Token::from_bits(event.data()),
            is_readable: is_closing || flags.contains(EpollFlags::EPOLLIN),
            is_closing,
        }
    }
}

#[expect(
    deprecated,
    reason = "its successor is an unsafe fn, which asks that the descriptor stay open and the same; `Fd` owns it and never hands it out"
)]
fn watch(fd: Fd) -> io::Result<AsyncFd<Fd>> {
    AsyncFd::with_interest(fd, Interest::READABLE)
}

/// An epoll the runtime can watch.
struct Fd(Epoll);

impl AsRawFd for Fd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.0.as_raw_fd()
    }
}
