//! Schedules with jitter, as the stamps tell them.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use common::{dechunk, exchange, server};
use weir_server::Server;
use weir_sse::{Decoder, Item, Stamp};

/// From the instant at which an event was due to that of the next.
fn due_gaps_ns(server: &Server, query: &str) -> Vec<u64> {
    let target = format!("GET /sse?stamp=1&{query}");
    let (head, wire) = exchange(server.addr(), &target, "");
    assert!(head.starts_with("HTTP/1.1 200 OK\n"), "{head}");
    let body = dechunk(&wire);
    let (mut decoder, mut input, mut due_ns) = (Decoder::new(), body.as_bytes(), Vec::new());
    while let Some(item) = decoder.next(&mut input).unwrap() {
        if let Item::Comment(comment) = item {
            let stamp = Stamp::parse(comment).unwrap();
            assert!(stamp.sent_ns >= stamp.due_ns);
            due_ns.push(stamp.due_ns);
        }
    }
    due_ns.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn a_stall_moves_the_schedule_of_all_that_follows() {
    let server = server();
    let always = due_gaps_ns(&server, "rate=1000&events=6&batch=2&stall=1:2.5");
    assert_eq!(always, [0, 4_500_000, 0, 4_500_000, 0]);
    let first = "rate=1000&events=1&stall=1:3600000";
    assert!(due_gaps_ns(&server, first).is_empty(), "comes at once");
    let some = due_gaps_ns(&server, "rate=1000&events=40&stall=0.5:1");
    let stalled = some.iter().filter(|&&gap_ns| gap_ns == 2_000_000).count();
    assert!(
        some.iter()
            .all(|gap_ns| [1_000_000, 2_000_000].contains(gap_ns))
    );
    assert!((1..some.len()).contains(&stalled), "{some:?}");
}

#[test]
fn drawn_gaps_lie_between_batches_and_differ() {
    let server = server();
    for pace in ["poisson", "lognormal:0.5"] {
        let gaps_ns = due_gaps_ns(&server, &format!("rate=2000&events=20&batch=2&pace={pace}"));
        let (within, between): (Vec<_>, Vec<_>) =
            (0..).zip(gaps_ns).partition(|(at, _)| at % 2 == 0);
        assert!(within.iter().all(|(_, gap_ns)| *gap_ns == 0));
        let distinct: std::collections::HashSet<u64> =
            between.iter().map(|(_, gap_ns)| *gap_ns).collect();
        assert_eq!((between.len(), distinct.len()), (9, 9), "{pace}");
    }
}

#[test]
fn a_fresh_server_repeats_what_another_drew_stream_by_stream() {
    let query = "rate=1000&events=10&pace=poisson&seed=7";
    let (one, other) = (server(), server());
    let first = due_gaps_ns(&one, query);
    let second = due_gaps_ns(&one, query);
    assert_ne!(first, second);
    assert_eq!(due_gaps_ns(&other, query), first);
    // Has no draws, so it does not count.
    due_gaps_ns(&other, "rate=1000&events=1");
    assert_eq!(due_gaps_ns(&other, query), second);
    let other_seed = query.replace("seed=7", "seed=8");
    assert_ne!(due_gaps_ns(&server(), &other_seed), first);
}
