use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::*;

const PERIOD: Duration = Duration::from_nanos(10);

/// How late each event is.
fn delays(rx_ns: &[u64]) -> Vec<u64> {
    let placed: Vec<_> = rx_ns.iter().map(|&rx_ns| (Place::Next, rx_ns)).collect();
    let delays = delays_at(&placed).into_iter();
    delays.map(Option::unwrap).collect()
}

fn delays_at(placed: &[(Place, u64)]) -> Vec<Option<u64>> {
    let mut due = PeriodicDue::every(PERIOD);
    let placed = placed.iter();
    placed
        .map(|&(place, rx_ns)| due.arrive(place, rx_ns).map(|due_ns| rx_ns - due_ns))
        .collect()
}

#[test]
fn an_even_stream_is_never_late_and_a_stall_shows_in_all_that_it_delays() {
    assert_eq!(delays(&[1_000, 1_010, 1_020]), [0, 0, 0]);
    // Frozen from 1,011 to 1,045, after which what was due comes at once.
    assert_eq!(
        delays(&[1_000, 1_010, 1_045, 1_045, 1_045, 1_050]),
        [0, 0, 25, 15, 5, 0]
    );
}

#[test]
fn a_late_first_event_moves_the_schedule_back_when_that_shows() {
    assert_eq!(delays(&[1_004, 1_010, 1_020, 1_031]), [0, 0, 0, 1]);
}

#[test]
fn a_lost_event_leaves_its_place_empty() {
    let delays = delays_at(&[
        (Place::Next, 1_000),
        (Place::Number(8), 1_010),
        (Place::Number(10), 1_030),
        (Place::Number(11), 1_043),
        (Place::Number(13), 1_060),
    ]);
    assert_eq!(delays, [0, 0, 0, 3, 0].map(Some));
}

#[test]
fn late_and_repeated_events_are_due_at_their_own_places() {
    let delays = delays_at(&[
        (Place::Number(7), 1_000),
        (Place::Number(8), 1_010),
        (Place::Number(10), 1_030),
        (Place::Number(9), 1_032),
        (Place::Number(8), 1_035),
        (Place::None, 1_036),
        (Place::Number(6), 1_037),
        (Place::Number(11), 1_041),
    ]);
    let some = Some;
    assert_eq!(
        delays,
        [
            some(0),
            some(0),
            some(0),
            some(12),
            some(25),
            None,
            some(47),
            some(1)
        ]
    );
}

/// What is missing at 1,145 of a stream with these events.
fn missing(rx_ns: impl IntoIterator<Item = u64>) -> Option<Missing> {
    let mut due = PeriodicDue::every(PERIOD);
    for rx_ns in rx_ns {
        due.arrive(Place::Next, rx_ns);
    }
    due.missing(1_145)
}

#[test]
fn what_was_due_by_the_end_is_missing() {
    let of_three = Missing {
        instants: 2,
        events_each: 1,
        first_due_ns: 1_130,
        step_ns: 10,
    };
    assert_eq!(missing([1_100, 1_110, 1_120]), Some(of_three));
    assert_eq!(missing([1_120, 1_130, 1_140]), None, "the next is not due");
    let fitted = Missing {
        instants: 3,
        events_each: 1,
        first_due_ns: 1_120,
        step_ns: 12,
    };
    let every_12 = (0..10).map(|event| 1_000 + 12 * event);
    assert_eq!(missing(every_12), Some(fitted), "by its own period");
}

#[test]
fn of_a_stream_without_the_period_nothing_is_missing() {
    assert_eq!(missing([]), None);
    assert_eq!(missing([1_000]), None);
    assert_eq!(missing([1_000, 1_010]), None, "may be all there is");
    assert_eq!(missing([1_000, 1_020, 1_040]), None, "half as often");
    assert_eq!(missing([1_000, 1_000, 1_001, 1_001]), None, "in one go");
}

