//! Processor time that is spent on purpose.

use weir_time::Clock;

use super::Chunk;

/// What lies between two readings of the clock counts up to this. A reading takes some 25 ns: what is longer by so much went to
/// somebody else, who had the processor meanwhile.
const STEP_MAX_NS: u64 = 1_000;

/// Passes of so many readings, of which the fastest says what one takes.
const PASSES: usize = 10;
const READINGS: u32 = 1_000;

/// User time for each event that is read, whatever else is done with it. It is spent by reading the clock until it has passed,
/// once a read for all events of that, since few events take as long as a reading. What one read is charged too much, the next
/// ones pay less, so that the sum is right: some 5 ns a read and 1 % more are used than are owed (measured, 30 ns to 20 us a read).
pub struct Burn {
    clock: Clock,
    ns_per_byte: f64,
    /// What one reading takes, which no difference of two readings has of both ends.
    reading_ns: f64,
    owed_ns: f64,
}

impl Burn {
    /// So much for each of the events that come `batch` in a chunk.
    #[must_use]
    pub fn per_event(ns: f64, batch: usize) -> Self {
        let clock = Clock::new();
        Self {
            clock,
            ns_per_byte: ns * batch as f64 / Chunk::wire_bytes(batch) as f64,
            reading_ns: reading_ns(clock),
            owed_ns: 0.0,
        }
    }

    /// Spends what so many bytes cost.
    pub(super) fn pay(&mut self, bytes: usize) {
        let clock = self.clock;
        self.pay_by(bytes, || clock.now_ns());
    }

    fn pay_by(&mut self, bytes: usize, mut now_ns: impl FnMut() -> u64) {
        self.owed_ns += bytes as f64 * self.ns_per_byte;
        if self.owed_ns < self.reading_ns {
            return;
        }
        self.owed_ns -= self.reading_ns;
        let mut last_ns = now_ns();
        while self.owed_ns > 0.0 {
            let read_ns = now_ns();
            self.owed_ns -= (read_ns - last_ns).min(STEP_MAX_NS) as f64;
            last_ns = read_ns;
        }
    }
}

fn reading_ns(clock: Clock) -> f64 {
    let pass = |_| {
        let began_ns = clock.now_ns();
        let mut ended_ns = began_ns;
        for _ in 0..READINGS {
            ended_ns = clock.now_ns();
        }
        (ended_ns - began_ns) as f64 / f64::from(READINGS)
    };
    (0..PASSES).map(pass).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reading takes in these tests.
    const READING_NS: u64 = 20;

    /// One that owes `ns` for an event in a chunk of its own.
    fn burn(ns: f64) -> Burn {
        Burn {
            reading_ns: READING_NS as f64,
            ..Burn::per_event(ns, 1)
        }
    }

    /// Pays for as many reads of one event each, by a clock that jumps ahead when it is read as often as `jump_at`. How often it was
    /// read in all.
    fn readings(burn: &mut Burn, reads: usize, jump_at: Option<u64>) -> u64 {
        let (mut count, mut now_ns) = (0, 0);
        for _ in 0..reads {
            burn.pay_by(Chunk::wire_bytes(1), || {
                count += 1;
                now_ns += if jump_at == Some(count) {
                    10_000_000
                } else {
                    READING_NS
                };
                now_ns
            });
        }
        count
    }

    #[test]
    fn what_is_owed_is_spent_whole_readings_or_not() {
        // Each reading takes 20 ns, the first and the last of a read half of that outside.
        for (ns, expected) in [(100.0, 5.0), (27.0, 1.35), (3.0, 0.15), (0.0, 0.0)] {
            let found = readings(&mut burn(ns), 10_000, None) as f64 / 10_000.0;
            assert!((found - expected).abs() < 0.01, "{ns} ns: {found} readings");
        }
    }

    #[test]
    fn who_was_interrupted_has_not_spent_the_time() {
        // 1 us is counted of the ten milliseconds, in the place of 50 readings.
        let whole = readings(&mut burn(5_000.0), 1, None);
        assert_eq!(readings(&mut burn(5_000.0), 1, Some(7)), whole - 49);
    }

    #[test]
    fn a_chunk_of_many_events_costs_as_much_as_they_do() {
        let cost_ns = |batch: usize| {
            Burn::per_event(40.0, batch).ns_per_byte * Chunk::wire_bytes(batch) as f64
        };
        assert!((cost_ns(1) - 40.0).abs() < 1e-9);
        assert!((cost_ns(500) - 20_000.0).abs() < 1e-6);
    }
}
