//! Every run of both sides, with what it is called.

use crate::report::Report;

/// One of them.
#[derive(Debug, Clone)]
pub(in super::super) struct Run<'reports> {
    /// `head run 2`, and its file in brackets if it has one.
    pub(in super::super) name: String,
    /// Whether it is one of those that are judged.
    pub(in super::super) is_head: bool,
    /// What it found.
    pub(in super::super) report: &'reports Report,
}

/// Base's before head's, in the order given; `files` are those of each side, as far as they have any.
pub(in super::super) fn runs<'reports>(
    base: &'reports [Report],
    head: &'reports [Report],
    files: &[Vec<String>; 2],
) -> Vec<Run<'reports>> {
    let [of_base, of_head] = files;
    let sides = [
        ("base", false, base, of_base),
        ("head", true, head, of_head),
    ];
    let mut runs = Vec::with_capacity(base.len() + head.len());
    for (side, is_head, reports, files) in sides {
        for (at, report) in reports.iter().enumerate() {
            let number = at + 1;
            let name = match files.get(at) {
                Some(file) => format!("{side} run {number} ({file})"),
                None => format!("{side} run {number}"),
            };
            runs.push(Run {
                name,
                is_head,
                report,
            });
        }
    }
    runs
}
