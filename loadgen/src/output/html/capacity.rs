//! What a target carries, as a page: the answers, the curves with the knee in them, every trial.

use std::io;

use maud::{Markup, html};

use super::chart::{Axis, AxisUnit, Chart, Line, Mark, Point, Stroke, sample, swatch};
use super::page;
use crate::analysis::capacity::{Capacity, Level, Measurement, Outcome, Said};
use crate::output::{Destination, capacity, figures};

/// Points along the fitted law: with one every five pixels it looks like the curve it is.
const FIT_POINTS: u32 = 64;

/// The colour of a level's own line.
const LEVEL_INK: usize = 2;

/// Writes the page.
///
/// # Errors
/// When it cannot be written; the error names the file. A reader of standard output that has gone away is none.
pub fn write(found: &Capacity, destination: &Destination) -> io::Result<()> {
    let mut page = render(found).into_string();
    page.push('\n');
    destination.write(page.as_bytes())
}

fn render(found: &Capacity) -> Markup {
    let charts: Vec<Chart> = [throughput(found)]
        .into_iter()
        .chain((0..found.levels.len()).map(|index| of_level(found, index)))
        .collect();
    let body = html! {
        (header(found))
        (page::section("curves", "Load", &html! {
            (legend(found))
            div.charts { @for chart in &charts { (chart.figure()) } }
        }))
        (page::section("follows", "What follows", &html! {
            dl.definitions {
                @for (name, text) in capacity::consequences(found) { dt { (name) } dd { (text) } }
            }
        }))
        (page::section("trials", "Trials", &page::wide("trials", &trials(found))))
        (page::section("machine", "Machine", &machine(found)))
    };
    page::shell(&format!("capacity of {}", found.url), &body)
}

fn header(found: &Capacity) -> Markup {
    html! {
        header {
            p.brand { "weir capacity" }
            h1 { (found.url) }
            div.verdict.valid[found.holds.is_some()].suspect[found.holds.is_none()] {
                @for sentence in capacity::answers(found) { p.answers { (sentence) } }
                @for sentence in capacity::remarks(found) { p { (sentence) } }
                p.what { (found.started_at) ", " code { (found.command) } }
            }
        }
    }
}

fn legend(found: &Capacity) -> Markup {
    let nowhere = (0.0, 0.0);
    let meanings = [
        (Mark::Held(nowhere), "holds"),
        (Mark::Broke(nowhere), "does not hold"),
        (
            Mark::Unknown(nowhere),
            "weir was the limit, or too few samples: not counted",
        ),
        (Mark::Between(0.0, 0.0), "between the bounds"),
        (Mark::Knee(0.0), "the highest load that holds"),
    ];
    html! {
        p.legend {
            @for (mark, meaning) in meanings { span { (sample(mark)) " " (meaning) } }
            span { (swatch(Stroke::Thin, 0)) " medians of each load" }
            span { (swatch(Stroke::Bound, LEVEL_INK)) " the level" }
            @if found.usl.is_some() {
                span { (swatch(Stroke::Solid, 3)) " Universal Scalability Law" }
            }
        }
    }
}

/// Events a second by load, with the law that is fitted to them.
fn throughput(found: &Capacity) -> Chart {
    let figure = |trial: &Measurement| Some(trial.events_per_s);
    let knee = found.holds.map(Mark::Knee);
    let marks = knee
        .into_iter()
        .chain(points(found, figure, |trial| worst(found, trial)))
        .collect();
    let lines = [Some(medians(found, figure)), fit(found)];
    chart(
        found,
        "throughput",
        "throughput",
        AxisUnit::Count,
        (lines.into_iter().flatten().collect(), marks),
    )
}

/// A level's figure by load, with its bounds.
fn of_level(found: &Capacity, index: usize) -> Chart {
    let Level {
        expression,
        is_latency,
        limit,
        goal,
        answer,
        ..
    } = &found.levels[index];
    let observed = |trial: &Measurement| trial.observed.get(index).copied().flatten();
    let says = |trial: &Measurement| trial.trial.says(index, goal);
    // Of a trial that fails since nothing came there is no figure: it stands where the level is.
    let shown = |trial: &Measurement| {
        observed(trial).or_else(|| (says(trial) == Said::Fails).then_some(*limit))
    };
    let band = answer.holds.zip(answer.does_not);
    let band = band.map(|(lower, upper)| Mark::Between(lower, upper));
    let knee = answer.holds.map(Mark::Knee);
    let marks = band.into_iter().chain(knee);
    let marks = marks.chain(points(found, shown, says)).collect();
    let unit = if *is_latency {
        AxisUnit::Ns
    } else {
        AxisUnit::Share
    };
    let id = format!("level-{index}");
    chart(
        found,
        &id,
        expression,
        unit,
        (vec![medians(found, observed), level(found, *limit)], marks),
    )
}

