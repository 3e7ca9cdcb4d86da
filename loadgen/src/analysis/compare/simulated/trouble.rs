//! Whole reports of what a comparison can be fooled by: of the same thing on both sides, or of a head that is worse in a way that its
//! latencies do not show.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::Serialize;

use super::{EVENTS, SECONDS, gauss, latencies};
use crate::analysis::compare::{Answer, Gated, Margin, Options, compare};
use crate::measure::{Counters, DueSource, ErrorKind, Metric, Rx, SequenceSource, new_histogram};
use crate::plan::{Plan, Settings, Target};
use crate::report::{
    Encoded, Headline, Interval, Latency, Machine, Report, Resources, SCHEMA, Throughput, Tool,
};
use crate::verdict::{Status, Verdict};

/// What is the matter with the runs, or with head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Head's streams fall silent after the first second, and stay open.
    SilentHead,
    /// One run of head does so, of eight.
    SilentOnce,
    /// Head's streams end after the first second.
    EarlyEnd,
    /// They end early, and others take their place: as many events, and five times the streams.
    EarlyEndAgain,
    /// Seventy events a run: a sixth of head's come after most of a second.
    SlowTailOfFew,
    /// Seventy events a run, the same on both sides.
    FewSamples,
    /// The machine drifts, and all of base was run before head.
    Blocks,
    /// The machine drifts as much, and the sides took turns.
    DriftInTurns,
    /// A fifth of the runs of either side have a burst of failed streams.
    ClusteredFailures,
    /// A tenth of the runs of either side lose an event.
    RareLoss,
    /// Copies of one run of either side.
    Copies,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::SilentHead,
        Self::SilentOnce,
        Self::EarlyEnd,
        Self::EarlyEndAgain,
        Self::SlowTailOfFew,
        Self::FewSamples,
        Self::Blocks,
        Self::DriftInTurns,
        Self::ClusteredFailures,
        Self::RareLoss,
        Self::Copies,
    ];

    /// In a few words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SilentHead => "head falls silent",
            Self::SilentOnce => "one run of head falls silent",
            Self::EarlyEnd => "head ends early",
            Self::EarlyEndAgain => "head ends early, again and again",
            Self::SlowTailOfFew => "few samples, head's tail is worse",
            Self::FewSamples => "few samples, the same",
            Self::Blocks => "drift, one side after the other",
            Self::DriftInTurns => "drift, turn about",
            Self::ClusteredFailures => "failures in bursts, the same",
            Self::RareLoss => "an event lost now and then, the same",
            Self::Copies => "copies of a run",
        }
    }

    /// Whether head is worse: a pass is then wrong. Where it is not, a regression is.
    #[must_use]
    pub fn is_worse(self) -> bool {
        matches!(
            self,
            Self::SilentHead
                | Self::SilentOnce
                | Self::EarlyEnd
                | Self::EarlyEndAgain
                | Self::SlowTailOfFew
        )
    }

    /// What a comparison says of it, without a margin; nothing where it is refused.
    #[must_use]
    pub fn compare(self, seed: u64) -> Option<Answer> {
        const NO_MARGIN: Margin = Margin {
            relative: 0.0,
            absolute_ns: 0,
        };
        let (base, head) = self.sides(&mut Pcg64Mcg::seed_from_u64(seed));
        let options = Options {
            margins: Gated::DEFAULTS.map(|gated| (gated, NO_MARGIN)).to_vec(),
            ..Options::default()
        };
        let found = compare(&base, &head, &options);
        found.ok().map(|found| found.answer)
    }

    fn sides(self, random: &mut Pcg64Mcg) -> (Vec<Report>, Vec<Report>) {
        let (mut base, mut head) = (Vec::new(), Vec::new());
        let mut drift = gauss(random);
        for place in 0..2 * RUNS {
            let is_head = match self {
                Self::Blocks => place >= RUNS,
                _ => matches!(place % 4, 1 | 2),
            };
            let side = if is_head { &mut head } else { &mut base };
            let level = match self {
                Self::Blocks | Self::DriftInTurns => DRIFT * drift,
                _ => BETWEEN_RUNS * gauss(random),
            };
            drift =
                AUTOCORRELATION * drift + (1.0 - AUTOCORRELATION.powi(2)).sqrt() * gauss(random);
            let is_first = side.is_empty();
            side.push(self.run(place, is_head, is_first, level, random));
        }
        if self == Self::Copies {
            base = vec![base.swap_remove(0); COPIES];
            head = vec![head.swap_remove(0); COPIES];
        }
        (base, head)
    }

    fn run(
        self,
        place: usize,
        is_head: bool,
        is_first: bool,
        level: f64,
        random: &mut Pcg64Mcg,
    ) -> Report {
        let mut run = Run::new(place);
        let is_quiet = match self {
            Self::SilentHead | Self::EarlyEnd => is_head,
            Self::SilentOnce => is_head && is_first,
            _ => false,
        };
        let heard = if is_quiet { 1 } else { SECONDS };
        for second in 0..SECONDS {
            let events = match self {
                _ if second >= heard => 0,
                Self::SlowTailOfFew | Self::FewSamples => FEW,
                _ => EVENTS,
            };
            let mut recorded = latencies(level, events, random);
            if self == Self::SlowTailOfFew && is_head && events > 0 {
                recorded.push((900_000_000, events as u64 / 6));
            }
            run.second(&recorded);
        }
        let first = latencies(level, STREAMS as usize, random);
        run.first_events(&first);
        let is_silent = is_quiet && self != Self::EarlyEnd;
        run.silence_ns = if is_silent { 4_000_000_000 } else { 20_000_000 };
        let mut report = run.report();
        let counters = &mut report.counters;
        match self {
            Self::EarlyEnd if is_head => counters.streams_completed = STREAMS,
            Self::EarlyEndAgain if is_head => {
                counters.streams_started = 5 * STREAMS;
                counters.streams_completed = 4 * STREAMS;
            }
            Self::ClusteredFailures if random.random_bool(0.2) => {
                let failed = random.random_range(1..=STREAMS / 2);
                counters.streams_failed = failed;
                report.errors = [(ErrorKind::Reset, failed)].into();
            }
            Self::RareLoss if random.random_bool(0.1) => counters.lost = 1,
            _ => {}
        }
        report
    }
}

