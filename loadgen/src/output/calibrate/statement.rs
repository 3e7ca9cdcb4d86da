//! How far to trust figures of this machine, in plain words.

use super::{SOURCES, figures, outcome, source};
use crate::analysis::calibration::{Calibration, CaseResult, Comparison, Rates, Run};
use crate::measure::Rx;
use crate::verdict::Status;

/// What a histogram keeps of a figure.
const RESOLUTION: f64 = 0.001;

/// What follows from the worst errors: sentences that fit a line each.
pub(super) fn sentences(calibration: &Calibration) -> Vec<String> {
    let (loads, injected): (Vec<_>, Vec<_>) = calibration
        .cases
        .iter()
        .partition(|result| result.case.events_per_s.is_some());
    let mut sentences = caveats(calibration);
    for status in [Status::Valid, Status::Suspect] {
        sentences.extend(
            SOURCES
                .iter()
                .filter_map(|&rx| of_injected(&injected, status, rx)),
        );
        sentences.extend(
            SOURCES
                .iter()
                .filter_map(|&rx| of_loads(&loads, status, rx)),
        );
    }
    sentences.extend(of_rates(&calibration.rates));
    sentences
}

fn caveats(calibration: &Calibration) -> Vec<String> {
    let caveats = [
        (
            calibration.tool.build == "debug",
            "weir was built without optimisation, so that every run is invalid: use a release build.",
        ),
        (
            calibration.smoke,
            "This was a smoke test: its events are too few to trust anything to.",
        ),
        (
            calibration.interrupted,
            "It was interrupted: this is from the runs before that.",
        ),
    ];
    let those = caveats.into_iter().filter(|(holds, _)| *holds);
    those.map(|(_, caveat)| caveat.to_owned()).collect()
}

/// What a verdict's word is worth: how far those runs were off that had it.
fn of_injected(injected: &[&CaseResult], status: Status, rx: Rx) -> Option<String> {
    let worst = runs(injected, status, rx)
        .flat_map(|(_, run)| run.metrics.values())
        .map(Comparison::p99_error_ratio)
        .max_by(f64::total_cmp)?;
    Some(format!(
        "Runs found {}: injected answers within {:.1} % at p99 ({} receive times).",
        status.name(),
        worst.max(RESOLUTION) * 100.0,
        source(rx)
    ))
}

fn of_loads(loads: &[&CaseResult], status: Status, rx: Rx) -> Option<String> {
    let such = || runs(loads, status, rx);
    let up_to = such()
        .filter_map(|(result, _)| result.case.events_per_s)
        .max()?;
    let worst_ns = such()
        .flat_map(|(_, run)| run.metrics.values())
        .map(Comparison::p99_error_ns)
        .max()?;
    Some(format!(
        "Runs found {}, up to {} events/s: gap and delivery p99 within {} ({} receive times).",
        status.name(),
        figures::count(up_to),
        figures::duration(worst_ns),
        source(rx)
    ))
}

fn of_rates(rates: &Rates) -> Vec<String> {
    let mut sentences = Vec::new();
    let beyond = rates.first_not_valid().map(|trial| {
        let rate = figures::count(trial.offered_events_per_s);
        format!("{rate} was {}", outcome(trial))
    });
    let valid = rates.highest_valid_events_per_s;
    let not_invalid = rates.highest_not_invalid_events_per_s;
    match (valid.map(figures::count), beyond) {
        (Some(rate), Some(beyond)) => {
            sentences.push(format!("Highest valid rate: {rate} events/s; {beyond}."));
        }
        (Some(rate), None) => sentences.push(format!(
            "Highest valid rate: {rate} events/s, and none above was tried."
        )),
        (None, Some(beyond)) => sentences.push(format!("No valid rate: {beyond}.")),
        (None, None) => {}
    }
    if let Some(rate) = not_invalid.filter(|_| not_invalid > valid) {
        let rate = figures::count(rate);
        sentences.push(format!(
            "Highest rate that was not invalid: {rate} events/s."
        ));
    }
    sentences
}

/// The runs of one verdict with one source of receive times, each with its case.
fn runs<'a>(
    results: &'a [&'a CaseResult],
    status: Status,
    rx: Rx,
) -> impl Iterator<Item = (&'a CaseResult, &'a Run)> {
    results
        .iter()
        .flat_map(move |result| result.runs_by(rx).map(move |run| (*result, run)))
        .filter(move |(_, run)| run.verdict.status == status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::calibration::Trial;

    fn trial(offered_events_per_s: u64, achieved: f64, status: Status) -> Trial {
        Trial {
            offered_events_per_s,
            achieved_events_per_s: achieved * offered_events_per_s as f64,
            status,
            codes: Vec::new(),
        }
    }

    #[test]
    fn the_limit_is_named_with_what_was_the_matter_above_it() {
        let rates = Rates::of(vec![
            trial(10_000, 1.0, Status::Valid),
            trial(20_000, 1.0, Status::Suspect),
            trial(40_000, 0.971, Status::Suspect),
        ]);
        let expected = [
            "Highest valid rate: 10,000 events/s; 20,000 was suspect.",
            "Highest rate that was not invalid: 20,000 events/s.",
        ];
        assert_eq!(of_rates(&rates), expected);
        let overload = Rates::of(vec![trial(10_000, 0.971, Status::Invalid)]);
        let expected = ["No valid rate: 10,000 was invalid, 97 % came."];
        assert_eq!(of_rates(&overload), expected);
        assert!(of_rates(&Rates::of(Vec::new())).is_empty());
    }
}
