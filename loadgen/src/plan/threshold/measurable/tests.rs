use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::load::{Arrivals, Load, Process};
use crate::plan::threshold::figure::names;
use crate::plan::{Request, Timeouts, tests::settings};

/// In which cases a figure cannot be measured.
type Unmeasurable = fn(Case) -> bool;

const NEVER: Unmeasurable = |_| false;
const ALWAYS: Unmeasurable = |_| true;
const IF_CLOSED: Unmeasurable = |case| case != Case::Open;
const IF_ONE_EVENT: Unmeasurable = |case| matches!(case, Case::OneEvent | Case::OneResumed);
const IF_ONE_RESUMED: Unmeasurable = |case| case == Case::OneResumed;
const IF_USER_RX: Unmeasurable = |case| case == Case::UserRx;
const IF_UNWATCHED: Unmeasurable = |case| !matches!(case, Case::Pid | Case::Metrics);
const UNLESS_METRICS: Unmeasurable = |case| case != Case::Metrics;
const IF_UNLIMITED: Unmeasurable = |case| case != Case::Limited;

/// Every figure there is, a latency by its metric.
const FIGURES: &[(&str, Unmeasurable)] = &[
    ("connect", NEVER),
    ("headers", NEVER),
    ("ttfe", NEVER),
    ("ttfe_sent", NEVER),
    ("gap", IF_ONE_EVENT),
    ("delivery", NEVER),
    ("server_lag", NEVER),
    ("wire", NEVER),
    ("silence", NEVER),
    ("lifetime", NEVER),
    ("client_lag", IF_USER_RX),
    ("start_lag", NEVER),
    ("loop_lag", NEVER),
    ("streams_started", NEVER),
    ("streams_held", IF_CLOSED),
    ("streams_unstarted", IF_CLOSED),
    ("streams_established", NEVER),
    ("streams_completed", NEVER),
    ("streams_failed", NEVER),
    ("errors", NEVER),
    ("streams_cut", NEVER),
    ("streams_unanswered", NEVER),
    ("streams_open_peak", NEVER),
    ("events", NEVER),
    ("comments", NEVER),
    ("bytes", NEVER),
    ("reads", NEVER),
    ("coalesced_events", IF_ONE_EVENT),
    ("lost", IF_ONE_RESUMED),
    ("duplicated", IF_ONE_EVENT),
    ("reordered", IF_ONE_EVENT),
    ("reconnects", ALWAYS),
    ("censored", NEVER),
    ("failed_rate", NEVER),
    ("lost_rate", IF_ONE_RESUMED),
    ("duplicated_rate", IF_ONE_EVENT),
    ("reordered_rate", IF_ONE_EVENT),
    ("censored_rate", NEVER),
    ("coalesced_rate", IF_ONE_EVENT),
    ("events_per_s", NEVER),
    ("bytes_per_s", NEVER),
    ("streams_per_s", NEVER),
    ("started_streams_per_s", NEVER),
    ("offered_streams_per_s", IF_CLOSED),
    ("cpu_ns_per_event", NEVER),
    ("rss_peak_bytes", NEVER),
    ("target.cpu_ns_per_event", IF_UNWATCHED),
    ("target.bytes_per_stream", IF_UNWATCHED),
    ("target.rss_before_bytes", IF_UNWATCHED),
    ("target.rss_peak_bytes", IF_UNWATCHED),
    ("target.rss_after_bytes", IF_UNWATCHED),
    ("target.streams_open_peak", UNLESS_METRICS),
    ("connect_refused", NEVER),
    ("connect_timeout", NEVER),
    ("connect_reset", NEVER),
    ("http_status", NEVER),
    ("content_type", NEVER),
    ("first_event_timeout", IF_UNLIMITED),
    ("idle_timeout", IF_UNLIMITED),
    ("protocol", NEVER),
    ("reset", NEVER),
    ("truncated", NEVER),
    ("local_ports", NEVER),
    ("local_fds", NEVER),
];

