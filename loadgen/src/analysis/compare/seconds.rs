//! The seconds of a run, and how surely they know its percentile. In a long run an interval is two of them or more: what a run had
//! in longer stretches says the same of how it varies, as blocks of neighbours are taken together anyway.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use crate::measure::Metric;
use crate::report::Report;

/// Replicates of a run's percentile. The runs of both sides draw from theirs together, so that there are a thousand and more
/// wherever runs are enough for an answer.
const REPLICATES: usize = 100;

/// What was recorded in each second of a run: how many samples reach each of its values.
#[derive(Debug, Clone, Default)]
pub(super) struct Seconds {
    /// Every value there is, ascending.
    values: Vec<u64>,
    /// Of each second, how many samples are at each value or above.
    reaching: Vec<Vec<u64>>,
}

/// By how much a share varies between seconds, beside by how much it would if the samples were independent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Variation {
    pub(super) found: f64,
    pub(super) if_independent: f64,
}

impl Seconds {
    /// The seconds of a report that have samples of a metric.
    pub(super) fn of(report: &Report, metric: Metric) -> Self {
        let recorded = report.intervals.iter().filter_map(|interval| {
            let histogram = interval.histograms.get(&metric)?.decode();
            let counts = histogram
                .iter_recorded()
                .map(|value| (value.value_iterated_to(), value.count_at_value()));
            Some(counts.collect::<Vec<_>>())
        });
        Self::new(&recorded.collect::<Vec<_>>())
    }

    /// Of each second's values, ascending, and how often each was recorded.
    pub(super) fn new(recorded: &[Vec<(u64, u64)>]) -> Self {
        let mut values: Vec<u64> = recorded.iter().flatten().map(|(value, _)| *value).collect();
        values.sort_unstable();
        values.dedup();
        let reaching = |counts: &Vec<(u64, u64)>| {
            let mut left = counts.as_slice();
            let mut above: u64 = counts.iter().map(|(_, count)| count).sum();
            let mut reached = Vec::with_capacity(values.len());
            for &value in &values {
                reached.push(above);
                if let Some(((_, count), rest)) =
                    left.split_first().filter(|((at, _), _)| *at == value)
                {
                    above -= count;
                    left = rest;
                }
            }
            reached
        };
        Self {
            reaching: recorded.iter().map(reaching).collect(),
            values,
        }
    }

    /// How many samples all of them have.
    pub(super) fn samples(&self) -> u64 {
        let all = |reaching: &Vec<u64>| reaching.first().copied().unwrap_or(0);
        self.reaching.iter().map(all).sum()
    }

    /// The quantile over all of them, in nanoseconds.
    pub(super) fn quantile(&self, quantile: f64) -> f64 {
        self.ln_quantile(&self.every(), quantile).exp()
    }

    fn every(&self) -> Vec<usize> {
        (0..self.reaching.len()).collect()
    }