/// What the figure is held against, at all loads.
fn level(found: &Capacity, limit: f64) -> Line {
    let loads = found.trials.iter().map(|trial| trial.trial.load);
    let most = loads.clone().fold(0.0, f64::max);
    let least = loads.fold(most, f64::min);
    Line {
        points: vec![(least, limit), (most, limit)],
        stroke: Stroke::Bound,
        ink: LEVEL_INK,
        name: None,
    }
}

/// What a trial says of all levels: that it fails where one does.
fn worst(found: &Capacity, trial: &Measurement) -> Said {
    let levels = found.levels.iter().enumerate();
    let says: Vec<Said> = levels
        .map(|(index, level)| trial.trial.says(index, &level.goal))
        .collect();
    [Said::Fails, Said::Invalid, Said::Undecided]
        .into_iter()
        .find(|said| says.contains(said))
        .unwrap_or(Said::Holds)
}

fn chart(
    found: &Capacity,
    id: &str,
    title: &str,
    unit: AxisUnit,
    (lines, marks): (Vec<Line>, Vec<Mark>),
) -> Chart {
    let of_marks = marks.iter().filter_map(|mark| match mark {
        Mark::Held(at) | Mark::Broke(at) | Mark::Unknown(at) => Some(at.1),
        Mark::Between(..) | Mark::Knee(_) => None,
    });
    let of_lines = lines.iter().flat_map(|line| &line.points);
    let values: Vec<f64> = of_marks.chain(of_lines.map(|(_, value)| *value)).collect();
    let loads: Vec<f64> = found.trials.iter().map(|trial| trial.trial.load).collect();
    let knee = found.holds.map(|load| capacity::load(load, found.vary));
    Chart {
        id: id.to_owned(),
        title: title.to_owned(),
        caption: format!("by {}", found.vary.unit()),
        description: format!(
            "{} trials; the highest load that holds: {}.",
            found.trials.len(),
            knee.as_deref().unwrap_or("none")
        ),
        x: Axis::loads(&loads),
        y: Axis::of(unit, &values),
        lines,
        marks,
    }
}

/// Every trial that has the figure.
fn points<'a>(
    found: &'a Capacity,
    figure: impl Fn(&Measurement) -> Option<f64> + 'a,
    says: impl Fn(&Measurement) -> Said + 'a,
) -> impl Iterator<Item = Mark> + 'a {
    found.trials.iter().filter_map(move |measurement| {
        let at = (measurement.trial.load, figure(measurement)?);
        Some(match says(measurement) {
            Said::Invalid | Said::Undecided => Mark::Unknown(at),
            Said::Holds => Mark::Held(at),
            Said::Fails => Mark::Broke(at),
        })
    })
}

/// From load to load, through the median of the trials at each.
fn medians(found: &Capacity, figure: impl Fn(&Measurement) -> Option<f64>) -> Line {
    let valid = found
        .trials
        .iter()
        .filter(|trial| !trial.trial.is_invalid());
    let mut all: Vec<Point> = valid
        .filter_map(|trial| Some((trial.trial.load, figure(trial)?)))
        .collect();
    all.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
    let loads = all.chunk_by(|one, other| one.0 == other.0);
    Line {
        points: loads.map(|at_load| at_load[at_load.len() / 2]).collect(),
        stroke: Stroke::Thin,
        ink: 0,
        name: None,
    }
}

/// The fitted law as far as was measured.
fn fit(found: &Capacity) -> Option<Line> {
    let usl = found.usl.as_ref()?;
    let loads = found.trials.iter().map(|trial| trial.trial.load);
    let most = loads.clone().fold(0.0, f64::max);
    let least = loads.fold(most, f64::min);
    // Equally far apart on a logarithmic axis.
    let at = |step: u32| {
        let share = f64::from(step) / f64::from(FIT_POINTS);
        let load = least * (most / least).powf(share);
        Some((load, usl.throughput_at(load)?))
    };
    Some(Line {
        points: (0..=FIT_POINTS).filter_map(at).collect(),
        stroke: Stroke::Solid,
        ink: 3,
        name: None,
    })
}

