//! Everything that is measured, once.

mod memory;
mod moved;
mod pacing;

use serde::Serialize;

pub(crate) use memory::Memory;
pub(crate) use moved::{Loaded, Moved};
pub(crate) use pacing::Pacing;

use super::settings::Settings;

/// What was found within a minute.
#[derive(Debug, Serialize)]
pub(crate) struct Round {
    pub(crate) loads: Vec<Loaded>,
    pub(crate) memory: Memory,
    pub(crate) pacing: Pacing,
}

impl Round {
    pub(crate) fn measure(index: u32, settings: &Settings) -> anyhow::Result<Self> {
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
