//! Every interval of a run, which are seconds unless it is a long one, as a row of CSV (RFC 4180, but for line ends, which are LF).

use std::io::{self, Write};

use super::Run;
use crate::measure::Counters;
use crate::report::{Interval, TargetSample};

/// One column of a row; what is not known is empty.
type Column = (&'static str, String);

/// Prints a header, and a row for each interval of each run.
pub(super) fn print(runs: &[Run<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(row("", &Interval::default()).iter().map(|(name, _)| name))?;
    for run in runs {
        for interval in &run.report.intervals {
            let row = row(&run.report.started_at, interval);
            csv.write_record(row.iter().map(|(_, value)| value))?;
        }
    }
    csv.flush()
}

fn row(started_at: &str, interval: &Interval) -> Vec<Column> {
    let Interval {
        t_s,
        streams_open,
        events_per_s,
        bytes_per_s,
        gap_p50_ns,
        gap_p99_ns,
        delivery_p50_ns,
        delivery_p99_ns,
        client_lag_p99_ns,
        errors,
        counters,
        target,
        histograms: _,
    } = interval;
    let own = [
        ("started_at", started_at.to_owned()),
        ("t_s", t_s.to_string()),
        ("streams_open", streams_open.to_string()),
        ("events_per_s", events_per_s.to_string()),
        ("bytes_per_s", bytes_per_s.to_string()),
        ("gap_p50_ns", known(*gap_p50_ns)),
        ("gap_p99_ns", known(*gap_p99_ns)),
        ("delivery_p50_ns", known(*delivery_p50_ns)),
        ("delivery_p99_ns", known(*delivery_p99_ns)),
        ("client_lag_p99_ns", known(*client_lag_p99_ns)),
        ("errors", errors.to_string()),
    ];
    own.into_iter()
        .chain(counted(counters))
        .chain(of_target(target.unwrap_or_default()))
        .collect()
}

fn counted(counters: &Counters) -> impl Iterator<Item = Column> {
    let Counters {
        streams_started,
        streams_held,
        streams_unstarted,
        streams_established,
        streams_completed,
        streams_failed,
        streams_cut,
        streams_unanswered,
        // Of an interval there is none.
        streams_open_peak: _,
        events,
        comments,
        bytes,
        reads,
        coalesced_events,
        lost,
        duplicated,
        reordered,
        reconnects,
        censored,
    } = counters;
    let counts = [
        ("streams_started", streams_started),
        ("streams_held", streams_held),
        ("streams_unstarted", streams_unstarted),
        ("streams_established", streams_established),
        ("streams_completed", streams_completed),
        ("streams_failed", streams_failed),
        ("streams_cut", streams_cut),
        ("streams_unanswered", streams_unanswered),
        ("events", events),
        ("comments", comments),
        ("bytes", bytes),
        ("reads", reads),
        ("coalesced_events", coalesced_events),
        ("lost", lost),
        ("duplicated", duplicated),
        ("reordered", reordered),
        ("reconnects", reconnects),
        ("censored", censored),
    ];
    counts
        .map(|(name, count)| (name, count.to_string()))
        .into_iter()
}

fn of_target(sample: TargetSample) -> [Column; 3] {
    let TargetSample {
        cpu_ratio,
        rss_bytes,
        streams_open,
    } = sample;
    [
        ("target_cpu_ratio", known(cpu_ratio)),
        ("target_rss_bytes", known(rss_bytes)),
        ("target_streams_open", known(streams_open)),
    ]
}

fn known(figure: Option<impl ToString>) -> String {
    figure.map_or_else(String::new, |figure| figure.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;

    #[test]
    fn a_row_has_a_cell_for_each_name_and_what_is_not_known_is_empty() {
        let mut report = report();
        report.intervals[1].target = Some(TargetSample {
            rss_bytes: Some(4_096),
            ..TargetSample::default()
        });
        let run = Run {
            name: "a",
            report: &report,
        };
        let mut bytes = Vec::new();
        print(&[run, run], &mut bytes).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let place = |name: &str| {
            let names = csv::Reader::from_reader(bytes.as_slice())
                .headers()
                .unwrap()
                .clone();
            names.iter().position(|own| own == name).unwrap()
        };
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 4);
        let column = |name: &str| [0, 1].map(|row: usize| rows[row][place(name)].to_owned());
        assert_eq!(column("t_s"), ["1", "1.5"]);
        assert_eq!(column("events"), ["600", "400"]);
        assert_eq!(column("gap_p99_ns"), ["", "20000000"]);
        assert_eq!(column("target_rss_bytes"), ["", "4096"]);
        assert_eq!(&rows[2][place("started_at")], report.started_at);
    }
}
