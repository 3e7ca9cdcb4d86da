use super::*;
use crate::measure::{INTERVAL_NS, Metric};

const SECOND: u64 = INTERVAL_NS;
const START: u64 = 5 * SECOND;
const WINDOW: Window = Window {
    start_ns: START,
    end_ns: START + 10 * SECOND,
};
const ALL: Cohort = Cohort::FIRST;

/// Of a run that had a warm-up of two seconds.
fn recorder() -> Recorder {
    Recorder::new(START - 2 * SECOND, WINDOW, 1)
}

fn moments(rx_ns: u64) -> EventMoments {
    EventMoments {
        rx_ns,
        previous_rx_ns: Some(rx_ns - 500_000),
        due_ns: Some(rx_ns - 900_000),
        sent_ns: Some(rx_ns - 600_000),
        previous_sent_ns: None,
    }
}

fn received(rx_ns: u64, rx: Rx) -> Received {
    Received {
        bytes: 1,
        rx_ns,
        rx,
    }
}

/// A read of one event.
fn read(recorder: &mut Recorder, rx_ns: u64) {
    let received = received(rx_ns, Rx::Kernel);
    recorder.read(ALL, received);
    recorder.event(ALL, moments(rx_ns));
    recorder.decoded(ALL, 1, received, rx_ns + 100_000);
}

/// What each interval has, by index.
fn parts(recorder: &mut Recorder) -> Vec<(i64, CohortShard)> {
    let shards = recorder.finish().into_iter();
    shards
        .map(|mut shard| (shard.index, shard.cohorts.remove(0)))
        .collect()
}

fn part(recorder: &mut Recorder, index: i64) -> CohortShard {
    let mut parts = parts(recorder).into_iter();
    let found = parts.find_map(|(of, part)| (of == index).then_some(part));
    found.unwrap()
}

#[test]
fn what_happens_is_booked_to_the_interval_of_its_instant() {
    let mut recorder = recorder();
    for rx_ns in [
        START - SECOND - 1,
        START - 1,
        START,
        START + SECOND,
        START + 3 * SECOND,
        // Behind the others, as where sockets are read late.
        START + 5,
        WINDOW.end_ns - 1,
        WINDOW.end_ns + SECOND / 2,
    ] {
        read(&mut recorder, rx_ns);
    }
    let events = parts(&mut recorder).into_iter().map(|(index, part)| {
        let gaps = part.bank.get(Metric::Gap).len();
        (index, part.counters.events, part.totals.events, gaps)
    });
    let mut expected: Vec<_> = (-2..10).map(|index| (index, 0, 0, 0)).collect();
    for (index, events) in [(-2, 1), (-1, 1), (0, 2), (1, 1), (3, 1)] {
        expected[(index + 2) as usize] = (index, events, events, events);
    }
    // What came behind the window is counted with the last interval, and measured by none.
    expected[11] = (9, 2, 1, 1);
    assert_eq!(events.collect::<Vec<_>>(), expected);
}

#[test]
fn an_interval_that_was_shipped_takes_nothing_more() {
    let mut recorder = recorder();
    let end_ns = |index: u64| START + (index + 1) * SECOND;
    read(&mut recorder, START);
    assert!(recorder.ship(START - SECOND - 1).is_none());
    let shipped: Vec<_> = std::iter::from_fn(|| recorder.ship(end_ns(1))).collect();
    let indices: Vec<_> = shipped.iter().map(|shard| shard.index).collect();
    assert_eq!(indices, [-2, -1, 0, 1]);
    // Both too late, the first of them of the warm-up, of which the window knows nothing but that it was.
    read(&mut recorder, START - 1);
    read(&mut recorder, START + 1);
    let part = part(&mut recorder, 2);
    assert_eq!((part.counters.events, part.totals.events), (2, 1));
    assert_eq!(part.bank.get(Metric::Delivery).len(), 1);
}

