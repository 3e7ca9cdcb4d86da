//! What can speak against a run, one function each.

use super::{Code, Evidence, Reason, ReasonUnit, StartRates, Status};
use crate::measure::{Metric, Rx, p99_or_what_is_carried, samples_needed};

/// Below this a delay of the generator is nothing, whatever it is compared with.
const HARMLESS_MS: f64 = 1.0;
/// What a stream may start late.
const START_LAG_MS: f64 = 10.0;
/// Shares of the measured time that the generator's own delay may be.
const DELAY_SUSPECT: f64 = 0.1;
const DELAY_INVALID: f64 = 0.5;
/// Shares of events that were read together with one that the server had sent before: what the generator's delay costs
/// with kernel receive times. Those that the server sent together are not its doing.
const MERGED_SUSPECT: f64 = 0.01;
const MERGED_INVALID: f64 = 0.05;
/// Shares of the offered arrivals that must have started.
const ARRIVALS_SUSPECT: f64 = 0.99;
const ARRIVALS_INVALID: f64 = 0.95;
/// Share of arrivals that have to be held back for the cap to be what made them late.
const HELD: f64 = 0.01;
/// Share of its core that a worker's thread may use before its own delays show.
const BUSY_THREAD: f64 = 0.9;
/// What the wall clock may move during a run: gaps and deliveries that matter are milliseconds.
const CLOCK_SUSPECT_MS: f64 = 1.0;
const CLOCK_INVALID_MS: f64 = 10.0;
/// What the hypervisor may take of the window.
const STOLEN: f64 = 0.02;
/// What generator and target may use together of the host that they share.
const SHARED_CORES: f64 = 0.9;

