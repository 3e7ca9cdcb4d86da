//! What is simulated.

use weir::analysis::compare::Margin;
use weir::analysis::compare::simulated::{Case, Noise};

/// Noise by name. Fourteen runs in a row of `weir run -c 100 -d 5s` against weir-server at 20 events/s a stream, while other
/// work kept both cores of the machine busy, had a gap.p99 whose logarithm varied by 0.12 from run to run and by 0.18 from
/// second to second, and a delivery.p99 with 0.66 and 1.3; what a second had of its run's deviation, the next had not.
pub(super) const NOISES: [(&str, Noise); 5] = [
    ("quiet", noise(0.02, 0.05)),
    ("usual", noise(0.05, 0.1)),
    ("busy, as gap.p99", noise(0.12, 0.18)),
    ("busy, as delivery.p99", noise(0.66, 1.3)),
    (
        "usual, one run in ten by half worse",
        Noise {
            disturbed: 0.1,
            disturbance: 0.4,
            ..noise(0.05, 0.1)
        },
    ),
];

/// Seconds that resemble each other a little, which is worse for the gate than none.
const fn noise(between_runs: f64, within_run: f64) -> Noise {
    Noise {
        between_runs,
        within_run,
        autocorrelation: 0.3,
        disturbed: 0.0,
        disturbance: 0.0,
    }
}

const NO_MARGIN: Margin = Margin {
    relative: 0.0,
    absolute_ns: 0,
};
/// Runs of each side, and how often it is looked: the last is what `weir compare --run` does on its own.
const PLANS: [(u32, u32); 4] = [(4, 1), (6, 1), (8, 1), (16, 7)];

/// Every case, with its noise's name: the same on both sides without a margin, so that nothing but the statistics keeps it
/// from a false alarm; the same; and a fifth more.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Case)> {
    let sides = [
        (1.0, NO_MARGIN),
        (1.0, Margin::DEFAULT),
        (1.2, Margin::DEFAULT),
    ];
    NOISES.into_iter().flat_map(move |(name, noise)| {
        sides.into_iter().flat_map(move |(ratio, margin)| {
            PLANS.map(|(runs, looks)| {
                let case = Case {
                    noise,
                    ratio,
                    margin,
                    runs,
                    looks,
                };
                (name, case)
            })
        })
    })
}