/// Of each side, in turns of A B B A.
const RUNS: usize = 8;
const COPIES: usize = 6;
/// Of a run: enough for a median of `ttfe`.
const STREAMS: u64 = 30;
/// Events a second where there are few.
const FEW: usize = 14;
/// Standard deviation of a run's level, in logarithms.
const BETWEEN_RUNS: f64 = 0.05;
/// Likewise where the machine drifts, and how much of that is still there a run later: as seen of `gap.p99` on a shared machine.
const DRIFT: f64 = 0.3;
const AUTOCORRELATION: f64 = 0.63;

/// A run as it is put together.
struct Run {
    place: usize,
    events: u64,
    intervals: Vec<Interval>,
    gaps: hdrhistogram::Histogram<u64>,
    first: hdrhistogram::Histogram<u64>,
    /// Of each stream.
    silence_ns: u64,
}

impl Run {
    fn new(place: usize) -> Self {
        Self {
            place,
            events: 0,
            intervals: Vec::new(),
            gaps: new_histogram(),
            first: new_histogram(),
            silence_ns: 0,
        }
    }

    fn second(&mut self, recorded: &[(u64, u64)]) {
        let mut gaps = new_histogram();
        for &(value_ns, count) in recorded {
            gaps.record_n(value_ns, count).expect("it is within bounds");
        }
        self.gaps.add(&gaps).expect("they have the same bounds");
        self.events += gaps.len();
        let histograms = if gaps.is_empty() {
            BTreeMap::new()
        } else {
            [(Metric::Gap, Encoded::of(&gaps))].into()
        };
        self.intervals.push(Interval {
            t_s: self.intervals.len() as f64 + 1.0,
            histograms,
            ..Interval::default()
        });
    }

    fn first_events(&mut self, recorded: &[(u64, u64)]) {
        for &(value_ns, count) in recorded {
            let recorded = self.first.record_n(value_ns, count);
            recorded.expect("it is within bounds");
        }
    }

