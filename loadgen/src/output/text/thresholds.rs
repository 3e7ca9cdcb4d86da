//! What was asked of the figures, and what became of it.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::super::figures;
use super::{BOLD, DIM};
use crate::report::{Outcome, ThresholdResult};

pub(super) fn write(results: &[ThresholdResult], out: &mut impl Write) -> io::Result<()> {
    if results.is_empty() {
        return Ok(());
    }
    let width = |text: fn(&ThresholdResult) -> usize| results.iter().map(text).max().unwrap_or(0);
    let expressions = width(|result| result.expression.chars().count());
    let observations = width(|result| observed(result).len());
    writeln!(out, "\n{BOLD}thresholds{BOLD:#}")?;
    for result in results {
        let (style, mark) = mark(result.outcome);
        let (expression, observed) = (&result.expression, observed(result));
        write!(
            out,
            "  {style}{mark}{style:#}  {expression:<expressions$}  {observed:>observations$}"
        )?;
        match &result.remark {
            Some(remark) => writeln!(out, "  {DIM}{remark}{DIM:#}")?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

fn mark(outcome: Outcome) -> (Style, &'static str) {
    let (colour, mark) = match outcome {
        Outcome::Passed => (AnsiColor::Green, "pass"),
        Outcome::Failed => (AnsiColor::Red, "FAIL"),
        Outcome::Inconclusive => (AnsiColor::Yellow, "?   "),
    };
    (colour.on_default().bold(), mark)
}

/// The figure in its unit, `-` where there was nothing to find.
pub(in crate::output) fn observed(result: &ThresholdResult) -> String {
    result
        .observed
        .map_or("-".to_owned(), |value| figures::of_unit(value, result.unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Unit;

    #[test]
    fn each_is_a_line_of_its_own() {
        let result =
            |expression: &str, observed, unit, outcome, remark: Option<&str>| ThresholdResult {
                expression: expression.to_owned(),
                observed,
                limit: 0.0,
                unit,
                outcome,
                passed: outcome == Outcome::Passed,
                remark: remark.map(str::to_owned),
            };
        let few = Some("10 samples, a p99 needs 662");
        let results = [
            result("gap.p99<50ms", Some(12.3e6), Unit::Ns, Outcome::Passed, few),
            result("lost==0", Some(3.0), Unit::Count, Outcome::Failed, None),
            result(
                "ttfe.max<1s",
                None,
                Unit::Ns,
                Outcome::Inconclusive,
                Some("no samples"),
            ),
        ];
        let mut coloured = Vec::new();
        write(&results, &mut coloured).unwrap();
        let text = anstream::adapter::strip_bytes(&coloured).into_vec();
        let expected = [
            "",
            "thresholds",
            "  pass  gap.p99<50ms  12.3ms  10 samples, a p99 needs 662",
            "  FAIL  lost==0            3",
            "  ?     ttfe.max<1s        -  no samples",
            "",
        ];
        assert_eq!(String::from_utf8(text).unwrap(), expected.join("\n"));
    }
}
