//! The table of percentiles.

use std::io::{self, Write};

use super::super::figures;
use super::{BOLD, DIM};
use crate::measure::{Metric, Rx, samples_needed};
use crate::report::{Latency, Report};

pub(in crate::output) const COLUMNS: [&str; 5] = ["p50", "p90", "p99", "p99.9", "max"];

/// Room for a figure, and for one that is marked as a lower bound.
const WIDTH: usize = 8;
const MARKED_WIDTH: usize = 10;

/// One figure of the table.
pub(in crate::output) struct Cell {
    value_ns: u64,
    /// It reaches into waits that had not ended.
    at_least: bool,
    /// It has too few samples behind it.
    uncertain: bool,
}

pub(super) fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let rows: Vec<(Metric, [Cell; 5])> = Metric::ALL
        .into_iter()
        .filter_map(|metric| Some((metric, cells(report.latency.get(&metric)?))))
        .collect();
    let mut cells = rows.iter().flat_map(|(_, cells)| cells);
    let at_least = cells.any(|cell| cell.at_least);
    let width = if at_least { MARKED_WIDTH } else { WIDTH };
    write!(out, "{BOLD}{:<10}", "")?;
    for name in COLUMNS {
        write!(out, "{name:>width$}")?;
    }
    writeln!(out, "{BOLD:#}")?;
    for (metric, cells) in &rows {
        write!(out, "{:<10}", metric.name())?;
        for cell in cells {
            write!(out, "{:>width$}", cell.text())?;
        }
        writeln!(out, "  {DIM}{}{DIM:#}", metric.brief())?;
    }
    let cells = rows.iter().flat_map(|(_, cells)| cells);
    writeln!(out, "{DIM}{}{DIM:#}", legend(report.rx, &cells).join("; "))
}

/// Where receive times come from, and what those marks mean that occur.
pub(in crate::output) fn legend<'a>(
    rx: Rx,
    cells: &(impl Iterator<Item = &'a Cell> + Clone),
) -> Vec<&'static str> {
    let any = |mark: fn(&Cell) -> bool| cells.clone().any(mark);
    let marks = [
        (
            any(|cell| cell.uncertain),
            "? too few samples for this percentile",
        ),
        (
            any(|cell| cell.at_least),
            ">= still waiting when the run ended",
        ),
    ];
    let rx = match rx {
        Rx::Kernel => "receive times are the kernel's",
        Rx::User => "receive times were taken in user space: weir's own delay is in them",
    };
    let marks = marks.into_iter().filter(|(occurs, _)| *occurs);
    [rx].into_iter()
        .chain(marks.map(|(_, text)| text))
        .collect()
}

/// The figures of a row, one for each of [`COLUMNS`].
pub(in crate::output) fn cells(latency: &Latency) -> [Cell; 5] {
    let figures = [
        (0.5, latency.p50_ns),
        (0.9, latency.p90_ns),
        (0.99, latency.p99_ns),
        (0.999, latency.p99_9_ns),
        (1.0, latency.max_ns),
    ];
    let known_to = latency.lower_bound_above.unwrap_or(1.0);
    figures.map(|(quantile, value_ns)| Cell {
        value_ns,
        at_least: quantile > known_to,
        uncertain: quantile < 1.0 && latency.count < samples_needed(quantile),
    })
}

impl Cell {
    /// Whether it is less than a fact.
    pub(in crate::output) fn is_marked(&self) -> bool {
        self.at_least || self.uncertain
    }

    /// With its marks.
    pub(in crate::output) fn text(&self) -> String {
        let bound = if self.at_least { ">=" } else { "" };
        let mark = if self.uncertain { "?" } else { "" };
        format!("{bound}{}{mark}", figures::duration(self.value_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::new_histogram;

    fn texts(count: u64, lower_bound_above: Option<f64>) -> [String; 5] {
        let mut histogram = new_histogram();
        histogram.record_n(2_000_000, count).unwrap();
        let latency = Latency {
            lower_bound_above,
            ..Latency::of(&histogram).unwrap()
        };
        cells(&latency).map(|cell| cell.text())
    }

    #[test]
    fn what_is_not_known_is_marked() {
        assert_eq!(texts(6_636, None), ["2.00ms"; 5]);
        let few = ["2.00ms", "2.00ms", "2.00ms", "2.00ms?", "2.00ms"];
        assert_eq!(texts(6_635, None), few);
        assert_eq!(texts(10, None)[0], "2.00ms?");
        let waiting = ["2.00ms", "2.00ms", ">=2.00ms", ">=2.00ms", ">=2.00ms"];
        assert_eq!(texts(10_000, Some(0.95)), waiting);
    }
}
