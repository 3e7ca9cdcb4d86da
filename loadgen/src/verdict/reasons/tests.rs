use super::*;
use crate::measure::{Bank, Counters, HostUse, Totals};
use crate::verdict::Verdict;

/// A run that is at every limit, and over none.
struct Run {
    counters: Counters,
    bank: Bank,
    totals: Totals,
    starts: Option<StartRates>,
    local_failures: u64,
    rx: Rx,
    optimised: bool,
    busy: f64,
    drift_ns: u64,
    ahead_ns: u64,
    host: HostUse,
    target_is_local: bool,
}

impl Run {
    fn new() -> Self {
        Self {
            counters: Counters {
                streams_established: 1,
                ..Counters::default()
            },
            bank: Bank::new(),
            totals: Totals {
                events: 1_000,
                merged_events: 10,
                ..Totals::default()
            },
            starts: Some(arrivals(1_000, 990)),
            local_failures: 0,
            rx: Rx::Kernel,
            optimised: true,
            busy: BUSY_THREAD,
            drift_ns: 1_000_000,
            ahead_ns: 1_000_000,
            host: HostUse {
                busy_ratio: SHARED_CORES,
                stolen_ratio: STOLEN,
            },
            target_is_local: true,
        }
    }

    /// So many samples of each metric, all alike.
    fn with(mut self, samples: &[(Metric, f64)]) -> Self {
        for &(metric, value_ms) in samples {
            self.bank.record_n(metric, (value_ms * 1e6) as u64, 1_000);
        }
        self
    }

    fn verdict(&self) -> Verdict {
        Verdict::of(Evidence {
            counters: &self.counters,
            bank: &self.bank,
            totals: self.totals,
            starts: self.starts,
            local_failures: self.local_failures,
            rx: self.rx,
            optimised: self.optimised,
            busiest_thread: self.busy,
            share_of_host: 0.5,
            clock_drift_ns: self.drift_ns,
            server_ahead_ns: self.ahead_ns,
            host: self.host,
            target_is_local: self.target_is_local,
        })
    }

    fn codes(&self) -> Vec<(Code, Status)> {
        let verdict = self.verdict();
        let codes = verdict.reasons.iter();
        let codes: Vec<_> = codes.map(|reason| (reason.code, reason.severity)).collect();
        let worst = codes.iter().map(|(_, severity)| *severity).max();
        assert_eq!(verdict.status, worst.unwrap_or(Status::Valid));
        codes
    }
}

/// In ten seconds.
fn arrivals(offered: u64, started: u64) -> StartRates {
    StartRates {
        offered,
        offered_s: 10.0,
        started,
        started_s: 10.0,
    }
}

/// What is found after a flawless run was spoilt.
fn spoilt(spoil: impl FnOnce(&mut Run)) -> Vec<(Code, Status)> {
    let mut run = Run::new();
    spoil(&mut run);
    run.codes()
}

#[test]
fn a_run_at_every_limit_is_valid() {
    let at_limits = [
        (Metric::StartLag, 9.9),
        (Metric::Ttfe, 9.9),
        (Metric::Gap, 100.0),
        (Metric::Delivery, 9.9),
        (Metric::ClientLag, 0.99),
        (Metric::LoopLag, 500.0),
    ];
    assert_eq!(Run::new().with(&at_limits).codes(), []);
}

#[test]
fn too_little_to_go_by() {
    use Code::{DebugBuild, FewSamples};
    use Status::{Invalid, Suspect};
    assert_eq!(
        spoilt(|run| run.totals.events = 661),
        [(FewSamples, Suspect)]
    );
    assert_eq!(spoilt(|run| run.totals.events = 0), [(FewSamples, Invalid)]);
    let nothing = spoilt(|run| {
        run.counters.streams_established = 0;
        run.totals.events = 0;
    });
    assert_eq!(nothing, [(FewSamples, Invalid)]);
    let debug = spoilt(|run| run.optimised = false);
    assert_eq!(debug, [(DebugBuild, Invalid)]);
}

#[test]
fn arrivals_that_did_not_start() {
    let of = |arrivals| {
        let mut run = Run::new();
        run.starts = Some(arrivals);
        run
    };
    let missed = |severity| vec![(Code::RateMissed, severity)];
    let codes = |offered, started| of(arrivals(offered, started)).codes();
    assert_eq!(codes(1_000, 989), missed(Status::Suspect));
    assert_eq!(codes(1_000, 949), missed(Status::Invalid));
    assert_eq!(codes(5, 4), [], "one was about to start");
    assert_eq!(codes(5, 3), missed(Status::Invalid));
    let in_longer = |started_s| StartRates {
        started_s,
        ..arrivals(7, 7)
    };
    assert_eq!(
        of(in_longer(10.005)).codes(),
        [],
        "the last one a little late"
    );
    assert_eq!(of(in_longer(12.0)).codes(), missed(Status::Invalid));
    let message = |run: &Run| run.verdict().reasons[0].message.clone();
    let mut run = of(arrivals(1_000, 500));
    assert!(message(&run).contains("50.0 %") && message(&run).contains("fast enough"));
    run.counters.streams_held = 11;
    assert!(message(&run).contains("-c says: raise it"));
    run.local_failures = 7;
    assert!(message(&run).contains("7 failed for want of a local port"));
}