    /// The logarithm of the quantile over some of the seconds, each as often as it is named; of none it is 0.
    fn ln_quantile(&self, seconds: &[usize], quantile: f64) -> f64 {
        let reaching = |place: usize| -> u64 {
            let at = |second: &usize| self.reaching[*second].get(place).copied().unwrap_or(0);
            seconds.iter().map(at).sum()
        };
        let all = reaching(0);
        let below = (quantile * all as f64).ceil() as u64;
        let may_be_above = all.saturating_sub(below.max(1));
        // The first value that no more than so many exceed.
        let (mut low, mut high) = (0, self.values.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if reaching(middle + 1) > may_be_above {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let value = self.values.get(low).copied().unwrap_or(1);
        (value.max(1) as f64).ln()
    }

    /// By how much the logarithm of the run's quantile would have been another, had the run had other seconds like those it
    /// had: moving blocks of them, round the end (Künsch, 1989; Politis & Romano, 1992), since a second resembles the next.
    pub(super) fn deviations(&self, quantile: f64, random: &mut Pcg64Mcg) -> Vec<f64> {
        let seconds = self.reaching.len();
        if seconds < 2 {
            return vec![0.0];
        }
        let centre = self.ln_quantile(&self.every(), quantile);
        let block = block_length(seconds);
        let mut drawn = Vec::with_capacity(seconds + block);
        let replicate = |_| {
            drawn.clear();
            while drawn.len() < seconds {
                let start = random.random_range(0..seconds);
                drawn.extend((start..start + block).map(|second| second % seconds));
            }
            drawn.truncate(seconds);
            self.ln_quantile(&drawn, quantile) - centre
        };
        (0..REPLICATES).map(replicate).collect()
    }

    /// How the share of samples above the quantile varies from one block of seconds to the next.
    pub(super) fn variation(&self, quantile: f64) -> Variation {
        let seconds = self.reaching.len();
        if seconds < 2 {
            return Variation::default();
        }
        let value = self.quantile(quantile).round() as u64;
        let above_at = self.values.partition_point(|other| *other <= value);
        let counts = self.reaching.iter().map(|reaching| {
            let above = reaching.get(above_at).copied().unwrap_or(0);
            let all = reaching.first().copied().unwrap_or(0);
            (above as f64, all as f64)
        });
        let counts: Vec<(f64, f64)> = counts.collect();
        let above: f64 = counts.iter().map(|(above, _)| above).sum();
        let all: f64 = counts.iter().map(|(_, all)| all).sum();
        let share = above / all;
        let block = block_length(seconds);
        let excess = |start: usize| -> f64 {
            let of =
                |second: usize| counts[second % seconds].0 - share * counts[second % seconds].1;
            (start..start + block).map(of).sum()
        };
        let squares: f64 = (0..seconds).map(|start| excess(start).powi(2)).sum();
        // The sum of all is zero, as the share is the run's own: that takes one degree of freedom for each block.
        let freedom = 1.0 - block as f64 / seconds as f64;
        Variation {
            found: squares / block as f64 / freedom,
            if_independent: all * share * (1.0 - share),
        }
    }
}

/// Of so many seconds: the cube root, the order that is best for a variance (Hall, Horowitz & Jing, 1995), of two at least
/// where there are four.
fn block_length(seconds: usize) -> usize {
    let root = (seconds as f64).cbrt().ceil() as usize;
    root.min(seconds / 2).max(1)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn spread(values: impl IntoIterator<Item = u64>) -> Vec<(u64, u64)> {
        values.into_iter().map(|value| (value, 1)).collect()
    }

    #[test]
    fn a_quantile_is_that_of_the_seconds_put_together() {
        let seconds = Seconds::new(&[spread(1..=50), spread(51..=100)]);
        let value = |of: &[usize], quantile| seconds.ln_quantile(of, quantile).exp().round() as u64;
        assert_eq!(value(&[0, 1], 0.5), 50);
        assert_eq!(value(&[0, 1], 0.99), 99);
        assert_eq!(value(&[1, 1], 0.5), 75);
        assert_eq!(value(&[0], 0.99), 50);
    }

    #[test]
    fn seconds_that_are_alike_leave_nothing_open() {
        let alike = Seconds::new(&vec![spread(1..=100); 10]);
        let mut random = Pcg64Mcg::seed_from_u64(1);
        let deviations = alike.deviations(0.9, &mut random);
        assert_eq!(deviations.len(), REPLICATES);
        assert!(deviations.iter().all(|deviation| *deviation == 0.0));
        assert_eq!(alike.variation(0.9).found, 0.0);
    }

    #[test]
    fn one_bad_second_of_ten_leaves_the_tail_open_and_is_one_sample() {
        let mut recorded = vec![vec![(100, 1_000)]; 9];
        recorded.push(vec![(100, 900), (10_000, 100)]);
        let seconds = Seconds::new(&recorded);
        let mut random = Pcg64Mcg::seed_from_u64(1);
        let deviations = seconds.deviations(0.985, &mut random);
        let worse = deviations
            .iter()
            .filter(|deviation| **deviation > 0.0)
            .count();
        // Two blocks or more with the bad second at once.
        assert!((10..90).contains(&worse), "{worse}");
        let Variation {
            found,
            if_independent,
        } = seconds.variation(0.985);
        assert!(found > 50.0 * if_independent, "{found} {if_independent}");
    }

    /// Of neighbours that resemble each other, as in blocks of them.
    #[test]
    fn seconds_that_are_joined_leave_as_much_open() {
        let mut random = Pcg64Mcg::seed_from_u64(5);
        let (mut in_seconds, mut in_pairs) = (0.0, 0.0);
        for _ in 0..200 {
            let mut slow = 0u64;
            let mut second = || {
                if random.random_bool(0.5) {
                    slow = random.random_range(0..80);
                }
                (400 - slow, slow)
            };
            let recorded: Vec<_> = (0..128).map(|_| second()).collect();
            let values = |(fast, slow)| vec![(100, fast), (200, slow)];
            let seconds: Vec<_> = recorded.iter().copied().map(values).collect();
            let joined = recorded.chunks(2).map(|pair| {
                let [one, other] = pair else {
                    panic!("there is an even number");
                };
                values((one.0 + other.0, one.1 + other.1))
            });
            in_seconds += Seconds::new(&seconds).variation(0.5).found;
            in_pairs += Seconds::new(&joined.collect::<Vec<_>>())
                .variation(0.5)
                .found;
        }
        let ratio: f64 = in_pairs / in_seconds;
        assert!((0.9..1.2).contains(&ratio), "{ratio}");
    }

    #[test]
    fn independent_samples_vary_as_independent_samples_do() {
        let mut random = Pcg64Mcg::seed_from_u64(3);
        let (mut found, mut expected) = (0.0, 0.0);
        for _ in 0..200 {
            let second = |random: &mut Pcg64Mcg| {
                let slow = (0..400).filter(|_| random.random_bool(0.1)).count() as u64;
                vec![(100, 400 - slow), (200, slow)]
            };
            let recorded: Vec<_> = (0..10).map(|_| second(&mut random)).collect();
            let variation = Seconds::new(&recorded).variation(0.5);
            found += variation.found;
            expected += variation.if_independent;
        }
        let effect: f64 = found / expected;
        assert!((effect - 1.0).abs() < 0.15, "{effect}");
    }
}
