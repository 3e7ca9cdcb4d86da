//! The life of one stream: connect, request, head, events, end.

mod failure;
mod record;
mod response;
mod schedule;
mod sequence;
mod watchdog;

use std::io;
use std::rc::Rc;

pub(crate) use failure::Failure;

use self::record::StreamRecord;
use self::response::{Response, Taken};
use self::watchdog::{Expired, Watchdog};
use crate::measure::ErrorKind;
use crate::transport::Socket;
use crate::worker::Worker;

/// Lives one stream that was meant to start at `intended_ns`, to its end. Says whether it completed.
///
/// Whatever happens to the future, dropping it included, the stream is accounted for.
pub(crate) async fn run(worker: &Rc<Worker>, intended_ns: u64) -> bool {
    let mut record = StreamRecord::begin(worker, intended_ns);
    let outcome = live(worker, &mut record).await;
    let completed = outcome.is_ok();
    record.end(outcome);
    completed
}

async fn live(worker: &Rc<Worker>, record: &mut StreamRecord) -> Result<(), Failure> {
    let socket = connect(worker).await?;
    record.connected(worker.clock.now_ns());
    let requested_ns = worker.clock.now_ns();
    socket
        .write_all(&worker.request)
        .await
        .map_err(|error| Failure::before_response(&error))?;
    record.requested(requested_ns);
    let mut response = Response::new(&worker.plan);
    let mut watchdog = Watchdog::new(worker.clock, worker.plan.timeouts, requested_ns);
    loop {
        if let Err(expired) = watchdog.readable(&socket, response.waits_for()).await {
            return Err(response.expired(expired, worker.plan.timeouts));
        }
        match receive(worker, &socket, &mut response, record) {
            Ok(Taken::More { at_ns }) => watchdog.heard(at_ns),
            Ok(Taken::Completed) => return Ok(()),
            Err(failure) => return Err(failure),
        }
    }
}

async fn connect(worker: &Worker) -> Result<Socket, Failure> {
    let connecting = Socket::connect(worker.addr, worker.plan.rx, worker.clock);
    let connected = match worker.plan.timeouts.connect {
        Some(limit) => tokio::time::timeout(limit, connecting).await.map_err(|_| {
            Failure::new(
                ErrorKind::ConnectTimeout,
                format!("not connected after {limit:?}"),
            )
        })?,
        None => connecting.await,
    };
    connected.map_err(|error| Failure::connecting(&error))
}

/// One read of the socket, taken apart where it lies in the worker's buffer.
fn receive(
    worker: &Worker,
    socket: &Socket,
    response: &mut Response,
    record: &mut StreamRecord,
) -> Result<Taken, Failure> {
    let mut buffer = worker.buffer.borrow_mut();
    let read = socket
        .receive(&mut buffer)
        .map_err(|error| response.broken(&error))?;
    let Some(received) = read else {
        return Ok(Taken::More { at_ns: 0 });
    };
    if received.bytes == 0 {
        return response.ended().map(|()| Taken::Completed);
    }
    let mut recorder = worker.recorder.borrow_mut();
    recorder.read(received.bytes as u64, received.rx_ns);
    let events_before = recorder.counters.events;
    let taken = response.take(
        buffer.bytes(received),
        received.rx_ns,
        record,
        &mut recorder,
    );
    let events = recorder.counters.events - events_before;
    recorder.decoded(events, received, worker.clock.now_ns());
    taken
}

impl Response {
    /// The failure that a wait which went on too long is.
    fn expired(&self, expired: Expired, timeouts: crate::plan::Timeouts) -> Failure {
        match (expired, self.refusal()) {
            (_, Some(failure)) => failure,
            (Expired::FirstEvent, _) => Failure::new(
                ErrorKind::FirstEventTimeout,
                format!(
                    "no event within {:?}",
                    timeouts.first_event.unwrap_or_default()
                ),
            ),
            (Expired::Idle, _) => Failure::new(
                ErrorKind::IdleTimeout,
                format!("no byte for {:?}", timeouts.idle.unwrap_or_default()),
            ),
            (Expired::Io(error), _) => self.broken(&error),
        }
    }

    /// The failure that a socket's error is.
    fn broken(&self, error: &io::Error) -> Failure {
        match self.refusal() {
            Some(failure) => failure,
            None if self.has_head() => Failure::new(ErrorKind::Reset, error.to_string()),
            None => Failure::before_response(error),
        }
    }
}
