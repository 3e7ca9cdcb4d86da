//! What the target used.

use std::io::{self, Write};

use super::super::figures;
use super::{BOLD, RED};
use crate::report::{Report, TargetUse};

pub(super) fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let Some(target) = &report.target else {
        return Ok(());
    };
    writeln!(
        out,
        "{BOLD}target{BOLD:#}      {}",
        parts(target).join(", ")
    )?;
    match &target.lost {
        Some(reason) => writeln!(
            out,
            "            {RED}not known to the end{RED:#}: {reason}"
        ),
        None => Ok(()),
    }
}

fn parts(target: &TargetUse) -> Vec<String> {
    let cpu = target.cpu_ns_per_event.map(|cpu_ns| {
        format!(
            "{} of CPU an event",
            figures::duration(cpu_ns.round() as u64)
        )
    });
    let stream = target
        .bytes_per_stream
        .map(|bytes| format!("{} a stream", figures::bytes(bytes)));
    let peak = target
        .rss_peak_bytes
        .map(|bytes| format!("{} at most", figures::bytes(bytes as f64)));
    let after = target.rss_after_bytes.map(|bytes| {
        let judged = match target.memory_returned {
            Some(true) => ": it came back".to_owned(),
            Some(false) => format!(": it did not come back in {:?}", TargetUse::RETURN_TIME),
            None => String::new(),
        };
        format!(
            "{} after the last stream{judged}",
            figures::bytes(bytes as f64)
        )
    });
    let known: Vec<String> = [cpu, stream, peak, after].into_iter().flatten().collect();
    if known.is_empty() {
        vec!["says nothing of processor time or memory".to_owned()]
    } else {
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_said() {
        let all = TargetUse {
            cpu_ns_per_event: Some(12_340.0),
            bytes_per_stream: Some(11_264.0),
            rss_peak_bytes: Some(20 * 1024 * 1024),
            rss_after_bytes: Some(18 * 1024 * 1024),
            memory_returned: Some(false),
            ..TargetUse::default()
        };
        let line = "12.3us of CPU an event, 11.0 KiB a stream, 20.0 MiB at most, 18.0 MiB after the last stream: it did not \
                    come back in 5s";
        assert_eq!(parts(&all).join(", "), line);
        let returned = TargetUse {
            memory_returned: Some(true),
            ..all
        };
        assert!(parts(&returned)[3].ends_with(": it came back"));
        let nothing = parts(&TargetUse::default());
        assert_eq!(nothing, ["says nothing of processor time or memory"]);
    }
}
