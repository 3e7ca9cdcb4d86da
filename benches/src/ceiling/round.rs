//! Everything that is measured, once.

use serde::Serialize;

use super::memory::Memory;
use super::moved::Loaded;
use super::pacing::Pacing;
use super::settings::Settings;

/// What was found within a minute.
#[derive(Debug, Serialize)]
pub(super) struct Round {
    pub(super) loads: Vec<Loaded>,
    pub(super) memory: Memory,
    pub(super) pacing: Pacing,
}

impl Round {
    pub(super) fn measure(index: u32, settings: &Settings) -> anyhow::Result<Self> {
        let span = settings.span;
        let loads = settings.loads.iter();
        Ok(Self {
            loads: loads
                .map(|&load| Loaded::measure(index, load, span))
                .collect::<anyhow::Result<_>>()?,
            memory: Memory::measure(settings.idle_streams, span)?,
            pacing: Pacing::measure(settings.paced_streams, span)?,
        })
    }
}
