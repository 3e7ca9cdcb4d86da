//! Measures weir while it runs, by what it says at the end of each second.

use weir::report::Interval;

use crate::bare::{Stretch, Tally};
use crate::ceiling::settings::Span;

/// Begins at the first end of a second at which all streams are open, whatever came before being warm-up, and ends at
/// another. Where weir has so much to do that it says so late, what it did until then is in it.
///
/// weir's own rate would not do beside processor time: it counts what the kernel had received by the end, when what is to be
/// done for much of it is still to come.
pub(super) struct Meter {
    streams: u64,
    least_s: f64,
    stretch: Option<Stretch>,
    events: f64,
    bytes: f64,
    measured: Option<Tally>,
}

impl Meter {
    pub(super) fn new(streams: usize, span: Span) -> Self {
        Self {
            streams: streams as u64,
            // Whole seconds, of which none ends half a second early.
            least_s: span.duration_s.ceil() - 0.5,
            stretch: None,
            events: 0.0,
            bytes: 0.0,
            measured: None,
        }
    }

    /// Takes the second that has just ended.
    pub(super) fn take(&mut self, second: &Interval) {
        match &self.stretch {
            None if second.streams_open == self.streams => self.stretch = Some(Stretch::begin()),
            Some(stretch) if self.measured.is_none() => {
                self.events += second.events_per_s;
                self.bytes += second.bytes_per_s;
                if stretch.elapsed().as_secs_f64() >= self.least_s {
                    self.measured = Some(stretch.end(self.events as u64, self.bytes as u64));
                }
            }
            _ => {}
        }
    }

    /// What was measured, once it has been for long enough.
    pub(super) fn measured(&self) -> Option<Tally> {
        self.measured
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(streams_open: u64, events: u64) -> Interval {
        Interval {
            streams_open,
            events_per_s: events as f64,
            bytes_per_s: events as f64 * 100.0,
            ..Interval::default()
        }
    }

    fn measured(least_s: f64) -> Option<Tally> {
        let mut meter = Meter {
            least_s,
            ..Meter::new(3, Span { duration_s: 1.0 })
        };
        for (streams_open, events) in [(2, 1), (3, 20), (3, 300), (3, 4_000)] {
            meter.take(&second(streams_open, events));
        }
        meter.measured()
    }

    #[test]
    fn what_comes_before_all_streams_are_open_and_after_the_end_does_not_count() {
        let measured = measured(0.0).unwrap();
        assert_eq!((measured.events, measured.bytes), (300, 30_000));
    }

    #[test]
    fn seconds_that_are_told_all_at_once_are_not_enough() {
        assert_eq!(Meter::new(3, Span { duration_s: 0.2 }).least_s, 0.5);
        assert_eq!(measured(3_600.0), None);
    }
}
