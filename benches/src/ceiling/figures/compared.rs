//! From rounds to figures: Weir's beside its bare counterpart's.

use serde::Serialize;

use super::spread::Spread;
use crate::bare::Flood;
use crate::ceiling::round::{Loaded, Moved, Round};
use crate::ceiling::settings::{PACED_RATE, Pair, Settings};
use crate::ceiling::text;

/// A figure that a load makes large or small, over all rounds of that load.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Ratio {
    pub(crate) load: Flood,
    pub(crate) figure: &'static str,
    pub(crate) unit: &'static str,
    /// Of the bare pair or of the slowed one, which Weir's stands beside; median over the rounds.
    pub(crate) bare: f64,
    /// Median over the rounds.
    pub(crate) weir: f64,
    /// The same figure from its lowest to its highest.
    pub(crate) weir_spread: Spread,
    /// Of Weir's figure to the one beside it of the same round, over the rounds. None if a bare one is 0: a process that hardly does
    /// anything of its own is not always found at it.
    pub(crate) ratio: Option<Spread>,
}

/// A figure that stands for itself, the bare one being what of it Weir has no part in.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Level {
    /// How many streams, and what they do.
    pub(crate) streams: String,
    pub(crate) figure: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) bare: Spread,
    pub(crate) weir: Spread,
}

/// What is compared: of Weir's pair, and of another one.
struct Compared {
    figure: &'static str,
    unit: &'static str,
    pair: Pair,
    of: fn(&Moved) -> f64,
}

pub(crate) const SERVER_RATE: &str = "weir-server rate";
pub(crate) const SERVER_BYTES: &str = "weir-server throughput";
pub(crate) const CLIENT_RATE: &str = "weir rate";
pub(crate) const CLIENT_CPU: &str = "weir CPU";
pub(crate) const CLIENT_USER: &str = "weir user time";
pub(crate) const SERVER_MEMORY: &str = "weir-server memory";
pub(crate) const CLIENT_MEMORY: &str = "weir memory";
pub(crate) const SERVER_LAG_P50: &str = "weir-server lag p50";

const COMPARED: [Compared; 8] = [
    Compared {
        figure: SERVER_RATE,
        unit: "events/s",
        pair: Pair::Server,
        of: |moved| moved.received.measured.events_per_s(),
    },
    Compared {
        figure: SERVER_BYTES,
        unit: "MB/s",
        pair: Pair::Server,
        of: |moved| moved.received.measured.bytes_per_s() / 1e6,
    },
    Compared {
        figure: "weir-server CPU",
        unit: "ns/event",
        pair: Pair::Server,
        of: |moved| moved.sent.cpu_ns_per_event(),
    },
    Compared {
        figure: "weir-server user time",
        unit: "ns/event",
        pair: Pair::Server,
        of: |moved| moved.sent.user_ns_per_event(),
    },
    Compared {
        figure: CLIENT_RATE,
        unit: "events/s",
        pair: Pair::Client,
        of: |moved| moved.received.measured.events_per_s(),
    },
    Compared {
        figure: CLIENT_CPU,
        unit: "ns/event",
        pair: Pair::Client,
        of: |moved| moved.received.measured.cpu_ns_per_event(),
    },
    Compared {
        figure: CLIENT_USER,
        unit: "ns/event",
        pair: Pair::Client,
        of: |moved| moved.received.measured.user_ns_per_event(),
    },
    Compared {
        figure: "weir reads",
        unit: "events/read",
        pair: Pair::Client,
        of: |moved| moved.received.events_per_read,
    },
];

/// Every figure of every load beside that of the bare pair, in the order in which they were measured.
pub(crate) fn ratios(rounds: &[Round]) -> Vec<Ratio> {
    beside(Pair::Bare, &COMPARED, rounds)
}

/// weir's figures of every load beside those of a sink that was slowed to spend as much user time.
pub(crate) fn ratios_to_slowed(rounds: &[Round]) -> Vec<Ratio> {
    let of_weir = COMPARED
        .iter()
        .filter(|compared| compared.pair == Pair::Client);
    beside(Pair::Slowed, of_weir, rounds)
}