/// A plan, closed and unwatched, without timeouts, but for what its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Plain,
    Open,
    /// Nobody asks for stamps.
    Unasked,
    OneEvent,
    OneResumed,
    UserRx,
    Limited,
    Pid,
    Metrics,
}

impl Case {
    const ALL: [Self; 9] = [
        Self::Plain,
        Self::Open,
        Self::Unasked,
        Self::OneEvent,
        Self::OneResumed,
        Self::UserRx,
        Self::Limited,
        Self::Pid,
        Self::Metrics,
    ];

    fn plan(self) -> Settings {
        let plain = settings("http://127.0.0.1:1/");
        let request = plain.request.clone();
        let timeout = Some(Duration::from_secs(1));
        match self {
            Self::Plain => plain,
            Self::Open => Settings {
                load: Load {
                    arrivals: Some(Arrivals {
                        rate_per_s: 1.0,
                        process: Process::Poisson,
                    }),
                    ..Load::default()
                },
                ..plain
            },
            Self::Unasked => Settings {
                request: Request {
                    stamp: false,
                    ..request
                },
                ..plain
            },
            Self::OneEvent => Settings {
                events_per_stream: Some(1),
                ..plain
            },
            Self::OneResumed => Settings {
                events_per_stream: Some(1),
                request: Request {
                    headers: vec![("Last-Event-ID".to_owned(), "7".to_owned())],
                    ..request
                },
                ..plain
            },
            Self::UserRx => Settings {
                rx: Rx::User,
                ..plain
            },
            Self::Limited => Settings {
                timeouts: Timeouts {
                    connect: timeout,
                    first_event: timeout,
                    idle: timeout,
                },
                ..plain
            },
            Self::Pid => Settings {
                watch: Some(TargetFigures::Pid(1)),
                ..plain
            },
            Self::Metrics => Settings {
                watch: Some(TargetFigures::Metrics(plain.target.clone())),
                ..plain
            },
        }
    }
}

/// A threshold on a figure that would hold if nothing was counted.
fn threshold(name: &str) -> Threshold {
    let forms = [format!("{name}.count==0"), format!("{name}==0")];
    let mut read = forms.iter().filter_map(|text| text.parse().ok());
    read.next().unwrap()
}

#[test]
fn it_is_decided_of_every_figure() {
    let (metrics, others) = names();
    let all: BTreeSet<&str> = metrics.into_iter().chain(others).collect();
    let decided: BTreeSet<&str> = FIGURES.iter().map(|(name, _)| *name).collect();
    assert_eq!(decided, all);
    for (name, unmeasurable) in FIGURES {
        let threshold = threshold(name);
        for case in Case::ALL {
            let reason = threshold.unmeasurable_in(&case.plan());
            let is_expected = unmeasurable(case);
            assert_eq!(
                reason.is_some(),
                is_expected,
                "{name}, {case:?}: {reason:?}"
            );
        }
    }
}

#[test]
fn no_stream_of_one_event_idles() {
    let plan = Settings {
        events_per_stream: Some(1),
        ..Case::Limited.plan()
    };
    let idle = threshold("idle_timeout").unmeasurable_in(&plan);
    assert_eq!(idle, Some(ONE_EVENT));
}

#[test]
fn what_is_unmeasurable_has_the_reason_for_it() {
    let reason = |name, case: Case| threshold(name).unmeasurable_in(&case.plan()).unwrap();
    assert_eq!(reason("reconnects", Case::Plain), NO_RECONNECTS);
    assert_eq!(reason("streams_unstarted", Case::Plain), CLOSED);
    assert_eq!(reason("lost", Case::OneResumed), ONE_RESUMED);
    assert_eq!(reason("client_lag", Case::UserRx), USER_RX);
    assert_eq!(reason("target.streams_open_peak", Case::Plain), UNWATCHED);
    assert_eq!(reason("target.streams_open_peak", Case::Pid), NO_STREAMS);
    assert_eq!(reason("first_event_timeout", Case::Plain), NO_TIMEOUT);
}