/// A server whose delays are known, with a period of a millisecond as the user says.
#[derive(Debug, Clone)]
struct Simulated {
    /// What its period really is, over what the user says, less 1.
    off: f64,
    events: u64,
    /// Of each event up to so many periods, at random.
    jitter: f64,
    seed: u64,
    /// It does nothing from this event on, and sends what was due then at once.
    stall_at: u64,
    stall_periods: f64,
}

const SIMULATED: Simulated = Simulated {
    off: 0.0,
    events: 2_000,
    jitter: 0.0,
    seed: 1,
    stall_at: u64::MAX,
    stall_periods: 0.0,
};

const GIVEN: Duration = Duration::from_millis(1);
const GIVEN_NS: f64 = 1e6;
const FIRST_DUE_NS: u64 = 1_000_000_000_000;

impl Simulated {
    fn period_ns(&self) -> f64 {
        GIVEN_NS * (1.0 + self.off)
    }

    /// When each event was due, and when it came.
    fn moments(&self) -> Vec<(u64, u64)> {
        let mut random = Pcg64Mcg::seed_from_u64(self.seed);
        let due_ns = |event: u64| FIRST_DUE_NS + (self.period_ns() * event as f64).round() as u64;
        let stalled_ns = due_ns(self.stall_at.min(self.events));
        let thawed_ns = stalled_ns + (self.stall_periods * GIVEN_NS) as u64;
        let mut last_rx_ns = 0;
        let events = 0..self.events;
        events
            .map(|event| {
                let is_stalled = (stalled_ns..thawed_ns).contains(&due_ns(event));
                let sent_ns = if is_stalled { thawed_ns } else { due_ns(event) };
                let delay_ns = random.random::<f64>() * self.jitter * GIVEN_NS;
                // One connection: none overtakes another.
                last_rx_ns = last_rx_ns.max(sent_ns + delay_ns as u64);
                (due_ns(event), last_rx_ns)
            })
            .collect()
    }

    /// The record of it, and of each event how late it was and how late it is said to be, in periods as the user gave it.
    fn measured(&self) -> (PeriodicDue, Vec<(f64, f64)>) {
        let mut due = PeriodicDue::every(GIVEN);
        let periods = |from_ns: u64, to_ns: u64| (to_ns as f64 - from_ns as f64) / GIVEN_NS;
        let moments = self.moments().into_iter();
        let late = moments.map(|(due_ns, rx_ns)| {
            let said_ns = due.arrive(Place::Next, rx_ns).unwrap();
            (periods(due_ns, rx_ns), periods(said_ns, rx_ns))
        });
        let late = late.collect();
        (due, late)
    }
}

/// The slope over the middle of the hull of all points at once, by its definition: the edge that no point is below.
fn offline_slope_ns(rx_ns: &[u64]) -> f64 {
    let last = rx_ns.len() - 1;
    let middle = last / 2;
    let slope =
        |from: usize, to: usize| (rx_ns[to] as f64 - rx_ns[from] as f64) / (to - from) as f64;
    // Of all chords over the middle the lowest there.
    let chords = (0..=middle).flat_map(|from| (middle + 1..=last).map(move |to| (from, to)));
    let at_middle_ns = |&(from, to): &(usize, usize)| {
        (rx_ns[from] - FIRST_DUE_NS) as f64 + slope(from, to) * (middle as f64 + 0.5 - from as f64)
    };
    let lowest = chords.min_by(|one, other| at_middle_ns(one).total_cmp(&at_middle_ns(other)));
    let (from, to) = lowest.unwrap();
    slope(from, to)
}

#[test]
fn a_server_that_is_off_all_the_time_is_not_late_for_it() {
    for off in [-0.05, -0.003, 0.01, 0.05, 0.2] {
        let (due, late) = Simulated { off, ..SIMULATED }.measured();
        let worst = late.iter().map(|(_, said)| *said).fold(0.0, f64::max);
        assert!(
            worst < FIT_PLACES as f64 * off.max(0.0) + 1e-5,
            "{off}: {worst}"
        );
        assert!(
            late.iter()
                .skip(FIT_PLACES as usize)
                .all(|(_, said)| *said < 1e-5)
        );
        assert!((due.period_ns / GIVEN_NS - 1.0 - off).abs() < 1e-6);
    }
}

