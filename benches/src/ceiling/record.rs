//! All that was found, as it is written to a file.

use serde::Serialize;

use super::costs::Costs;
use super::figures::{Budget, Goal, Level, Ratio, goals, levels, ratios, ratios_to_slowed};
use super::round::Round;
use super::settings::Settings;
use crate::record::Provenance;

const SCHEMA: &str = "weir.ceiling/2";

/// A measurement and all it takes to judge it.
#[derive(Debug, Serialize)]
pub(super) struct Record {
    #[serde(flatten)]
    pub(super) provenance: Provenance,
    pub(super) settings: Settings,
    pub(super) costs: Costs,
    /// What Weir must reach, and whether it does.
    pub(super) goals: Vec<Goal>,
    pub(super) ratios: Vec<Ratio>,
    /// weir's beside those of a sink as slow.
    pub(super) ratios_to_slowed: Vec<Ratio>,
    pub(super) levels: Vec<Level>,
    /// Of the load with the most events per write.
    pub(super) budget: Option<Budget>,
    /// Raw figures.
    rounds: Vec<Round>,
}

impl Record {
    pub(super) fn measure(settings: Settings) -> anyhow::Result<Self> {
        let provenance = Provenance::now(SCHEMA);
        let costs = Costs::measure(settings.stamped);
        let rounds = (0..settings.rounds)
            .map(|index| Round::measure(index, &settings))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let (ratios, levels) = (ratios(&rounds), levels(&rounds, &settings));
        let largest = settings.loads.iter().max_by_key(|load| load.flood.batch);
        Ok(Self {
            provenance,
            goals: goals(&settings.loads, &ratios, &levels),
            ratios,
            ratios_to_slowed: ratios_to_slowed(&rounds),
            levels,
            budget: largest.and_then(|load| Budget::of(load.flood, &rounds, &costs)),
            costs,
            rounds,
            settings,
        })
    }
}