/// All of them: what ruled the run out first, then what the generator did late, then why it may have.
pub(super) const ALL: [fn(&Evidence<'_>) -> Option<Reason>; 10] = [
    debug_build,
    few_samples,
    rate_missed,
    start_lag,
    client_lag,
    loop_lag,
    client_cpu,
    clock,
    stolen,
    shared_cores,
];

fn debug_build(evidence: &Evidence<'_>) -> Option<Reason> {
    (!evidence.optimised).then(|| Reason {
        code: Code::DebugBuild,
        severity: Status::Invalid,
        figure: 0.0,
        limit: 1.0,
        unit: ReasonUnit::OptLevel,
        message: "weir was built without optimisation: build it with --release".to_owned(),
    })
}

fn few_samples(evidence: &Evidence<'_>) -> Option<Reason> {
    let (events, needed) = (evidence.totals.events, samples_needed(0.99));
    if events >= needed {
        return None;
    }
    let (severity, message) = match (events, evidence.counters) {
        (0, counters) if counters.streams_established == 0 => (
            Status::Invalid,
            "no stream was established: see the errors".to_owned(),
        ),
        (0, counters) if counters.streams_failed > 0 => (
            Status::Invalid,
            "no event came in the measuring time, and streams failed: see the errors".to_owned(),
        ),
        (0, _) => (
            Status::Invalid,
            "no event came in the measuring time: run longer (-d), or shorten --warmup".to_owned(),
        ),
        _ => (
            Status::Suspect,
            format!(
                "{events} events are too few for a p99, which needs {needed}: run longer (-d) or more streams (-c)"
            ),
        ),
    };
    Some(Reason {
        code: Code::FewSamples,
        severity,
        figure: events as f64,
        limit: needed as f64,
        unit: ReasonUnit::Events,
        message,
    })
}

fn rate_missed(evidence: &Evidence<'_>) -> Option<Reason> {
    let arrivals = evidence.starts?;
    let StartRates {
        offered, started, ..
    } = arrivals;
    // One that was about to start when the run ended is none that could not, and a little late is in time.
    let late_ms = (arrivals.started_s - arrivals.offered_s) * 1e3;
    let achieved = arrivals.achieved_ratio();
    let severity = match achieved {
        _ if offered.saturating_sub(started) <= 1 && late_ms <= START_LAG_MS => return None,
        _ if achieved < ARRIVALS_INVALID => Status::Invalid,
        _ if achieved < ARRIVALS_SUSPECT => Status::Suspect,
        _ => return None,
    };
    let advice = if evidence.local_failures > 0 {
        format!(
            "{} failed for want of a local port or descriptor: more source addresses (--local-addr), a higher limit (ulimit -n), or \
             streams that live longer",
            evidence.local_failures
        )
    } else {
        cap_reached(evidence).unwrap_or_else(|| {
            format!(
                "weir could not start them fast enough: lower -r, or give it more --threads or cores{}",
                blame(evidence)
            )
        })
    };
    Some(Reason {
        code: Code::RateMissed,
        severity,
        figure: achieved,
        limit: ARRIVALS_SUSPECT,
        unit: ReasonUnit::Ratio,
        message: format!(
            "streams started at {:.1} % of the rate offered ({started} of {offered} in the measuring time): {advice}",
            achieved * 100.0
        ),
    })
}

/// What to do when arrivals wait because of the cap.
fn cap_reached(evidence: &Evidence<'_>) -> Option<String> {
    let StartRates { offered, .. } = evidence.starts?;
    let held = evidence.counters.streams_held as f64;
    (held > HELD * offered as f64)
        .then(|| "they waited for others to end, as -c says: raise it, or lower -r".to_owned())
}

fn start_lag(evidence: &Evidence<'_>) -> Option<Reason> {
    let lag_ms = high_ms(evidence, Metric::StartLag)?;
    if lag_ms <= START_LAG_MS {
        return None;
    }
    let ttfe_ms = high_ms(evidence, Metric::Ttfe);
    let severity = match ttfe_ms {
        Some(ttfe_ms) if lag_ms > DELAY_SUSPECT * ttfe_ms => Status::Invalid,
        _ => Status::Suspect,
    };
    let advice = cap_reached(evidence).unwrap_or_else(|| {
        format!(
            "open fewer at a time (longer --warmup, lower -c or -r){}",
            blame(evidence)
        )
    });
    Some(Reason {
        code: Code::StartLag,
        severity,
        figure: lag_ms,
        limit: START_LAG_MS,
        unit: ReasonUnit::Ms,
        message: format!(
            "streams started up to {lag_ms:.1} ms late (p99), which ttfe counts: {advice}"
        ),
    })
}

fn client_lag(evidence: &Evidence<'_>) -> Option<Reason> {
    let lag_ms = high_ms(evidence, Metric::ClientLag).filter(|_| evidence.rx == Rx::Kernel)?;
    let measured_ms = [gap_ms(evidence), high_ms(evidence, Metric::Delivery)]
        .into_iter()
        .flatten()
        .min_by(f64::total_cmp)?;
    let totals = evidence.totals;
    let merged = totals.merged_events as f64 / totals.events.max(1) as f64;
    let exceeds = |share: f64, of_events: f64| {
        lag_ms > HARMLESS_MS && lag_ms > share * measured_ms && merged > of_events
    };
    Some(Reason {
        code: Code::ClientLag,
        severity: if exceeds(DELAY_INVALID, MERGED_INVALID) {
            Status::Invalid
        } else if exceeds(DELAY_SUSPECT, MERGED_SUSPECT) {
            Status::Suspect
        } else {
            return None;
        },
        figure: lag_ms,
        limit: HARMLESS_MS.max(DELAY_SUSPECT * measured_ms),
        unit: ReasonUnit::Ms,
        message: format!(
            "events waited up to {lag_ms:.1} ms (p99) for weir, and {:.0} % were read together with others: more --threads, or \
             fewer streams{}",
            merged * 100.0,
            blame(evidence)
        ),
    })
}

fn loop_lag(evidence: &Evidence<'_>) -> Option<Reason> {
    let lag_ms = high_ms(evidence, Metric::LoopLag).filter(|_| evidence.rx == Rx::User)?;
    let gap_ms = gap_ms(evidence)?;
    if lag_ms <= HARMLESS_MS || lag_ms <= DELAY_SUSPECT * gap_ms {
        return None;
    }
    Some(Reason {
        code: Code::LoopLag,
        severity: if lag_ms > DELAY_INVALID * gap_ms {
            Status::Invalid
        } else {
            Status::Suspect
        },
        figure: lag_ms,
        limit: HARMLESS_MS.max(DELAY_SUSPECT * gap_ms),
        unit: ReasonUnit::Ms,
        message: format!(
            "weir woke up to {lag_ms:.1} ms late (p99), and receive times are its own: more --threads, fewer streams, or a \
             kernel that stamps them{}",
            blame(evidence)
        ),
    })
}

fn client_cpu(evidence: &Evidence<'_>) -> Option<Reason> {
    let busy = evidence.busiest_thread;
    (busy > BUSY_THREAD).then(|| Reason {
        code: Code::ClientCpu,
        severity: Status::Suspect,
        figure: busy,
        limit: BUSY_THREAD,
        unit: ReasonUnit::Ratio,
        message: format!(
            "a worker's thread was busy {:.0} % of the time: more --threads, fewer streams, or another machine for the target",
            busy * 100.0
        ),
    })
}

fn clock(evidence: &Evidence<'_>) -> Option<Reason> {
    let drift_ms = evidence.clock_drift_ns as f64 / 1e6;
    let ahead_ms = evidence.server_ahead_ns as f64 / 1e6;
    let figure = drift_ms.max(ahead_ms);
    let severity = match figure {
        _ if figure > CLOCK_INVALID_MS => Status::Invalid,
        _ if figure > CLOCK_SUSPECT_MS => Status::Suspect,
        _ => return None,
    };
    let message = if drift_ms >= ahead_ms {
        format!(
            "the wall clock moved by {drift_ms:.1} ms during the run, and kernel receive times with it: run again when it is settled"
        )
    } else {
        format!(
            "events were sent up to {ahead_ms:.1} ms after they were received: the server's clock is ahead, and delivery and \
             wire are too small by that: synchronise the clocks"
        )
    };
    Some(Reason {
        code: Code::Clock,
        severity,
        figure,
        limit: CLOCK_SUSPECT_MS,
        unit: ReasonUnit::Ms,
        message,
    })
}

fn stolen(evidence: &Evidence<'_>) -> Option<Reason> {
    let stolen = evidence.host.stolen_ratio;
    (stolen > STOLEN).then(|| Reason {
        code: Code::Stolen,
        severity: Status::Suspect,
        figure: stolen,
        limit: STOLEN,
        unit: ReasonUnit::Ratio,
        message: format!(
            "the hypervisor gave {:.1} % of this host's processor time to others: run again when its neighbours are quiet, or on a \
             machine of its own",
            stolen * 100.0
        ),
    })
}

fn shared_cores(evidence: &Evidence<'_>) -> Option<Reason> {
    let busy = evidence.host.busy_ratio;
    (evidence.target_is_local && busy > SHARED_CORES).then(|| Reason {
        code: Code::SharedCores,
        severity: Status::Suspect,
        figure: busy,
        limit: SHARED_CORES,
        unit: ReasonUnit::Ratio,
        message: format!(
            "this host, which the target is on too, was busy {:.0} % of the time, {:.0} % of it with weir: each takes time from the \
             other; lower the load, or give the target a machine of its own",
            busy * 100.0,
            evidence.share_of_host / busy * 100.0
        ),
    })
}

/// Names stolen time beside what it is likely to have caused.
fn blame(evidence: &Evidence<'_>) -> String {
    let stolen = evidence.host.stolen_ratio;
    if stolen > STOLEN {
        format!(
            " (the hypervisor took {:.1} % of the time: a likely cause)",
            stolen * 100.0
        )
    } else {
        String::new()
    }
}

/// A metric's p99, as far as its samples carry one.
fn high_ms(evidence: &Evidence<'_>, metric: Metric) -> Option<f64> {
    let histogram = evidence.bank.get(metric);
    (!histogram.is_empty()).then(|| p99_or_what_is_carried(histogram) as f64 / 1e6)
}

/// The median gap between reads: events of one read have none between them.
fn gap_ms(evidence: &Evidence<'_>) -> Option<f64> {
    /// The histograms' smallest step.
    const NONE_NS: u64 = 1_000;
    let histogram = evidence.bank.get(Metric::Gap);
    let gaps = histogram.len();
    let none = histogram.count_between(0, NONE_NS - 1);
    let quantile = (none as f64 + (gaps - none) as f64 / 2.0) / gaps as f64;
    (gaps > 0).then(|| histogram.value_at_quantile(quantile) as f64 / 1e6)
}

#[cfg(test)]
mod tests;
