//! The definitions, as reports go by them.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use crate::exit::Exit;
use crate::measure::Metric;
use crate::plan::threshold::{GRAMMAR, groups};
use crate::verdict::Code;

/// Prints every metric's definition.
///
/// # Errors
/// When standard output cannot be written.
pub fn metrics() -> anyhow::Result<Exit> {
    let mut text = String::from(
        "Latencies are HdrHistograms of nanoseconds (100 ns to 1 h, 3 significant digits, in steps of 64 ns at least), pooled over all streams.\n\
         Figures of events count what was received in the measuring window; figures of streams count streams that\n\
         were still alive in it. Counters count the whole run: warm-up, measuring time, and what was still on its way when\n\
         that ended, for which weir ends its half of each connection and reads on for a second at most.\n",
    );
    for metric in Metric::ALL {
        entry(&mut text, metric.name(), metric.definition());
    }
    print(&text)
}

/// Prints what makes a run suspect or invalid.
///
/// # Errors
/// When standard output cannot be written.
pub fn verdict() -> anyhow::Result<Exit> {
    let mut text = String::from(
        "A run is as bad as the worst that speaks against it: valid, suspect or invalid. An invalid one exits with 12.\n",
    );
    for code in Code::ALL {
        entry(&mut text, code.name(), code.definition());
    }
    print(&text)
}

/// Prints what thresholds look like, and every figure they may name.
///
/// # Errors
/// When standard output cannot be written.
pub fn thresholds() -> anyhow::Result<Exit> {
    let mut text = format!(
        "A threshold is {GRAMMAR}, with OP one of < <= > >= == !=.\n\n\
         Without more it is judged on the whole run. With `over 30s` it shall hold in every 30 seconds of the measuring time,\n\
         judged as each second ends; of a shorter run, over all of it. The first second's counters count the warm-up, too,\n\
         and the last one's what was on its way at the end. With `abort` a breach ends the run, from 10 s after the start\n\
         of the measuring time on, or what `after` says: of a window that is whole, of a percentile with enough samples.\n\n\
         It fails if it does not hold, and is inconclusive where there is nothing to judge or the figure is a lower bound\n\
         that does not settle it. Exit codes: 10 if any fails, else 11 if any is inconclusive; 12 if the run is invalid.\n",
    );
    for group in groups() {
        write!(text, "\nHeld against {}:\n", group.values).expect("a String takes any text");
        for (name, definition) in group.figures {
            let definition = lines(&definition, 88).join(&format!("\n  {:24}  ", ""));
            writeln!(text, "  {name:24}  {definition}").expect("a String takes any text");
        }
    }
    print(&text)
}

fn entry(text: &mut String, name: &str, definition: &str) {
    write!(text, "\n{name}\n    {}\n", wrapped(definition)).expect("a String takes any text");
}

/// Prints every exit code.
///
/// # Errors
/// When standard output cannot be written.
pub fn exit_codes() -> anyhow::Result<Exit> {
    let lines: Vec<String> = Exit::ALL
        .iter()
        .map(|exit| format!("{:>3}  {}\n", exit.code(), exit.meaning()))
        .collect();
    print(&lines.concat())
}

fn print(text: &str) -> anyhow::Result<Exit> {
    super::unless_broken_pipe(io::stdout().lock().write_all(text.as_bytes()))?;
    Ok(Exit::Success)
}

/// Broken at spaces so that no line is longer than 76 columns.
fn wrapped(text: &str) -> String {
    lines(text, 76).join("\n    ")
}

/// Broken at spaces so that no line is longer than so many columns.
fn lines(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() > columns {
            lines.push(word.to_owned());
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines
}
