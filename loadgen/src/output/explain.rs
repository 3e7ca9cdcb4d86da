//! The definitions, as reports go by them.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use crate::exit::Exit;
use crate::measure::Metric;
use crate::verdict::Code;

/// Prints every metric's definition.
///
/// # Errors
/// When standard output cannot be written.
pub fn metrics() -> anyhow::Result<Exit> {
    let mut text = String::from(
        "Latencies are HdrHistograms of nanoseconds (1 us to 1 h, 3 significant digits), pooled over all streams.\n\
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
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() > 76 {
            lines.push(word.to_owned());
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.join("\n    ")
}
