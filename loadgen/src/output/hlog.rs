//! HdrHistogram's interval log: the histograms of every interval of a run, which HistogramLogProcessor and others read.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogWriterBuilder, IntervalLogWriterError, Tag,
};

use super::Run;
use crate::measure::Metric;
use crate::report::{Interval, Report};

/// What HistogramLogWriter puts at the beginning, of the version that has tags.
const VERSION: &str = "[Histogram log format version 1.3]";
/// The header that spreadsheets look for; readers of logs pass it over.
const LEGEND: &str =
    r#""StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram""#;
/// The third column, for human eyes, is in milliseconds, as HistogramLogWriter has it; histograms are in nanoseconds.
const MAX_UNIT_NS: f64 = 1e6;

/// Prints a line for each interval and metric, tagged with its name; times count from the start of the measuring time. All
/// lines of a metric add up to the histogram of the report.
pub(super) fn print(runs: &[Run<'_>], out: &mut dyn Write) -> io::Result<()> {
    runs.iter().try_for_each(|run| log(run.report, out))
}

fn log(report: &Report, mut out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = V2DeflateSerializer::new();
    let start = window_start(report)?;
    let what = format!(
        "{} of {}, nanoseconds",
        report.tool.name, report.plan.target.url
    );
    IntervalLogWriterBuilder::new()
        .add_comment(&what)
        .add_comment(VERSION)
        .with_start_time(start)
        .with_base_time(start)
        .begin_log_with(&mut out, &mut serializer)?;
    writeln!(out, "{LEGEND}")?;
    let mut log = IntervalLogWriterBuilder::new()
        .with_max_value_divisor(MAX_UNIT_NS)
        .begin_log_with(&mut out, &mut serializer)?;
    for metric in Metric::ALL {
        let tag = Tag::new(metric.name()).expect("names of metrics have no commas or spaces");
        for (start, end, histogram) in histograms(report, metric) {
            log.write_histogram(&histogram, start, end - start, Some(tag))
                .map_err(io_error)?;
        }
    }
    Ok(())
}

fn io_error(
    error: IntervalLogWriterError<impl std::error::Error + Send + Sync + 'static>,
) -> io::Error {
    match error {
        IntervalLogWriterError::IoError(error) => error,
        IntervalLogWriterError::SerializeError(error) => io::Error::other(error),
    }
}

fn window_start(report: &Report) -> io::Result<SystemTime> {
    let started = humantime::parse_rfc3339(&report.started_at).map_err(|error| {
        let why = format!("started_at {:?}: {error}", report.started_at);
        io::Error::new(io::ErrorKind::InvalidData, why)
    })?;
    Ok(started + report.plan.warmup)
}

/// A metric's histograms, with the times they begin and end at. What is in none of the intervals (the waits of arrivals that
/// never started) is in the last one.
fn histograms(report: &Report, metric: Metric) -> Vec<(Duration, Duration, Histogram<u64>)> {
    let Some(total) = report.histograms.get(&metric) else {
        return Vec::new();
    };
    let mut rest = total.decode();
    let mut lines = Vec::new();
    let mut start = Duration::ZERO;
    for interval in &report.intervals {
        let end = end_of(interval);
        if let Some(encoded) = interval.histograms.get(&metric) {
            let histogram = encoded.decode();
            // Where a report was put together so that it has less than its seconds, the seconds stand.
            let _more = rest.subtract(&histogram);
            lines.push((start, end, histogram));
        }
        start = end;
    }
    if !rest.is_empty() {
        match lines.last_mut() {
            Some((_, end, last)) if *end == start => {
                last.add(&rest)
                    .expect("all histograms here have the same bounds");
            }
            _ => lines.push((start, start, rest)),
        }
    }
    lines
}

fn end_of(interval: &Interval) -> Duration {
    Duration::try_from_secs_f64(interval.t_s).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::*;
    use crate::measure::new_histogram;
    use crate::report::Encoded;
    use crate::report::tests::report;

    /// Start, length and histogram of every line, all of which are of gaps.
    fn lines(report: &Report) -> Vec<(f64, f64, Histogram<u64>)> {
        let mut bytes = Vec::new();
        print(&[Run { name: "", report }], &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("\n#[Histogram log format version 1.3]\n#[StartTime: 1767323045.000 (seconds since epoch)]\n"), "{text}");
        let lines = text.lines().filter(|line| !line.starts_with('"'));
        let text: Vec<&str> = lines.collect();
        let text = text.join("\n") + "\n";
        let entries = IntervalLogIterator::new(text.as_bytes());
        let intervals = entries.filter_map(|entry| match entry.unwrap() {
            LogEntry::Interval(interval) => Some(interval),
            _ => None,
        });
        intervals
            .map(|interval| {
                assert_eq!(interval.tag().unwrap().as_str(), "gap");
                let bytes = STANDARD.decode(interval.encoded_histogram()).unwrap();
                let histogram = Deserializer::new().deserialize(&mut bytes.as_slice());
                let (start, length) = (interval.start_timestamp(), interval.duration());
                (
                    start.as_secs_f64(),
                    length.as_secs_f64(),
                    histogram.unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn lines_add_up_to_the_report_and_stand_where_their_seconds_do() {
        let report = report();
        let [(start, length, histogram)] = &lines(&report)[..] else {
            panic!("one second has gaps");
        };
        assert_eq!((*start, *length), (1.0, 0.5));
        assert_eq!(*histogram, report.histograms[&Metric::Gap].decode());
    }

    #[test]
    fn an_interval_of_several_seconds_is_as_long() {
        let mut report = report();
        let (gaps, whole) = (
            report.intervals[1].histograms.clone(),
            &mut report.histograms,
        );
        let mut all = new_histogram();
        report.intervals = [2.0, 4.0, 5.5]
            .map(|t_s| Interval {
                t_s,
                histograms: gaps.clone(),
                ..Interval::default()
            })
            .to_vec();
        for interval in &report.intervals {
            all.add(interval.histograms[&Metric::Gap].decode()).unwrap();
        }
        whole.insert(Metric::Gap, Encoded::of(&all));
        let lines = lines(&report);
        let times: Vec<(f64, f64)> = lines.iter().map(|line| (line.0, line.1)).collect();
        assert_eq!(times, [(0.0, 2.0), (2.0, 2.0), (4.0, 1.5)]);
    }

    #[test]
    fn what_is_in_no_second_is_in_the_last_one() {
        let mut report = report();
        let mut more = new_histogram();
        more.record(5_000_000_000).unwrap();
        more.add(report.histograms[&Metric::Gap].decode()).unwrap();
        report.histograms.insert(Metric::Gap, Encoded::of(&more));
        let all = lines(&report);
        assert_eq!((all.len(), &all[0].2), (1, &more));
        report.intervals[1].histograms.clear();
        let all = lines(&report);
        assert_eq!((all.len(), &all[0].2), (1, &more));
        assert_eq!((all[0].0, all[0].1), (1.5, 0.0));
    }
}
