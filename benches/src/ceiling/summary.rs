//! From rounds to ratios.

use serde::Serialize;

use super::round::Round;
use super::settings::Load;
use crate::bare::Tally;

/// Something of Weir's beside its bare counterpart, over all rounds of one load.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Ratio {
    pub(super) load: Load,
    pub(super) figure: &'static str,
    pub(super) unit: &'static str,
    /// Median over the rounds.
    pub(super) bare: f64,
    /// Median over the rounds.
    pub(super) weir: f64,
    /// Of Weir's figure to the bare one of the same round, over the rounds.
    pub(super) ratio: Spread,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) min: f64,
    pub(super) median: f64,
    pub(super) max: f64,
}

/// What is compared; `of` gives the bare figure and Weir's.
struct Figure {
    name: &'static str,
    unit: &'static str,
    of: fn(&Round) -> [f64; 2],
}

const FIGURES: [Figure; 4] = [
    Figure {
        name: "weir-server rate",
        unit: "events/s",
        of: |round| [&round.bare, &round.server].map(|moved| moved.received.events_per_s),
    },
    Figure {
        name: "weir-server CPU",
        unit: "ns/event",
        of: |round| [&round.bare, &round.server].map(|moved| cpu_ns_per_event(&moved.sent)),
    },
    Figure {
        name: "weir rate",
        unit: "events/s",
        of: |round| [&round.bare, &round.client].map(|moved| moved.received.events_per_s),
    },
    Figure {
        name: "weir CPU",
        unit: "ns/event",
        of: |round| {
            [&round.bare, &round.client].map(|moved| cpu_ns_per_event(&moved.received.whole))
        },
    },
];

/// Every figure of every load, in the order in which the loads were first measured.
pub(super) fn ratios(rounds: &[Round]) -> Vec<Ratio> {
    let mut loads: Vec<Load> = Vec::new();
    for round in rounds {
        if !loads.contains(&round.load) {
            loads.push(round.load);
        }
    }
    loads
        .into_iter()
        .flat_map(|load| {
            FIGURES
                .iter()
                .map(move |figure| ratio(figure, load, rounds))
        })
        .collect()
}

fn ratio(figure: &Figure, load: Load, rounds: &[Round]) -> Ratio {
    let rounds = rounds.iter().filter(|round| round.load == load);
    let pairs: Vec<[f64; 2]> = rounds.map(figure.of).collect();
    let spread = |of: fn(&[f64; 2]) -> f64| Spread::of(pairs.iter().map(of).collect());
    Ratio {
        load,
        figure: figure.name,
        unit: figure.unit,
        bare: spread(|[bare, _]| *bare).median,
        weir: spread(|[_, weir]| *weir).median,
        ratio: spread(|[bare, weir]| weir / bare),
    }
}

fn cpu_ns_per_event(tally: &Tally) -> f64 {
    tally.cpu.total_s() * 1e9 / tally.events as f64
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let middle = |upper: usize| values[(values.len() - 1 + upper) / 2];
        Self {
            min: values[0],
            median: f64::midpoint(middle(0), middle(1)),
            max: values[values.len() - 1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bare::{CpuTime, Flood, Received};
    use crate::ceiling::round::Moved;

    fn tally(events: u64, cpu_s: f64) -> Tally {
        let cpu = CpuTime {
            user_s: cpu_s / 4.0,
            system_s: cpu_s * 3.0 / 4.0,
        };
        Tally {
            events,
            bytes: 0,
            seconds: 2.0,
            cpu,
        }
    }

    fn load(batch: usize) -> Load {
        let flood = Flood {
            streams: 1,
            batch,
            stamped: true,
        };
        Load {
            flood,
            duration_s: 2.0,
        }
    }

    fn round(batch: usize, bare: u64, server: u64, client: u64) -> Round {
        let moved = |events| Moved {
            sent: tally(events, 1.0),
            received: Received {
                events_per_s: events as f64 / 2.0,
                whole: tally(events, 2.0),
            },
        };
        Round {
            load: load(batch),
            bare: moved(bare),
            server: moved(server),
            client: moved(client),
        }
    }

    #[test]
    fn each_round_is_held_against_its_own_bare_pair() {
        // The machine was half as fast in the second round: the ratios do not show it.
        let rounds = [
            round(1, 1_000, 800, 500),
            round(64, 10, 10, 10),
            round(1, 500, 400, 250),
        ];
        let ratios = ratios(&rounds);
        assert_eq!(ratios.len(), 2 * FIGURES.len());
        let same = |value: f64| Spread {
            min: value,
            median: value,
            max: value,
        };
        let [rate, cpu, client_rate, client_cpu] = &ratios[..FIGURES.len()] else {
            unreachable!()
        };
        assert_eq!(
            (rate.bare, rate.weir, rate.ratio),
            (375.0, 300.0, same(0.8))
        );
        assert_eq!((cpu.ratio, client_rate.ratio), (same(1.25), same(0.5)));
        assert_eq!((client_cpu.bare, client_cpu.weir), (3e6, 6e6));
        assert_eq!(ratios[4].load, load(64));
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        let spread = |values: &[f64]| Spread::of(values.to_vec());
        assert_eq!(
            spread(&[4.0, 1.0, 3.0, 2.0]),
            Spread {
                min: 1.0,
                median: 2.5,
                max: 4.0
            }
        );
        assert_eq!(spread(&[3.0, 1.0, 2.0]).median, 2.0);
        assert_eq!(
            spread(&[7.0]),
            Spread {
                min: 7.0,
                median: 7.0,
                max: 7.0
            }
        );
    }
}
