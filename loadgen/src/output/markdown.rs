//! A summary in GitHub Flavored Markdown: for a pull request, or the summary of a job.

use std::io::{self, Write};

use super::text::latencies::{COLUMNS, Cell, cells, legend};
use super::{Run, figures, text};
use crate::measure::Metric;
use crate::report::{Outcome, Report};

/// Prints a section for each run: the verdict, then what was asked, then what was found.
pub(super) fn print(runs: &[Run<'_>], out: &mut dyn Write) -> io::Result<()> {
    for (number, run) in runs.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        let title = (runs.len() > 1).then_some(run.name);
        section(title, run.report, out)?;
    }
    Ok(())
}

fn section(title: Option<&str>, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let title = title.map_or(String::new(), |title| format!(": {}", plain(title)));
    let (target, trust) = (report.headline.target.name(), report.verdict.status.name());
    writeln!(
        out,
        "## weir{title}: target {target}, measurement {trust}\n"
    )?;
    writeln!(out, "**{}**\n", plain(&report.headline.summary))?;
    writeln!(
        out,
        "{}, measured for {:.1} s{}, {}",
        plain(&text::load(&report.plan)),
        report.throughput.window_s,
        plain(&text::ended(report)),
        code(&report.plan.target.url),
    )?;
    reasons(report, out)?;
    thresholds(report, out)?;
    latencies(report, out)?;
    throughput(report, out)?;
    errors(report, out)?;
    details(report, out)
}

fn reasons(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let reasons = report.verdict.reasons.iter();
    let reasons = reasons.map(|reason| (reason.severity.name(), &reason.message));
    let notes = report.notes.iter().map(|note| ("note", &note.message));
    for (number, (kind, message)) in reasons.chain(notes).enumerate() {
        if number == 0 {
            writeln!(out)?;
        }
        writeln!(out, "- **{kind}**: {}", plain(message))?;
    }
    Ok(())
}

fn thresholds(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.thresholds.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| threshold | observed | outcome | remark |")?;
    writeln!(out, "| --- | ---: | --- | --- |")?;
    for result in &report.thresholds {
        let outcome = match result.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "**failed**",
            Outcome::Inconclusive => "**inconclusive**",
        };
        let remark = result.remark.as_deref().unwrap_or_default();
        let observed = text::thresholds::observed(result);
        let expression = code(&result.expression);
        let (observed, remark) = (plain(&observed), plain(remark));
        writeln!(out, "| {expression} | {observed} | {outcome} | {remark} |")?;
    }
    Ok(())
}

fn latencies(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<(Metric, [Cell; 5])> = Metric::ALL
        .into_iter()
        .filter_map(|metric| Some((metric, cells(report.latency.get(&metric)?))))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| latency | {} | |", COLUMNS.join(" | "))?;
    writeln!(out, "| --- |{} --- |", " ---: |".repeat(COLUMNS.len()))?;
    for (metric, cells) in &rows {
        let figures = cells.each_ref().map(|cell| plain(&cell.text())).join(" | ");
        let (name, brief) = (code(metric.name()), plain(metric.brief()));
        writeln!(out, "| {name} | {figures} | {brief} |")?;
    }
    let cells = rows.iter().flat_map(|(_, cells)| cells);
    writeln!(out, "\n{}", plain(&legend(report.rx, &cells).join("; ")))
}

fn throughput(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let (throughput, counters) = (&report.throughput, &report.counters);
    let count = figures::count;
    let mut rows = vec![
        (
            "events",
            format!("{}/s", figures::rate(throughput.events_per_s)),
        ),
        ("bytes", figures::byte_rate(throughput.bytes_per_s)),
    ];
    if let Some(offered) = throughput.offered_streams_per_s {
        let started = figures::rate(throughput.started_streams_per_s);
        let offered = figures::rate(offered);
        rows.push((
            "arrivals",
            format!("{started}/s started of {offered}/s offered"),
        ));
    }
    let streams = format!(
        "{} started, {} completed, {} failed, {} cut at end",
        count(counters.streams_started),
        count(counters.streams_completed),
        count(counters.streams_failed),
        count(counters.streams_cut),
    );
    rows.extend([("streams", streams), ("sequence", text::sequence(report))]);
    writeln!(out, "\n| throughput | |\n| --- | --- |")?;
    rows.iter()
        .try_for_each(|(name, figure)| writeln!(out, "| {name} | {} |", plain(figure)))
}

