//! The timer side: wakes at instants fixed in advance, and does nothing else.

use std::io;
use std::time::Duration;

use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use weir_time::Clock;

/// By how much a thread that sleeps on a timerfd wakes late, in nanoseconds: once for each of the instants that are `every`
/// apart and fill `duration`. One that has passed already is not left out.
///
/// # Errors
/// When the process is out of descriptors.
pub fn late_wakes_ns(every: Duration, duration: Duration) -> io::Result<Vec<u64>> {
    let clock = Clock::new();
    let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC)?;
    let begin_ns = clock.now_ns();
    let instants = duration.as_nanos() / every.as_nanos();
    (1..=instants as u64)
        .map(|number| {
            let due_ns = begin_ns + number * every.as_nanos() as u64;
            let at = Duration::from_nanos(clock.to_monotonic_ns(due_ns));
            let once = Expiration::OneShot(at.into());
            timer.set(once, TimerSetTimeFlags::TFD_TIMER_ABSTIME)?;
            timer.wait()?;
            Ok(clock.now_ns() - due_ns)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instant_is_waited_for_and_none_is_early() {
        // An early one would have no place in an unsigned number.
        let late_ns = late_wakes_ns(Duration::from_millis(1), Duration::from_millis(5)).unwrap();
        assert_eq!(late_ns.len(), 5);
        assert!(late_ns.iter().all(|&late_ns| late_ns < 60_000_000_000));
    }
}