#[test]
fn the_last_interval_of_a_window_is_not_shipped_before_its_end() {
    let mut recorder = recorder();
    let shipped = std::iter::from_fn(|| recorder.ship(u64::MAX)).count();
    assert_eq!(shipped, 2 + 9);
    let last = recorder.finish();
    assert_eq!((last.len(), last[0].index, last[0].last), (1, 9, true));
}

#[test]
fn what_began_in_the_warm_up_belongs_to_the_window_if_it_lives_to_see_it() {
    let mut recorder = recorder();
    let mut keys = [CarriedKey::NONE; 3];
    let at_ns = [START - SECOND, START - SECOND, START + 1];
    for (key, at_ns) in keys.iter_mut().zip(at_ns) {
        recorder.record_beginning((ALL, key), at_ns, Metric::Connect, 1_000_000);
        recorder.record_beginning((ALL, key), at_ns + 1, Metric::Headers, 2_000_000);
    }
    recorder.end_beginning(keys[0], START - 1);
    let shards: Vec<_> = std::iter::from_fn(|| recorder.ship(START + SECOND)).collect();
    // After that, an end changes nothing.
    recorder.end_beginning(keys[1], START + 5 * SECOND);
    let counts = shards.iter().map(|shard| {
        let bank = &shard.cohorts[0].bank;
        [Metric::Connect, Metric::Headers].map(|metric| bank.get(metric).len())
    });
    assert_eq!(counts.collect::<Vec<_>>(), [[0, 0], [2, 2], [2, 2]]);
}

#[test]
fn a_beginning_that_is_read_late_is_in_the_window_that_its_stream_lives_to_see() {
    let mut recorder = recorder();
    let shipped = std::iter::from_fn(|| recorder.ship(START)).count();
    let mut key = CarriedKey::NONE;
    recorder.record_beginning((ALL, &mut key), START - 1, Metric::Connect, 1_000_000);
    assert_eq!((shipped, key), (2, CarriedKey::NONE));
    let part = part(&mut recorder, 0);
    assert_eq!(part.bank.get(Metric::Connect).len(), 1);
}

#[test]
fn what_is_ahead_of_the_windows_end_belongs_to_its_last_interval() {
    let mut recorder = recorder();
    read(&mut recorder, START + SECOND);
    read(&mut recorder, START + 5 * SECOND);
    recorder.end_window(START + 2 * SECOND);
    let shards = recorder.finish();
    let last = shards.last().unwrap();
    assert_eq!((last.index, last.last), (1, true));
    assert_eq!(last.cohorts[0].counters.events, 2);
}

#[test]
fn an_end_that_is_booked_before_its_beginning_leaves_no_stream_open() {
    let mut recorder = recorder();
    recorder.closed(ALL, START);
    recorder.established(ALL, START + SECOND);
    let open = parts(&mut recorder)
        .into_iter()
        .map(|(_, part)| part.streams_open);
    assert_eq!(open.max(), Some(0));
}

#[test]
fn a_run_that_ends_in_its_warm_up_has_no_window() {
    let mut recorder = recorder();
    let mut key = CarriedKey::NONE;
    let life = (ALL, &mut key);
    recorder.record_beginning(life, START - SECOND, Metric::Connect, 1_000_000);
    recorder.end_window(START - SECOND / 2);
    recorder.cut(ALL);
    let parts = parts(&mut recorder);
    assert!(parts.iter().all(|(index, _)| *index < 0));
    let cut: u64 = parts
        .iter()
        .map(|(_, part)| part.counters.streams_cut)
        .sum();
    assert_eq!(cut, 1);
}

#[test]
fn streams_are_open_from_when_they_were_established_until_they_ended() {
    let mut recorder = recorder();
    recorder.established(ALL, START + 1);
    recorder.established(ALL, START + 2 * SECOND);
    recorder.closed(ALL, START + 3 * SECOND);
    let open = parts(&mut recorder)
        .into_iter()
        .map(|(_, part)| part.streams_open);
    let open: Vec<_> = open.skip(2).take(5).collect();
    assert_eq!(open, [1, 1, 2, 1, 1]);
}

