//! A stream with its faults, in time.

use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Version;
use weir_time::Alarm;

use super::blocks::{Blocks, Out, Step};
use super::kinds::{Break, Fault};
use super::pieces::Pieces;
use crate::connection::body::{Cut, Frames, Polled, StreamBody};
use crate::connection::gate::{Gate, Severed};
use crate::core::thread::Core;

/// Wraps the stream that `open` gives into those of `faults` that are of the body, if there are any. The stream is given
/// the gate that it goes by: `gate`, or one of its own.
pub(crate) fn faulty(
    core: &Rc<Core>,
    gate: &Rc<Gate>,
    faults: &[Fault],
    version: Version,
    open: impl FnOnce(Rc<Gate>) -> StreamBody,
) -> StreamBody {
    if !faults.iter().any(Fault::is_of_body) {
        return open(Rc::clone(gate));
    }
    let inner_gate = Rc::new(Gate::default());
    StreamBody::new(Faulty {
        inner: open(Rc::clone(&inner_gate)),
        inner_gate,
        gate: Rc::clone(gate),
        core: Rc::clone(core),
        blocks: Blocks::new(faults),
        steps: VecDeque::new(),
        pause: Pause {
            alarm: core.timers.alarm(),
            until_ns: None,
        },
        hold: hold(core, faults),
        pieces: Pieces::new(faults),
        begun: false,
        shares_connection: version == Version::HTTP_2,
    })
}

/// A stream with faults. Each frame of it is one write, as those of the stream inside are.
///
/// The stream inside is asked for more only when all of what it gave is on its way: memory stays that of a frame, but for
/// what [`Hold`] holds.
struct Faulty {
    inner: StreamBody,
    /// Of `inner` alone: opened when its frame has been taken.
    inner_gate: Rc<Gate>,
    gate: Rc<Gate>,
    core: Rc<Core>,
    blocks: Blocks,
    steps: VecDeque<Step>,
    pause: Pause,
    hold: Option<Hold>,
    pieces: Pieces,
    begun: bool,
    /// With other streams, so that it is not the connection that is cut.
    shares_connection: bool,
}

/// A wait among the steps.
struct Pause {
    alarm: Alarm,
    until_ns: Option<u64>,
}

/// What is collected to be let out at once.
struct Hold {
    alarm: Alarm,
    start_ns: u64,
    every_ns: u64,
    /// When what is collected is let out.
    release_ns: u64,
    collected: Vec<u8>,
}

/// What is collected at most, as the buffers of a proxy have their limit: far more than a paced stream sends in the
/// seconds that anyone holds it.
const HOLD_MAX_BYTES: usize = 1024 * 1024;

fn hold(core: &Core, faults: &[Fault]) -> Option<Hold> {
    let every_ns = faults.iter().find_map(|fault| match fault {
        Fault::Hold { every_ns } => Some(*every_ns),
        _ => None,
    })?;
    let start_ns = core.timers.clock().now_ns();
    Some(Hold {
        alarm: core.timers.alarm(),
        start_ns,
        every_ns,
        release_ns: start_ns,
        collected: Vec::new(),
    })
}

impl Hold {
    fn collect(&mut self, bytes: &[u8], now_ns: u64) {
        if self.collected.is_empty() {
            let periods = now_ns.saturating_sub(self.start_ns) / self.every_ns + 1;
            self.release_ns = self.start_ns + periods * self.every_ns;
        }
        self.collected.extend_from_slice(bytes);
    }

    fn is_full(&self) -> bool {
        self.collected.len() >= HOLD_MAX_BYTES
    }

    /// Pending, too, when there is nothing to let out. A drain waits for no period.
    fn poll_release(&mut self, is_draining: bool, cx: &mut Context<'_>) -> Poll<()> {
        if self.collected.is_empty() {
            return Poll::Pending;
        }
        if is_draining {
            return Poll::Ready(());
        }
        self.alarm.poll_at(self.release_ns, cx).map(drop)
    }

    fn release(&mut self) -> Out {
        Out::Bytes(std::mem::take(&mut self.collected).into())
    }
}

impl Faulty {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Polled {
        if !self.begun {
            self.begun = true;
            // The head goes out first, and alone: when something is to be cut, nothing is left that would go with it.
            self.gate.close();
        }
        loop {
            ready!(self.gate.poll_open());
            if let Some(piece) = self.pieces.take() {
                return Poll::Ready(Some(Ok(piece)));
            }
            match ready!(self.poll_held(cx)) {
                Out::Bytes(bytes) => self.pieces.load(bytes),
                Out::End => return Poll::Ready(None),
                Out::Cut(how, event) => return Poll::Ready(Some(self.sever(how, event))),
            }
        }
    }

    fn sever(&self, how: Break, event: Bytes) -> Result<Bytes, Cut> {
        match how {
            _ if self.shares_connection => Err(Cut),
            Break::Fin => Err(Cut),
            Break::Rst => {
                self.gate.sever(Severed::Reset);
                Err(Cut)
            }
            Break::Half => {
                self.gate.sever(Severed::Halfway);
                Ok(event)
            }
        }
    }

    /// What comes next, collected if it is to be.
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<Out> {
        loop {
            if let Some(hold) = &mut self.hold {
                let is_draining = self.core.is_draining();
                if hold.poll_release(is_draining, cx).is_ready() {
                    return Poll::Ready(hold.release());
                }
                if hold.is_full() {
                    return Poll::Pending;
                }
            }
            let out = ready!(self.poll_out(cx));
            let Some(hold) = &mut self.hold else {
                return Poll::Ready(out);
            };
            match out {
                Out::Bytes(bytes) => hold.collect(&bytes, self.core.timers.clock().now_ns()),
                last if hold.collected.is_empty() => return Poll::Ready(last),
                last => {
                    self.steps.push_front(Step::Out(last));
                    return Poll::Ready(hold.release());
                }
            }
        }
    }

    /// What comes next, once it may. A drain waits for no delay, so that the stream inside comes to say its last.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<Out> {
        loop {
            if let Some(until_ns) = self.pause.until_ns {
                if !self.core.is_draining() {
                    ready!(self.pause.alarm.poll_at(until_ns, cx));
                }
                self.pause.until_ns = None;
            }
            match self.steps.pop_front() {
                Some(Step::Wait { wait_ns }) => {
                    let now_ns = self.core.timers.clock().now_ns();
                    self.pause.until_ns = Some(now_ns.saturating_add(wait_ns));
                }
                Some(Step::Out(out)) => return Poll::Ready(out),
                None => ready!(self.poll_inner(cx)),
            }
        }
    }

    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let last = match ready!(self.inner.poll_next(cx)) {
            Some(Ok(bytes)) => {
                self.inner_gate.open();
                self.blocks.push(&bytes, &mut self.steps);
                return Poll::Ready(());
            }
            Some(Err(Cut)) => Out::Cut(Break::Fin, Bytes::new()),
            None => Out::End,
        };
        self.blocks.finish(&mut self.steps);
        self.steps.push_back(Step::Out(last));
        Poll::Ready(())
    }
}

impl Frames for Faulty {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Polled {
        let piece = ready!(self.poll_piece(cx));
        if let Some(Ok(_)) = piece {
            self.gate.close();
        }
        Poll::Ready(piece)
    }
}