#[test]
fn a_stall_of_a_server_that_is_off_is_in_every_event_that_it_made_late() {
    for off in [-0.05, 0.0, 0.05] {
        let server = Simulated {
            off,
            stall_at: 1_000,
            stall_periods: 900.0,
            ..SIMULATED
        };
        let (_, late) = server.measured();
        assert!(late.iter().any(|(late, _)| *late > 899.0));
        for (late, said) in &late[FIT_PLACES as usize..] {
            assert!((late - said).abs() < 1e-3, "{off}: {late} {said}");
        }
    }
}

#[test]
fn a_server_that_does_not_catch_up_is_late_until_it_is_twice_as_old() {
    let mut due = PeriodicDue::every(GIVEN);
    let late_ns: Vec<u64> = (0..1_000)
        .map(|event| {
            let rx_ns = FIRST_DUE_NS + event * 1_010_000 + if event < 300 { 0 } else { 50_000_000 };
            rx_ns - due.arrive(Place::Next, rx_ns).unwrap()
        })
        .collect();
    let is_late = |late_ns: &u64| late_ns.abs_diff(50_000_000) < 1_000;
    assert!(late_ns[300..590].iter().all(is_late));
    assert!(
        late_ns[610..].iter().all(|late_ns| *late_ns < 1_000),
        "{late_ns:?}"
    );
}

#[test]
fn a_server_that_has_another_period_is_held_to_the_one_that_was_given() {
    let (due, late) = Simulated {
        off: 0.3,
        ..SIMULATED
    }
    .measured();
    assert!((due.period_ns - GIVEN_NS).abs() < 1.0);
    assert!(late.last().unwrap().1 > 500.0);
    let seen = due.seen();
    assert!((seen.max_ns / GIVEN_NS - 1.3).abs() < 1e-6, "{seen:?}");
}

#[test]
fn a_period_is_seen_in_a_stream_of_some_length() {
    let seen = |events| {
        Simulated {
            events,
            ..SIMULATED
        }
        .measured()
        .0
        .seen()
    };
    assert_eq!(seen(FIT_PLACES), SeenPeriods::NONE);
    let shortest = SeenPeriods::of_stream(FIT_PLACES, GIVEN_NS);
    assert_eq!(seen(FIT_PLACES + 1), shortest);
}

fn simulated() -> impl Strategy<Value = Simulated> {
    let server = (-0.05..0.05, 100_u64..600, 0.0..0.9, any::<u64>());
    let stall = (0.3..0.9, 0.0..0.5);
    (server, stall).prop_map(|((off, events, jitter, seed), (at, of_past))| {
        let stall_at = (at * events as f64) as u64;
        Simulated {
            off,
            events,
            jitter,
            seed,
            stall_at,
            stall_periods: of_past * stall_at as f64 * (1.0 + off),
        }
    })
}

proptest! {
    /// However the server is off, jitters and stalls: what is kept of the hull is as good as all of it.
    #[test]
    fn the_period_is_that_of_the_hull_of_all_events(server in simulated()) {
        let rx_ns: Vec<u64> = server.moments().iter().map(|&(_, rx_ns)| rx_ns).collect();
        let (due, _) = server.measured();
        let offline_ns = offline_slope_ns(&rx_ns);
        let seen_ns = due.hull.middle_slope_ns().unwrap();
        prop_assert!((seen_ns / offline_ns - 1.0).abs() < 3e-3, "{seen_ns} {offline_ns}");
    }

    #[test]
    fn how_late_an_event_is_said_to_be_is_off_by_little_more_than_jitter(server in simulated()) {
        let (_, late) = server.measured();
        // Until there are as many events, it is off by the server's whole difference.
        let fitted = &late[FIT_PLACES as usize..];
        for (late, said) in fitted {
            // A line that is off by the jitter over half of a stream is so by more at the end of a long stall.
            let off_max = 5.0 * server.jitter + 0.05 * late + 1e-3;
            prop_assert!((late - said).abs() <= off_max, "{late} {said}");
        }
    }
}