fn beside<'c>(
    pair: Pair,
    compared: impl IntoIterator<Item = &'c Compared, IntoIter: Clone>,
    rounds: &[Round],
) -> Vec<Ratio> {
    let compared = compared.into_iter();
    let loads = rounds.first().into_iter().flat_map(|round| &round.loads);
    loads
        .flat_map(|&Loaded { load, .. }| {
            let compared = compared.clone();
            compared.filter_map(move |compared| ratio(compared, pair, load, rounds))
        })
        .collect()
}

fn ratio(compared: &Compared, beside: Pair, load: Flood, rounds: &[Round]) -> Option<Ratio> {
    let bare = by_round(rounds, load, beside, compared.of)?;
    let weir = by_round(rounds, load, compared.pair, compared.of)?;
    let ratios = weir.iter().zip(&bare).map(|(weir, bare)| weir / bare);
    let weir_spread = Spread::of(weir.iter().copied());
    Some(Ratio {
        load,
        figure: compared.figure,
        unit: compared.unit,
        ratio: (!bare.contains(&0.0)).then(|| Spread::of(ratios)),
        bare: Spread::of(bare.iter().copied()).median,
        weir: weir_spread.median,
        weir_spread,
    })
}

/// A figure of a pair under a load, round by round; none if the pair was not measured under it.
pub(crate) fn by_round(
    rounds: &[Round],
    load: Flood,
    pair: Pair,
    of: fn(&Moved) -> f64,
) -> Option<Vec<f64>> {
    let loaded = rounds.iter().flat_map(|round| &round.loads);
    let values: Vec<f64> = loaded
        .filter(|loaded| loaded.load == load)
        .filter_map(|loaded| loaded.moved.get(&pair).map(of))
        .collect();
    (!values.is_empty()).then_some(values)
}