#[test]
fn late_starts() {
    let run = |lag_ms, ttfe_ms| {
        Run::new()
            .with(&[(Metric::StartLag, lag_ms), (Metric::Ttfe, ttfe_ms)])
            .codes()
    };
    assert_eq!(run(11.0, 120.0), [(Code::StartLag, Status::Suspect)]);
    assert_eq!(run(11.0, 100.0), [(Code::StartLag, Status::Invalid)]);
}

#[test]
fn the_generators_delay_counts_with_what_it_merges() {
    let run = |lag_ms, delivery_ms, merged| {
        let samples = [
            (Metric::Gap, 100.0),
            (Metric::Delivery, delivery_ms),
            (Metric::ClientLag, lag_ms),
        ];
        let mut run = Run::new().with(&samples);
        run.totals.merged_events = merged;
        run.codes()
    };
    assert_eq!(run(1.1, 10.0, 11), [(Code::ClientLag, Status::Suspect)]);
    assert_eq!(run(1.1, 20.0, 11), [], "a tenth of what was measured");
    assert_eq!(run(11.0, 10.0, 10), [], "it merged next to nothing");
    assert_eq!(run(6.0, 10.0, 51), [(Code::ClientLag, Status::Invalid)]);
    assert_eq!(run(4.0, 10.0, 51), [(Code::ClientLag, Status::Suspect)]);
    assert_eq!(run(6.0, 10.0, 50), [(Code::ClientLag, Status::Suspect)]);
}

#[test]
fn gaps_are_those_between_reads() {
    let mut run = Run::new().with(&[(Metric::Gap, 100.0), (Metric::ClientLag, 9.9)]);
    run.bank.record_n(Metric::Gap, 0, 9_000);
    run.totals.merged_events = 1_000;
    assert_eq!(run.codes(), [], "a server that sends ten at a time");
    let mut run = Run::new().with(&[(Metric::Gap, 100.0), (Metric::ClientLag, 51.0)]);
    run.bank.record_n(Metric::Gap, 0, 9_000);
    run.totals.merged_events = 1_000;
    assert_eq!(run.codes(), [(Code::ClientLag, Status::Invalid)]);
}

#[test]
fn late_wakings_count_where_receive_times_are_the_generators() {
    let run = |rx, lag_ms| {
        let mut run = Run::new().with(&[(Metric::Gap, 20.0), (Metric::LoopLag, lag_ms)]);
        run.rx = rx;
        run.codes()
    };
    assert_eq!(run(Rx::User, 2.1), [(Code::LoopLag, Status::Suspect)]);
    assert_eq!(run(Rx::User, 11.0), [(Code::LoopLag, Status::Invalid)]);
    assert_eq!(run(Rx::User, 1.9), []);
    assert_eq!(run(Rx::Kernel, 11.0), []);
}

#[test]
fn what_the_machine_did() {
    use Code::{ClientCpu, Clock, SharedCores, Stolen};
    use Status::{Invalid, Suspect};
    assert_eq!(spoilt(|run| run.busy = 0.91), [(ClientCpu, Suspect)]);
    for spoil in [
        |run: &mut Run, ns| run.drift_ns = ns,
        |run: &mut Run, ns| run.ahead_ns = ns,
    ] {
        let with = |ns| spoilt(|run| spoil(run, ns));
        assert_eq!(with(1_100_000), [(Clock, Suspect)]);
        assert_eq!(with(10_100_000), [(Clock, Invalid)]);
    }
    let stolen = spoilt(|run| run.host.stolen_ratio = 0.021);
    assert_eq!(stolen, [(Stolen, Suspect)]);
    let shared = spoilt(|run| run.host.busy_ratio = 0.91);
    assert_eq!(shared, [(SharedCores, Suspect)]);
    let apart = spoilt(|run| {
        run.host.busy_ratio = 0.91;
        run.target_is_local = false;
    });
    assert_eq!(apart, []);
}

#[test]
fn stolen_time_is_named_beside_what_it_caused() {
    let mut run = Run::new().with(&[(Metric::StartLag, 30.0), (Metric::Ttfe, 31.0)]);
    run.host.stolen_ratio = 0.071;
    let reasons = run.verdict().reasons;
    let codes: Vec<Code> = reasons.iter().map(|reason| reason.code).collect();
    assert_eq!(codes, [Code::StartLag, Code::Stolen]);
    assert!(reasons[0].message.contains("took 7.1 % of the time"));
}
