//! In which order the runs were made: a machine that drifts looks like a change where the sides took no turns.

use std::time::SystemTime;

use super::Run;

/// Runs of one side in a row, where both have as many: A B B A has two.
const IN_A_ROW_MAX: usize = 2;

/// What is wrong with the order, in a sentence; nothing if the sides took turns.
///
/// A run resembles the next one on the same machine: the logarithms of consecutive gap.p99 had an autocorrelation of 0.63 on a
/// shared one, with which blocks of eight runs are called different in one comparison of five. How far it drifts from one block
/// to another, two blocks do not say, so that there is no interval to widen by.
pub(in super::super) fn out_of_turn(runs: &[Run<'_>]) -> Option<String> {
    let of_head = runs.iter().filter(|run| run.is_head).count();
    let counts = [runs.len() - of_head, of_head];
    let mut begun = Vec::with_capacity(runs.len());
    for run in runs {
        let Ok(at) = humantime::parse_rfc3339(&run.report.started_at) else {
            let (name, at) = (&run.name, &run.report.started_at);
            return Some(format!(
                "when {name} was made is not known: {at:?} is no date"
            ));
        };
        begun.push((at, run.is_head));
    }
    let rows = longest_rows(begun);
    let allowed = |own: usize, other: usize| IN_A_ROW_MAX * own.div_ceil(other.max(1)).max(1);
    let most = [allowed(counts[0], counts[1]), allowed(counts[1], counts[0])];
    let sides = [("base", 0), ("head", 1)];
    let (side, at) = sides.into_iter().find(|&(_, at)| rows[at] > most[at])?;
    Some(format!(
        "the sides took no turns, {} runs of {side} in a row: what drifted meanwhile looks like a change",
        rows[at]
    ))
}

/// Most runs in a row of each side, base's first. Those that began at one time are in no order.
fn longest_rows(mut begun: Vec<(SystemTime, bool)>) -> [usize; 2] {
    begun.sort_unstable();
    let mut longest = [0, 0];
    let mut row = (false, 0);
    for together in begun.chunk_by(|one, other| one.0 == other.0) {
        let of_head = together.iter().filter(|(_, is_head)| *is_head).count();
        if of_head > 0 && of_head < together.len() {
            row.1 = 0;
            continue;
        }
        let is_head = of_head > 0;
        let before = if row.0 == is_head { row.1 } else { 0 };
        row = (is_head, before + together.len());
        let longest = &mut longest[usize::from(is_head)];
        *longest = row.1.max(*longest);
    }
    longest
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn rows(order: &str) -> [usize; 2] {
        let at = |second: usize| SystemTime::UNIX_EPOCH + Duration::from_secs(second as u64);
        let sides = order.chars().enumerate();
        longest_rows(
            sides
                .map(|(second, side)| (at(second), side == 'h'))
                .collect(),
        )
    }

    #[test]
    fn runs_in_a_row_are_counted_a_side() {
        assert_eq!(rows("bhhbhbbhbhhb"), [2, 2]);
        assert_eq!(rows("bbbbhhhh"), [4, 4]);
        assert_eq!(rows("bhbbbh"), [3, 1]);
        assert_eq!(rows(""), [0, 0]);
    }

    #[test]
    fn what_began_together_is_in_no_order() {
        let at = SystemTime::UNIX_EPOCH;
        assert_eq!(
            longest_rows(vec![(at, false), (at, true), (at, true)]),
            [0, 0]
        );
        assert_eq!(longest_rows(vec![(at, true), (at, true)]), [0, 2]);
    }
}