    fn report(self) -> Report {
        let mut silence = new_histogram();
        let recorded = silence.record_n(self.silence_ns, STREAMS);
        recorded.expect("it is within bounds");
        let measured = [
            (Metric::Gap, self.gaps),
            (Metric::Ttfe, self.first),
            (Metric::Silence, silence),
        ];
        let latency = measured.iter();
        let latency = latency.filter_map(|(metric, of)| Some((*metric, Latency::of(of)?)));
        let begun = SystemTime::UNIX_EPOCH + Duration::from_secs(60 * self.place as u64);
        Report {
            started_at: humantime::format_rfc3339_millis(begun).to_string(),
            counters: Counters {
                streams_started: STREAMS,
                streams_established: STREAMS,
                events: self.events,
                ..Counters::default()
            },
            throughput: Throughput {
                window_s: SECONDS as f64,
                events: self.events,
                events_per_s: self.events as f64 / SECONDS as f64,
                ..Throughput::default()
            },
            latency: latency.collect(),
            histograms: measured
                .iter()
                .map(|(metric, of)| (*metric, Encoded::of(of)))
                .collect(),
            intervals: self.intervals,
            ..empty()
        }
    }
}

/// Of a valid run that saw nothing.
fn empty() -> Report {
    let target = Target::literal("http://127.0.0.1:1/").expect("it is a URL");
    Report {
        schema: SCHEMA.to_owned(),
        tool: Tool::this(),
        started_at: String::new(),
        plan: Plan::build(Settings::new(target)).expect("one stream can be asked for"),
        machine: Machine::this(),
        rx: Rx::Kernel,
        sequence: SequenceSource::Stamps,
        due: DueSource::Stamps,
        expected_interval: None,
        interrupted: false,
        given_up: false,
        aborted: None,
        headline: Headline::default(),
        verdict: Verdict {
            status: Status::Valid,
            reasons: Vec::new(),
        },
        notes: Vec::new(),
        counters: Counters::default(),
        errors: BTreeMap::new(),
        error_samples: BTreeMap::new(),
        throughput: Throughput::default(),
        latency: BTreeMap::new(),
        cohorts: BTreeMap::new(),
        phases: Vec::new(),
        resources: Resources::default(),
        server: None,
        target: None,
        thresholds: Vec::new(),
        intervals: Vec::new(),
        histograms: BTreeMap::new(),
        merged_from: Vec::new(),
        truth: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each is of sixteen reports, which an unoptimised program takes a tenth of a second for.
    const COMPARISONS: u64 = 10;

    fn answers(trouble: Trouble) -> Vec<Option<Answer>> {
        (0..COMPARISONS).map(|seed| trouble.compare(seed)).collect()
    }

    #[test]
    fn a_head_that_is_worse_is_a_regression_and_once_never_a_pass() {
        for trouble in Trouble::ALL.into_iter().filter(|one| one.is_worse()) {
            let expected = match trouble {
                Trouble::SilentOnce => Answer::Inconclusive,
                _ => Answer::Regression,
            };
            let found = answers(trouble);
            let is_so = found.iter().all(|answer| *answer == Some(expected));
            assert!(is_so, "{}: {found:?}", trouble.name());
        }
    }

    #[test]
    fn the_same_is_no_regression() {
        for trouble in [
            Trouble::FewSamples,
            Trouble::DriftInTurns,
            Trouble::ClusteredFailures,
            Trouble::RareLoss,
        ] {
            let found = answers(trouble);
            let alarms = found.iter().filter(|one| **one == Some(Answer::Regression));
            assert!(alarms.count() <= 1, "{}: {found:?}", trouble.name());
        }
    }

    #[test]
    fn copies_are_refused_and_blocks_left_open() {
        let is_all = |trouble: Trouble, answer: Option<Answer>| {
            answers(trouble).into_iter().all(|found| found == answer)
        };
        assert!(is_all(Trouble::Copies, None));
        assert!(is_all(Trouble::Blocks, Some(Answer::Inconclusive)));
    }
}
