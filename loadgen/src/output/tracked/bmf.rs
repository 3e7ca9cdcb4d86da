//! Bencher Metric Format: benchmark, measure, value.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::figures;
use crate::output::{Run, json};

/// A value, and how far several runs lie apart.
#[derive(Debug, Serialize)]
struct Metric {
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper_value: Option<f64>,
}

/// Prints what can be followed: of several runs of the same the median, the least and the most.
pub(in crate::output) fn print(runs: &[Run<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut benchmarks: BTreeMap<String, BTreeMap<String, Metric>> = BTreeMap::new();
    for figure in figures::figures(runs) {
        let metric = Metric {
            value: figure.value(),
            lower_value: figure.spread().map(|(least, _)| least),
            upper_value: figure.spread().map(|(_, most)| most),
        };
        let measures = benchmarks.entry(figure.benchmark).or_default();
        measures.insert(slug(&figure.name), metric);
    }
    json::indented(&benchmarks, out)
}

/// Measures are known by slugs: small letters, digits and hyphens.
fn slug(name: &str) -> String {
    name.replace(['.', '_'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;

    #[test]
    fn one_run_has_values_and_several_have_their_spread() {
        let (name, report) = ("", &report());
        let run = Run { name, report };
        let printed = |runs: &[Run<'_>]| {
            let mut bytes = Vec::new();
            print(runs, &mut bytes).unwrap();
            let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            document["http://127.0.0.1:1/, 1 streams"]["gap-p99"].clone()
        };
        assert_eq!(printed(&[run]), serde_json::json!({"value": 20_004_863.0}));
        let both = printed(&[run, run]);
        assert_eq!(both["upper_value"], 20_004_863.0);
        assert_eq!(both["lower_value"], both["upper_value"]);
    }
}
