//! Where a merged report comes from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Report;

/// A report that is part of a merged one.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Origin {
    /// The file, as it was named.
    pub name: String,
    /// When its run was started, RFC 3339 in UTC.
    pub started_at: String,
    /// Of its histograms (FNV-1a, 64 bits, hexadecimal): the same run is known by it under any name.
    pub fingerprint: String,
}

impl Origin {
    pub(crate) fn of(name: &str, report: &Report) -> Self {
        Self {
            name: name.to_owned(),
            started_at: report.started_at.clone(),
            fingerprint: fingerprint(report),
        }
    }

    /// Whether it is the same run, under whatever name.
    pub(crate) fn is_same_run(&self, other: &Self) -> bool {
        (&self.started_at, &self.fingerprint) == (&other.started_at, &other.fingerprint)
    }
}

fn fingerprint(report: &Report) -> String {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let texts = report.histograms.values();
    let bytes = texts.flat_map(|encoded| encoded.as_str().bytes());
    let hash = bytes.fold(OFFSET_BASIS, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    });
    format!("{hash:016x}")
}
