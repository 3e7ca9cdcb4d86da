//! One HdrHistogram a metric.

use std::sync::LazyLock;

use hdrhistogram::Histogram;

use super::Metric;

/// The smallest duration told apart, in nanoseconds. Steps are of 64 ns then, up to 131 us: three digits from 64 us on, two from 6.4 us,
/// where steps of 1 us would show a wire of 5 us in four steps.
const LOWEST_NS: u64 = 100;
/// The largest, in nanoseconds (1 h); longer ones are counted here.
const HIGHEST_NS: u64 = 3_600_000_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

const GROWS: &str = "a histogram grows to what it is given";

/// An empty histogram of nanoseconds: 100 ns to 1 h, 3 significant digits, in steps of 64 ns at least (about 220 KB).
#[must_use]
pub fn new_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS)
        .expect("the bounds are at least a factor of two apart and the digits at most five")
}

/// One that is as large as its largest sample asks for: 16 KB up to 1 ms, 73 KB up to 100 ms. A worker fills new ones each second.
fn growing_histogram() -> Histogram<u64> {
    let mut histogram = Histogram::new_with_bounds(LOWEST_NS, 2 * LOWEST_NS, SIGNIFICANT_DIGITS)
        .expect("the bounds are a factor of two apart");
    histogram.auto(true);
    histogram
}

/// What a metric has before its first sample.
static NOTHING: LazyLock<Histogram<u64>> = LazyLock::new(new_histogram);

/// Every metric's histogram. Those without samples take no memory, and no time to make: a worker begins a bank a second.
#[derive(Debug, Clone, Default)]
pub struct Bank {
    histograms: [Option<Histogram<u64>>; Metric::ALL.len()],
}

impl Bank {
    /// All of them empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one duration.
    pub fn record(&mut self, metric: Metric, duration_ns: u64) {
        self.record_n(metric, duration_ns, 1);
    }

    /// Counts `count` events of the same duration.
    pub fn record_n(&mut self, metric: Metric, duration_ns: u64, count: u64) {
        self.of(metric)
            .record_n(duration_ns.min(HIGHEST_NS), count)
            .expect(GROWS);
    }

    /// Adds another histogram's counts to a metric's.
    pub fn add(&mut self, metric: Metric, other: &Histogram<u64>) {
        self.of(metric).add(other).expect(GROWS);
    }

    /// Adds every count of `other`: exact, in any order.
    pub fn merge(&mut self, other: &Self) {
        for (metric, histogram) in other.recorded() {
            self.add(metric, histogram);
        }
    }

    /// The metrics that have samples, with them.
    pub fn recorded(&self) -> impl Iterator<Item = (Metric, &Histogram<u64>)> {
        let all = Metric::ALL.into_iter();
        all.map(|metric| (metric, self.get(metric)))
            .filter(|(_, histogram)| !histogram.is_empty())
    }

    /// A metric's histogram.
    #[must_use]
    pub fn get(&self, metric: Metric) -> &Histogram<u64> {
        self.histograms[metric.index()].as_ref().unwrap_or(&NOTHING)
    }

    fn of(&mut self, metric: Metric) -> &mut Histogram<u64> {
        self.histograms[metric.index()].get_or_insert_with(growing_histogram)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_two_halves_equals_recording_the_whole() {
        let mut whole = Bank::new();
        let mut halves = [Bank::new(), Bank::new()];
        for value_ns in (0..5_000u64).map(|k| k * k * 1_000) {
            whole.record(Metric::Gap, value_ns);
            halves[(value_ns % 2) as usize].record(Metric::Gap, value_ns);
        }
        let [mut merged, other] = halves;
        merged.merge(&other);
        assert_eq!(merged.get(Metric::Gap), whole.get(Metric::Gap));
    }

    #[test]
    fn what_is_longer_than_an_hour_is_counted_at_the_end() {
        let mut bank = Bank::new();
        bank.record(Metric::Silence, 2 * HIGHEST_NS);
        assert_eq!(bank.get(Metric::Silence).len(), 1);
        assert!(bank.get(Metric::Silence).max() >= HIGHEST_NS);
    }
}