fn errors(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.errors.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n| error | streams | the first |\n| --- | ---: | --- |"
    )?;
    for (kind, count) in &report.errors {
        let sample = report.error_samples.get(kind).map_or("", String::as_str);
        let (name, count) = (code(kind.name()), figures::count(*count));
        writeln!(out, "| {name} | {count} | {} |", code(sample))?;
    }
    Ok(())
}

fn details(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let machine = &report.machine;
    let processor = machine.cpu.as_deref().unwrap_or("processor unknown");
    let plan = serde_json::to_string_pretty(&report.plan)?;
    writeln!(out, "\n<details><summary>plan and machine</summary>\n")?;
    writeln!(
        out,
        "{} {} ({}), started at {}, on {} cores ({}), {}\n",
        plain(&report.tool.name),
        plain(&report.tool.version),
        plain(&report.tool.revision),
        plain(&report.started_at),
        machine.cores,
        plain(processor),
        plain(&machine.kernel),
    )?;
    writeln!(
        out,
        "<pre>{}</pre>\n\n</details>",
        escaped(&plan, |c| c == '\n')
    )
}

/// As code; what stands in it may come from anybody, and is shown as it is.
pub(super) fn code(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("<code>{}</code>", plain(text)),
    }
}

/// Text in one line in which nothing has a meaning.
pub(super) fn plain(text: &str) -> String {
    escaped(text, |_| false)
}

/// Every character that means something to Markdown or HTML as a character reference, which means nothing to either
/// (CommonMark, 2.5).
fn escaped(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            character if is_kept(character) => escaped.push(character),
            '\n' | '\r' => escaped.push(' '),
            '&' | '<' | '>' | '|' | '*' | '_' | '[' | ']' | '`' | '\\' | '~' | '#' | '!' | '@' => {
                escaped.push_str(&format!("&#{};", u32::from(character)));
            }
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::ErrorKind;
    use crate::report::tests::report;

    fn printed(runs: &[Run<'_>]) -> String {
        let mut bytes = Vec::new();
        print(runs, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_a_server_says_is_shown_and_means_nothing() {
        let mut report = report();
        report.errors = [(ErrorKind::HttpStatus, 1_234)].into();
        let said = "a|b\n<img src=x> `c` ![d](e) @all".to_owned();
        report.error_samples = [(ErrorKind::HttpStatus, said)].into();
        let text = printed(&[Run {
            name: "a",
            report: &report,
        }]);
        let row = "| <code>http&#95;status</code> | 1,234 | <code>a&#124;b &#60;img src=x&#62; &#96;c&#96; &#33;&#91;d&#93;(e) \
                   &#64;all</code> |\n";
        assert!(text.contains(row), "{text}");
    }

    #[test]
    fn the_verdict_comes_first_and_figures_carry_their_marks() {
        let report = report().judged(Vec::new());
        let text = printed(&[Run {
            name: "a",
            report: &report,
        }]);
        assert!(text.starts_with("## weir: target ok, measurement valid\n\n**the stream did not fail**\n\n1 streams, measured for 1.5 s, <code>http://127.0.0.1:1/</code>\n"), "{text}");
        let row = "| <code>gap</code> | 10.0ms | 10.0ms | 20.0ms | 20.0ms? | 20.0ms |";
        assert!(text.contains(row), "{text}");
        let both = printed(&["a_1", "b"].map(|name| Run {
            name,
            report: &report,
        }));
        assert!(
            both.starts_with("## weir: a&#95;1: target ok, measurement valid\n"),
            "{both}"
        );
        assert!(
            both.contains("\n\n## weir: b: target ok, measurement valid\n"),
            "{both}"
        );
    }
}
