//! What Weir must reach.

use serde::Serialize;

use self::Must::{AtLeast, AtMost};
use super::settings::Load;
use super::spread::Spread;
use super::summary::{
    CLIENT_CPU, CLIENT_MEMORY, CLIENT_RATE, Level, Ratio, SERVER_BYTES, SERVER_LAG_P50,
    SERVER_MEMORY, SERVER_RATE,
};
use super::text;

/// A figure beside what it must be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Goal {
    pub(super) what: String,
    pub(super) value: Spread,
    /// `<=` or `>=`, which the median is held to.
    pub(super) relation: &'static str,
    pub(super) must: f64,
    pub(super) reached: bool,
}

#[derive(Clone, Copy)]
enum Must {
    AtMost(f64),
    AtLeast(f64),
}

/// Of ratios: the figure, and the place of its load among those that are measured.
const RATIOS: [(&str, usize, Must); 6] = [
    (CLIENT_CPU, 0, AtMost(1.15)),
    (CLIENT_CPU, 1, AtMost(1.15)),
    (CLIENT_RATE, 2, AtLeast(0.50)),
    (CLIENT_RATE, 3, AtLeast(0.35)),
    (SERVER_RATE, 0, AtLeast(0.90)),
    (SERVER_BYTES, 3, AtLeast(0.85)),
];

const LEVELS: [(&str, Must); 3] = [
    (CLIENT_MEMORY, AtMost(2.0)),
    (SERVER_MEMORY, AtMost(2.0)),
    (SERVER_LAG_P50, AtMost(150.0)),
];

/// All goals whose figures were measured.
pub(super) fn goals(loads: &[Load], ratios: &[Ratio], levels: &[Level]) -> Vec<Goal> {
    let of_loads = RATIOS.iter().filter_map(|&(figure, load, must)| {
        let flood = loads.get(load)?.flood;
        let is_meant = |ratio: &&Ratio| ratio.figure == figure && ratio.load == flood;
        let ratio = ratios.iter().find(is_meant)?;
        let what = format!("{figure} over the bare one's, {}", text::load(flood));
        Some(Goal::new(what, ratio.ratio, must))
    });
    let of_levels = LEVELS.iter().filter_map(|&(figure, must)| {
        let level = levels.iter().find(|level| level.figure == figure)?;
        let what = format!("{figure}, {}, {}", level.unit, level.streams);
        Some(Goal::new(what, level.weir, must))
    });
    of_loads.chain(of_levels).collect()
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
    pub(super) fn missed_by(&self) -> Option<f64> {
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
            unit: "",
            bare: 1.0,
            weir: value,
            ratio: Spread::of([value]),
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
            .map(|&(figure, load, _)| ratio(settings.loads[load].flood, figure, 1.0))
            .collect();
        let levels = LEVELS.map(|(figure, _)| level(figure, 10.5));
        let goals = goals(&settings.loads, &ratios, &levels);
        assert_eq!(goals.len(), RATIOS.len() + LEVELS.len());
        assert_eq!(
            goals[1].what,
            "weir CPU over the bare one's, 10,000 streams, 1 event per write"
        );
        assert_eq!(
            goals[6].what,
            "weir memory, KiB/stream, 10,000 streams, idle"
        );
        let missed: Vec<_> = goals.iter().map(Goal::missed_by).collect();
        assert_eq!(missed[..6], [None; 6]);
        assert_eq!(missed[6..], [Some(8.5), Some(8.5), None]);
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
