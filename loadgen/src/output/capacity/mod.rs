//! What a target carries: for a terminal, and as it is found.

pub mod junit;
mod statement;
mod table;

use std::io::{self, Write};

use anstyle::Style;

use super::{Summary, figures};
use crate::analysis::capacity::{
    Capacity, Cost, Growth, Measurement, Outcome, Sizing, Slo, Step, Vary,
};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Writes which trial begins to standard error, on a line of its own.
pub fn begins(step: Step, vary: Vary) {
    let load = load(step.load, vary);
    super::tell(&format!("trying {load} for {:.1} s", step.trial_s));
}

/// Likewise what became of it.
pub fn ended(measurement: &Measurement, slos: &[Slo]) {
    super::tell(&format!("  {}", found(measurement, slos)));
}

/// Writes the summary.
///
/// # Errors
/// When it cannot be written. A reader that has gone away is none.
pub fn print(capacity: &Capacity, summary: Summary) -> io::Result<()> {
    summary.print(|mut out| write(capacity, &mut out))
}

fn write(capacity: &Capacity, out: &mut impl Write) -> io::Result<()> {
    for sentence in answers(capacity) {
        writeln!(out, "{BOLD}{sentence}{BOLD:#}")?;
    }
    for sentence in remarks(capacity) {
        writeln!(out, "{sentence}")?;
    }
    writeln!(out)?;
    table::write(capacity, out)?;
    writeln!(out)?;
    for (name, text) in consequences(capacity) {
        writeln!(out, "{BOLD}{name:<9}{BOLD:#} {text}")?;
    }
    out.flush()
}

/// What was found for each service level, in a sentence.
pub(super) fn answers(capacity: &Capacity) -> Vec<String> {
    statement::answers(capacity)
}

/// What has to be known beside.
pub(super) fn remarks(capacity: &Capacity) -> Vec<String> {
    statement::remarks(capacity)
}

/// What follows from it, each with its name.
pub(super) fn consequences(capacity: &Capacity) -> Vec<(&'static str, String)> {
    let machines = capacity
        .sizing
        .map(|sizing| machines(sizing, capacity.vary));
    let found = [
        ("scaling", Some(statement::usl(capacity))),
        ("cost", capacity.cost.as_ref().map(cost)),
        ("machines", machines),
    ];
    let known = found
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)));
    known.collect()
}

/// The figure of each level, with what was lost of it; or what was the matter.
fn found(measurement: &Measurement, slos: &[Slo]) -> String {
    let trial = &measurement.trial;
    match &trial.outcome {
        Outcome::Invalid { because } => format!("invalid, not counted: {because}"),
        Outcome::Measured {
            loss_ratios, grows, ..
        } => {
            let levels = slos.iter().zip(loss_ratios).enumerate();
            let levels = levels.map(|(index, (slo, &loss_ratio))| {
                let figure = figure(measurement.observed[index], slo.is_latency());
                let says = match trial.undecided(index) {
                    Some(why) => format!("not decided: {why}"),
                    None if grows.is_none() && loss_ratio <= slo.loss_ratio => "holds".to_owned(),
                    None => "does not hold".to_owned(),
                };
                let lost = lost(loss_ratio, slo.is_latency());
                format!("{}: {figure}{lost}, {says}", slo.threshold.expression())
            });
            levels
                .chain(grows.as_ref().map(grew))
                .collect::<Vec<_>>()
                .join("; ")
        }
    }
}

/// `delivery p50 grew through the trial, from 12ms to 80ms`.
pub(super) fn grew(growth: &Growth) -> String {
    format!(
        "{} p{} grew through the trial, from {} to {}",
        growth.metric.name(),
        growth.quantile * 100.0,
        figures::duration(growth.from_ns),
        figures::duration(growth.to_ns)
    )
}

fn cost(cost: &Cost) -> String {
    let parts = [
        cost.bytes_per_stream.map(|bytes| {
            format!(
                "{:.1} KiB a stream at {}",
                bytes / 1024.0,
                figures::count(cost.streams)
            )
        }),
        cost.cores_per_stream
            .map(|cores| format!("{} of a core a stream", percent(cores))),
        cost.cpu_ns_per_event
            .map(|cpu_ns| format!("{} CPU an event", figures::duration(cpu_ns as u64))),
    ];
    let known: Vec<String> = parts.into_iter().flatten().collect();
    format!("{} ({})", known.join(", "), cost.source)
}

fn machines(sizing: Sizing, vary: Vary) -> String {
    let Sizing {
        need,
        headroom,
        load_per_machine,
        machines,
        at_most,
    } = sizing;
    format!(
        "{}{} for {}, each with up to {} and {} to spare",
        if at_most { "at most " } else { "" },
        figures::count(machines),
        load(need, vary),
        bare(load_per_machine),
        percent(headroom)
    )
}

/// `1,600 streams`.
pub(super) fn load(load: f64, vary: Vary) -> String {
    format!("{} {}", bare(load), vary.unit())
}

/// A load without its unit: whole where it is, as short as it can be where it is not.
fn bare(load: f64) -> String {
    if load.fract() == 0.0 {
        figures::count(load as u64)
    } else {
        load.to_string()
    }
}

pub(super) fn figure(observed: Option<f64>, is_latency: bool) -> String {
    match observed {
        None => "nothing came".to_owned(),
        Some(observed) if is_latency => figures::duration(observed as u64),
        Some(observed) => percent(observed),
    }
}

/// What was lost, where the figure itself does not say it.
pub(super) fn lost(loss_ratio: f64, is_latency: bool) -> String {
    if is_latency {
        format!(", {} lost", percent(loss_ratio))
    } else {
        String::new()
    }
}

/// `3.1 %`, with as many digits as say something.
fn percent(part: f64) -> String {
    match part * 100.0 {
        0.0 => "0 %".to_owned(),
        percent if percent < 0.01 => format!("{percent:.1e} %"),
        percent if percent < 1.0 => format!("{percent:.2} %"),
        percent => format!("{percent:.1} %"),
    }
}