/// Memory and punctuality.
pub(crate) fn levels(rounds: &[Round], settings: &Settings) -> Vec<Level> {
    let level = |streams: &str, figure, unit, of: fn(&Round) -> [f64; 2]| {
        let side = |place: usize| Spread::of(rounds.iter().map(|round| of(round)[place]));
        Level {
            streams: streams.to_owned(),
            figure,
            unit,
            bare: side(0),
            weir: side(1),
        }
    };
    let idle = format!("{}, idle", text::streams(settings.idle_streams));
    let paced = text::streams(settings.paced_streams);
    let paced = format!("{paced}, {PACED_RATE} events/s each");
    let memory = |figure, of| level(&idle, figure, "KiB/stream", of);
    let lag = |figure, of| level(&paced, figure, "us", of);
    vec![
        memory(SERVER_MEMORY, |Round { memory, .. }| {
            [memory.write_loop, memory.weir_server].map(|of| of.kib_per_stream(memory.streams))
        }),
        memory(CLIENT_MEMORY, |Round { memory, .. }| {
            [memory.sink, memory.weir].map(|of| of.kib_per_stream(memory.streams))
        }),
        lag(SERVER_LAG_P50, |Round { pacing, .. }| {
            [pacing.timer_lag, pacing.server_lag].map(|lag| lag.p50_ns as f64 / 1e3)
        }),
        lag("weir-server lag p99", |Round { pacing, .. }| {
            [pacing.timer_lag, pacing.server_lag].map(|lag| lag.p99_ns as f64 / 1e3)
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ceiling::fixture::{loaded, round, settings};

    fn same(value: f64) -> Spread {
        Spread::of([value])
    }

    #[test]
    fn each_round_is_held_against_its_own_bare_pair() {
        use Pair::{Bare, Client, Server};
        // The machine was half as fast in the second round: the ratios do not show it.
        let rounds = [
            round(vec![
                loaded(1, &[(Bare, 1_000), (Server, 800), (Client, 500)]),
                loaded(64, &[(Bare, 10), (Client, 10)]),
            ]),
            round(vec![
                loaded(1, &[(Bare, 500), (Server, 400), (Client, 250)]),
                loaded(64, &[(Bare, 10), (Client, 10)]),
            ]),
        ];
        let ratios = ratios(&rounds);
        let named: Vec<_> = ratios
            .iter()
            .map(|found| (found.load.batch, found.figure, found.ratio))
            .collect();
        let same = |value| Some(same(value));
        assert_eq!(
            named,
            [
                (1, SERVER_RATE, same(0.8)),
                (1, SERVER_BYTES, same(0.8)),
                (1, "weir-server CPU", same(1.25)),
                (1, "weir-server user time", same(1.25)),
                (1, CLIENT_RATE, same(0.5)),
                (1, CLIENT_CPU, same(2.0)),
                (1, CLIENT_USER, same(2.0)),
                (1, "weir reads", same(0.5)),
                (64, CLIENT_RATE, same(1.0)),
                (64, CLIENT_CPU, same(1.0)),
                (64, CLIENT_USER, same(1.0)),
                (64, "weir reads", same(1.0)),
            ]
        );
        let medians = |at: usize| (ratios[at].bare, ratios[at].weir);
        assert_eq!(medians(0), (375.0, 300.0));
        assert_eq!(ratios[1].bare, 0.375, "megabytes a second");
        assert_eq!(medians(2), (1.5e6, 1.875e6));
        assert_eq!(medians(5), (3e6, 6e6));
        assert_eq!(medians(6), (0.75e6, 1.5e6), "a quarter is user time");
        let over_rounds = [4e6, 8e6];
        assert_eq!(ratios[5].weir_spread, Spread::of(over_rounds));
    }

    #[test]
    fn weir_alone_is_held_against_the_slowed_sink_of_its_round() {
        use Pair::{Bare, Client, Server, Slowed};
        let rounds = [
            round(vec![
                loaded(
                    1,
                    &[(Bare, 1_000), (Server, 800), (Client, 500), (Slowed, 625)],
                ),
                loaded(64, &[(Bare, 10), (Server, 10)]),
            ]),
            round(vec![
                loaded(
                    1,
                    &[(Bare, 500), (Server, 400), (Client, 250), (Slowed, 312)],
                ),
                loaded(64, &[(Bare, 10), (Server, 10)]),
            ]),
        ];
        let of_slowed = ratios_to_slowed(&rounds);
        let named: Vec<_> = of_slowed.iter().map(|found| found.figure).collect();
        assert_eq!(named, [CLIENT_RATE, CLIENT_CPU, CLIENT_USER, "weir reads"]);
        let rate = Spread::of([0.8, 250.0 / 312.0]);
        assert_eq!(of_slowed[0].ratio, Some(rate));
        assert_eq!(of_slowed[0].bare, f64::midpoint(312.5, 156.0));
        // What weir is held to is the bare pair, slowed or not.
        assert_eq!(ratios(&rounds)[4].ratio, Some(same(0.5)));
    }

    #[test]
    fn nothing_is_a_multiple_of_a_bare_figure_of_0() {
        let mut loaded = loaded(1, &[(Pair::Bare, 10), (Pair::Client, 10)]);
        let bare = loaded.moved.get_mut(&Pair::Bare).unwrap();
        bare.received.measured.cpu.user_s = 0.0;
        let ratios = ratios(&[round(vec![loaded])]);
        let user = ratios.iter().find(|found| found.figure == CLIENT_USER);
        let user = user.unwrap();
        assert_eq!((user.bare, user.ratio), (0.0, None));
        assert!(user.weir > 0.0);
    }

    #[test]
    fn memory_and_lags_stand_beside_their_bare_counterparts() {
        let levels = levels(&[round(Vec::new())], &settings());
        let found: Vec<_> = levels
            .iter()
            .map(|level| (level.figure, level.bare, level.weir))
            .collect();
        assert_eq!(
            found,
            [
                (SERVER_MEMORY, same(1.0), same(10.0)),
                (CLIENT_MEMORY, same(0.5), same(2.0)),
                (SERVER_LAG_P50, same(5.0), same(100.0)),
                ("weir-server lag p99", same(50.0), same(1_000.0)),
            ]
        );
    }
}