fn trials(found: &Capacity) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "load" }
                th.figure scope="col" { "time" }
                th.figure scope="col" { "events/s" }
                @for level in &found.levels { th.figure scope="col" { (level.expression) } }
                th scope="col" { "says" }
            } }
            tbody { @for trial in &found.trials { (row(found, trial)) } }
        }
    }
}

fn row(found: &Capacity, measurement: &Measurement) -> Markup {
    let trial = &measurement.trial;
    let observed = |index: usize| measurement.observed.get(index).copied().flatten();
    html! {
        tr {
            th scope="row" { (capacity::load(trial.load, found.vary)) }
            td.figure { (format!("{:.1} s", trial.trial_s)) }
            td.figure { (figures::rate(measurement.events_per_s)) }
            @for (index, level) in found.levels.iter().enumerate() {
                td.figure {
                    (capacity::figure(observed(index), level.is_latency))
                    @if let Some(loss_ratio) = trial.loss_ratio(index) {
                        (capacity::lost(loss_ratio, level.is_latency))
                    }
                }
            }
            td.words { (says(found, measurement)) }
        }
    }
}

/// Of every level whether it holds, and what else is to be known.
fn says(found: &Capacity, measurement: &Measurement) -> String {
    let trial = &measurement.trial;
    let status = measurement.status.name();
    if let Outcome::Invalid { because } = &trial.outcome {
        return format!("{status}: {because}");
    }
    let levels = || found.levels.iter().enumerate();
    let failed = levels().filter(|(index, level)| trial.says(*index, &level.goal) == Said::Fails);
    let failed: Vec<&str> = failed.map(|(_, level)| level.expression.as_str()).collect();
    let undecided = levels().filter_map(|(index, level)| {
        let why = trial.undecided(index)?;
        Some(format!("{} is not decided: {why}", level.expression))
    });
    let outcome = match failed.as_slice() {
        [] if worst(found, measurement) == Said::Holds => Some("holds".to_owned()),
        [] => None,
        failed => Some(format!("does not hold: {}", failed.join(", "))),
    };
    let grew = trial.grows().map(capacity::grew);
    let samples = measurement.error_samples.values().cloned();
    let parts = outcome
        .into_iter()
        .chain(undecided)
        .chain(grew)
        .chain(samples);
    let parts: Vec<String> = parts.chain([format!("run {status}")]).collect();
    parts.join("; ")
}

fn machine(found: &Capacity) -> Markup {
    let machine = &found.machine;
    let cpu = machine.cpu.as_deref().unwrap_or("unknown processor");
    html! { p { (cpu) ", " (machine.cores) " cores, " (machine.kernel) } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::capacity::found_tests::{capacity, hard};
    use crate::measure::ErrorKind;

    fn page() -> String {
        render(&capacity(&["delivery.p99<20ms"], hard(400.0))).into_string()
    }

    #[test]
    fn the_answer_comes_before_the_curves() {
        let html = page();
        let answer = html.find("class=\"answers\"").unwrap();
        assert!(answer < html.find("<figure").unwrap());
    }

    #[test]
    fn trials_bounds_and_the_knee_are_in_the_curves() {
        let html = page();
        let level = html.split("id=\"level-0\"").nth(1).unwrap();
        let throughput = html.split("id=\"throughput\"").nth(1).unwrap();
        let throughput = throughput.split("</figure>").next().unwrap();
        for class in ["\"held\"", "\"broke\"", "\"knee\""] {
            assert!(throughput.contains(class), "{class}");
        }
        assert!(level.contains("class=\"between\""));
        assert!(level.contains("class=\"bound ink2\""), "the level's line");
    }

    #[test]
    fn a_trial_that_failed_is_shown_as_failed_with_what_was_lost_and_why() {
        let mut found = capacity(&["delivery.p99<20ms"], hard(400.0));
        for trial in &mut found.trials {
            if trial.trial.load > 400.0 {
                trial.observed = vec![None];
                let sample = "status 503 Service Unavailable, body: <full>".to_owned();
                trial.error_samples = [(ErrorKind::HttpStatus, sample)].into();
            }
        }
        let html = render(&found).into_string();
        assert!(
            html.contains("does not hold: delivery.p99&lt;20ms; status 503"),
            "{html}"
        );
        assert!(html.contains("body: &lt;full&gt;; run valid"), "{html}");
        assert!(html.contains("nothing came, 100.0 % lost"), "{html}");
        let crosses = |html: &str| html.matches("\"broke\"").count();
        let level = html.split("id=\"level-0\"").nth(1).unwrap();
        assert!(crosses(level.split("</figure>").next().unwrap()) > 0);
    }
}
