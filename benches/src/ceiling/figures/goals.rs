//! What Weir must reach.

use serde::Serialize;

use self::Must::{AtLeast, AtMost};
use super::compared::{
    CLIENT_CPU, CLIENT_MEMORY, CLIENT_RATE, CLIENT_USER, Level, Ratio, SERVER_BYTES,
    SERVER_LAG_P50, SERVER_MEMORY, SERVER_RATE,
};
use super::spread::Spread;
use crate::ceiling::settings::Load;
use crate::ceiling::text;

/// A figure beside what it must be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Goal {
    pub(crate) what: String,
    pub(crate) value: Spread,
    /// `<=` or `>=`, which the median is held to.
    pub(crate) relation: &'static str,
    pub(crate) must: f64,
    pub(crate) reached: bool,
}

#[derive(Clone, Copy)]
enum Must {
    AtMost(f64),
    AtLeast(f64),
}

/// Of ratios: the figure, and the place of its load among those that are measured.
const RATIOS: [(&str, usize, Must); 6] = [
    (CLIENT_CPU, 0, AtMost(1.05)),
    (CLIENT_CPU, 1, AtMost(1.15)),
    (CLIENT_RATE, 2, AtLeast(0.50)),
    (CLIENT_RATE, 3, AtLeast(0.35)),
    (SERVER_RATE, 0, AtLeast(0.90)),
    (SERVER_BYTES, 3, AtLeast(0.85)),
];

/// Of the same, but for what Weir's figure is by itself: what the kernel charges a slower receiver is not in its own code.
const OWN: [(&str, usize, Must); 1] = [(CLIENT_USER, 3, AtMost(20.0))];

const LEVELS: [(&str, Must); 3] = [
    (CLIENT_MEMORY, AtMost(0.6)),
    (SERVER_MEMORY, AtMost(2.0)),
    (SERVER_LAG_P50, AtMost(150.0)),
];

/// All goals whose figures were measured.
pub(crate) fn goals(loads: &[Load], ratios: &[Ratio], levels: &[Level]) -> Vec<Goal> {
    let measured = |figure, load: usize| {
        let flood = loads.get(load)?.flood;
        let is_meant = |ratio: &&Ratio| ratio.figure == figure && ratio.load == flood;
        ratios.iter().find(is_meant)
    };
    let of_ratios = RATIOS.iter().filter_map(|&(figure, load, must)| {
        let found = measured(figure, load)?;
        let what = format!("{figure} over the bare one's, {}", text::load(found.load));
        Some(Goal::new(what, found.ratio?, must))
    });
    let of_own = OWN.iter().filter_map(|&(figure, load, must)| {
        let found = measured(figure, load)?;
        let what = format!("{figure}, {}, {}", found.unit, text::load(found.load));
        Some(Goal::new(what, found.weir_spread, must))
    });
    let of_levels = LEVELS.iter().filter_map(|&(figure, must)| {
        let level = levels.iter().find(|level| level.figure == figure)?;
        let what = format!("{figure}, {}, {}", level.unit, level.streams);
        Some(Goal::new(what, level.weir, must))
    });
    of_ratios.chain(of_own).chain(of_levels).collect()
}

impl Goal {
    fn new(what: String, value: Spread, must: Must) -> Self {
        let (relation, must, reached) = match must {
            AtMost(must) => ("<=", must, value.median <= must),
            AtLeast(must) => (">=", must, value.median >= must),
        };
        Self {
            what,
            value,
            relation,
            must,
            reached,
        }
    }

    /// By how much it is missed, if it is.
    pub(crate) fn missed_by(&self) -> Option<f64> {
        (!self.reached).then(|| (self.value.median - self.must).abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bare::Flood;
    use crate::ceiling::fixture::settings;

    fn ratio(load: Flood, figure: &'static str, value: f64) -> Ratio {
        Ratio {
            load,
            figure,
            unit: "ns/event",
            bare: 1.0,
            weir: value,
            weir_spread: Spread::of([value]),
            ratio: Some(Spread::of([value])),
        }
    }

    fn level(figure: &'static str, value: f64) -> Level {
        Level {
            streams: "10,000 streams, idle".to_owned(),
            figure,
            unit: "KiB/stream",
            bare: Spread::of([0.0]),
            weir: Spread::of([value]),
        }
    }

    #[test]
    fn every_goal_finds_its_figure() {
        let settings = settings();
        let ratios: Vec<Ratio> = RATIOS
            .iter()
            .chain(&OWN)
            .map(|&(figure, load, _)| ratio(settings.loads[load].flood, figure, 1.0))
            .collect();
        let levels = LEVELS.map(|(figure, _)| level(figure, 10.5));
        let goals = goals(&settings.loads, &ratios, &levels);
        assert_eq!(goals.len(), RATIOS.len() + OWN.len() + LEVELS.len());
        assert_eq!(
            goals[1].what,
            "weir CPU over the bare one's, 10,000 streams, 1 event per write"
        );
        assert_eq!(
            goals[6].what,
            "weir user time, ns/event, 100 streams, 500 events per write"
        );
        assert_eq!(
            goals[7].what,
            "weir memory, KiB/stream, 10,000 streams, idle"
        );
        let missed: Vec<_> = goals.iter().map(Goal::missed_by).collect();
        assert_eq!(missed[..7], [None; 7]);
        assert_eq!(missed[7..], [Some(9.9), Some(8.5), None]);
    }

    #[test]
    fn a_goal_is_reached_at_its_limit_and_missed_beyond() {
        let missed = |value, must| Goal::new(String::new(), Spread::of([value]), must).missed_by();
        assert_eq!(missed(1.5, AtMost(1.5)), None);
        assert_eq!(missed(2.0, AtMost(1.5)), Some(0.5));
        assert_eq!(missed(1.5, AtLeast(1.5)), None);
        assert_eq!(missed(1.25, AtLeast(1.5)), Some(0.25));
    }
}