#[test]
fn cohorts_are_told_apart() {
    let mut recorder = Recorder::new(START, WINDOW, 2);
    let cohorts: Vec<_> = Cohort::all(2).collect();
    for (cohort, events) in cohorts.iter().zip([2, 3]) {
        for event in 0..events {
            let received = received(START + event, Rx::Kernel);
            recorder.read(*cohort, received);
            recorder.event(*cohort, moments(START + event));
            recorder.decoded(*cohort, 1, received, START + event);
        }
    }
    let shard = &recorder.finish()[0];
    let events = shard.cohorts.iter().map(|part| part.counters.events);
    assert_eq!(events.collect::<Vec<_>>(), [2, 3]);
    let deliveries = shard.cohorts.iter();
    let deliveries = deliveries.map(|part| part.bank.get(Metric::Delivery).len());
    assert_eq!(deliveries.collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn an_event_that_was_lost_in_one_interval_and_came_in_another_is_not_lost() {
    let mut recorder = recorder();
    recorder.read(ALL, received(START, Rx::Kernel));
    recorder.lost(ALL, 3);
    recorder.read(ALL, received(START + SECOND, Rx::Kernel));
    recorder.reordered(ALL);
    let mut sum = CohortShard::default();
    for (_, part) in parts(&mut recorder) {
        sum.merge(&part);
    }
    assert_eq!(sum.net_counters().lost, 2);
    assert_eq!(sum.counters.reordered, 1);
}

#[test]
fn an_event_that_was_due_in_the_window_and_came_after_it_had_waited_until_its_end() {
    let mut recorder = recorder();
    // Due 900 us before it is received.
    read(&mut recorder, WINDOW.end_ns + 400_000);
    let part = part(&mut recorder, 9);
    assert_eq!(part.counters.censored, 1);
    let delivery = part.bank.get(Metric::Delivery);
    assert_eq!((delivery.len(), part.bank.get(Metric::Gap).len()), (1, 0));
    assert!(delivery.equivalent(delivery.max(), 500_000));
    assert_eq!(part.censored.of(Metric::Delivery), delivery);
}

#[test]
fn events_that_the_server_sent_together_are_not_merged_here() {
    let merged = |events: &[(Option<u64>, Option<u64>, u64)]| {
        let mut recorder = recorder();
        let rx_ns = START + 7;
        for &(sent_ns, previous_sent_ns, previous_rx_ns) in events {
            let event = EventMoments {
                rx_ns,
                previous_rx_ns: Some(previous_rx_ns),
                due_ns: sent_ns,
                sent_ns,
                previous_sent_ns,
            };
            recorder.event(ALL, event);
        }
        part(&mut recorder, 0).totals.merged_events
    };
    let rx_ns = START + 7;
    assert_eq!(
        merged(&[(Some(7), Some(7), rx_ns), (Some(8), Some(7), rx_ns - 1)]),
        0
    );
    assert_eq!(merged(&[(Some(8), Some(7), rx_ns), (None, None, rx_ns)]), 2);
}

#[test]
fn all_but_the_last_event_of_a_read_are_coalesced() {
    let mut recorder = recorder();
    for (events, rx_ns) in [(3, START), (1, START + 1), (0, START + 2)] {
        let received = received(rx_ns, Rx::Kernel);
        recorder.read(ALL, received);
        recorder.decoded(ALL, events, received, rx_ns + 100_000);
    }
    let part = part(&mut recorder, 0);
    assert_eq!(part.counters.coalesced_events, 2);
    assert_eq!(part.bank.get(Metric::ClientLag).len(), 4);
}

#[test]
fn without_kernel_receive_times_there_is_no_client_lag() {
    let mut recorder = recorder();
    let received = received(START, Rx::User);
    recorder.read(ALL, received);
    recorder.decoded(ALL, 1, received, START + 100);
    assert!(!recorder.kernel_rx);
    assert!(
        part(&mut recorder, 0)
            .bank
            .get(Metric::ClientLag)
            .is_empty()
    );
}
