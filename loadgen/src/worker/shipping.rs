//! When a worker hands over what it recorded.

use std::rc::Rc;

use tokio::sync::mpsc;
use weir_time::{Alarm, Clock};

use super::Shipment;
use crate::measure::INTERVAL_NS;
use crate::stream::Context;

/// How long after its end an interval is kept for what was received in it and has not been read yet. A worker wakes late by some
/// milliseconds now and then, by some tens where the hypervisor takes its time.
const LATE_NS: u64 = 100_000_000;

/// Ships each interval some time after its end, until the run drains; the last ones follow when all streams have gone.
pub(super) async fn ship_intervals(
    context: Rc<Context>,
    clock: Clock,
    begin_ns: u64,
    mut alarm: Alarm,
    shipments: mpsc::UnboundedSender<Shipment>,
) {
    let window = context.recorder.borrow().window();
    let mut next = window.interval_of(begin_ns) + 1;
    loop {
        let due_ns = window.interval_start_ns(next).saturating_add(LATE_NS);
        let woken_ns = alarm.at(due_ns).await;
        let late_ns = woken_ns.saturating_sub(due_ns);
        if late_ns > LATE_NS {
            // Held up, it has not read what came meanwhile either: its sockets have their turn first.
            alarm.at(clock.now_ns() + late_ns.min(INTERVAL_NS)).await;
        }
        if context.draining.get() {
            return;
        }
        let until_ns = clock.now_ns().saturating_sub(LATE_NS);
        let mut recorder = context.recorder.borrow_mut();
        while let Some(shard) = recorder.ship(until_ns) {
            if shipments.send(Shipment::Interval(shard)).is_err() {
                return;
            }
        }
        next = window.interval_of(until_ns) + 1;
    }
}
