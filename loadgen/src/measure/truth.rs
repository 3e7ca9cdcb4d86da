//! What the server's stamps say of what was measured, for a calibration to hold it against.

use hdrhistogram::Histogram;

use super::{Metric, new_histogram};

/// Latencies as the server knows them, of the very events and streams that the metrics of the same name count.
#[derive(Debug, Clone)]
pub struct Truth {
    gap: Histogram<u64>,
    delivery: Histogram<u64>,
    ttfe_sent: Histogram<u64>,
}

impl Truth {
    /// Counts an event that was sent `lag_ns` after it was due and `gap_ns` after the one before it on its stream.
    pub fn event(&mut self, gap_ns: Option<u64>, lag_ns: u64) {
        if let Some(gap_ns) = gap_ns {
            self.gap.saturating_record(gap_ns);
        }
        self.delivery.saturating_record(lag_ns);
    }

    /// Counts events that `delivery` counts as having waited for so long, since they had not come by then: nobody knows
    /// better.
    pub fn censored(&mut self, events: u64, waited_ns: u64) {
        self.delivery.saturating_record_n(waited_ns, events);
    }

    /// Counts a stream whose first event was sent `after_ns` after the request was written.
    pub fn first_event(&mut self, after_ns: u64) {
        self.ttfe_sent.saturating_record(after_ns);
    }

    /// Adds every count of `other`.
    pub fn merge(&mut self, other: &Self) {
        let Self {
            gap,
            delivery,
            ttfe_sent,
        } = other;
        let same_bounds = "all histograms here have the same bounds";
        self.gap.add(gap).expect(same_bounds);
        self.delivery.add(delivery).expect(same_bounds);
        self.ttfe_sent.add(ttfe_sent).expect(same_bounds);
    }

    /// What a metric would be without any error; `None` of one that the stamps know nothing of.
    #[must_use]
    pub fn of(&self, metric: Metric) -> Option<&Histogram<u64>> {
        match metric {
            Metric::TtfeSent => Some(&self.ttfe_sent),
            Metric::Gap => Some(&self.gap),
            Metric::Delivery => Some(&self.delivery),
            _ => None,
        }
    }
}

impl Default for Truth {
    fn default() -> Self {
        Self {
            gap: new_histogram(),
            delivery: new_histogram(),
            ttfe_sent: new_histogram(),
        }
    }
}

/// When the events of one stream were sent, as far as a [`Truth`] needs it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SentTimes {
    first_ns: Option<u64>,
    last_ns: Option<u64>,
}

impl SentTimes {
    /// Takes the next event, and says how long after the one before it that was sent.
    pub fn take(&mut self, sent_ns: u64) -> Option<u64> {
        self.first_ns.get_or_insert(sent_ns);
        let previous_ns = self.last_ns.replace(sent_ns);
        previous_ns.map(|previous_ns| sent_ns.saturating_sub(previous_ns))
    }

    /// When the first one was.
    #[must_use]
    pub fn first_ns(&self) -> Option<u64> {
        self.first_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_event_of_a_stream_ends_no_gap() {
        let mut sent = SentTimes::default();
        assert_eq!(sent.first_ns(), None);
        let gaps = [7, 10, 10, 25].map(|sent_ns| sent.take(sent_ns));
        assert_eq!(gaps, [None, Some(3), Some(0), Some(15)]);
        assert_eq!(sent.first_ns(), Some(7));
    }

    #[test]
    fn every_metric_it_knows_merges() {
        let mut one = Truth::default();
        one.event(None, 1_000_000);
        one.event(Some(10_000_000), 2_000_000);
        one.first_event(50_000_000);
        let mut both = one.clone();
        both.merge(&one);
        both.censored(3, 4_000_000);
        let counts = [Metric::TtfeSent, Metric::Gap, Metric::Delivery]
            .map(|metric| both.of(metric).unwrap().len());
        assert_eq!(counts, [2, 2, 7]);
        assert!(both.of(Metric::Wire).is_none());
    }
}
