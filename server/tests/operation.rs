//! What a server says of itself while it runs.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::collections::HashMap;
use std::net::SocketAddr;

use common::{exchange, read_until, send, server};
use serde_json::Value;

/// The samples of `/metrics`, by name and labels.
fn metrics(addr: SocketAddr) -> HashMap<String, f64> {
    let accepts = "accept: application/openmetrics-text;q=0.9\r\n";
    let (head, open_metrics) = exchange(addr, "GET /metrics", accepts);
    assert!(
        head.contains("content-type: application/openmetrics-text"),
        "{head}"
    );
    assert!(
        open_metrics.contains("# TYPE weir_events_sent counter\n"),
        "{open_metrics}"
    );
    assert!(open_metrics.ends_with("# EOF\n"), "{open_metrics}");
    let (head, body) = exchange(addr, "GET /metrics", "");
    assert!(
        head.contains("content-type: text/plain; version=0.0.4"),
        "{head}"
    );
    assert!(
        body.contains("# TYPE weir_events_sent_total counter\n"),
        "{body}"
    );
    assert!(
        !body.contains("# UNIT") && !body.contains("# EOF"),
        "{body}"
    );
    let samples = body.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

#[test]
fn metrics_count_streams_events_bytes_and_lag() {
    let server = server();
    let addr = server.addr();
    let mut open = send(addr, "GET /sse?rate=0.001&size=0", "");
    read_until(&mut open, "E\r\nid: 0\ndata: \n\n\r\n");
    let (head, _) = exchange(addr, "GET /sse?rate=1000&events=5&size=0&batch=5", "");
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    let metrics = metrics(addr);
    assert_eq!(metrics["weir_streams_open"], 1.0);
    assert_eq!(metrics["weir_streams_opened_total"], 2.0);
    assert_eq!(metrics["weir_streams_refused_total"], 0.0);
    assert_eq!(metrics["weir_connections_accepted_total"], 4.0);
    assert_eq!(metrics["weir_events_sent_total"], 6.0);
    assert_eq!(metrics["weir_sent_bytes_total"], 6.0 * 14.0);
    assert_eq!(metrics["weir_server_lag_seconds_count"], 6.0);
    assert_eq!(metrics["weir_server_lag_seconds_bucket{le=\"+Inf\"}"], 6.0);
    assert!(metrics["weir_server_lag_seconds_sum"] >= 0.0);
    assert!(metrics["process_resident_memory_bytes"] > 1e6);
    assert!(metrics["process_open_fds"] > 3.0);
    assert!(metrics["process_cpu_seconds_total"] >= 0.0);
}

#[test]
fn the_monitor_tells_what_is_going_on() {
    let server = server();
    let addr = server.addr();
    let mut other = send(addr, "GET /sse?rate=500&size=0", "");
    read_until(&mut other, "id: 20\n");
    let mut monitor = send(addr, "GET /api/monitor?interval=50", "last-event-id: 6\r\n");
    let seen = read_until(&mut monitor, "id: 9\n");
    let figures: Vec<Value> = seen
        .lines()
        .filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok())
        .collect();
    assert_eq!(figures.len(), 2, "of events 7 and 8: {seen}");
    for figures in figures {
        assert_eq!(figures["streams"], 2);
        assert!(figures["events_per_s"].as_f64().unwrap() > 0.0);
        assert!(figures["bytes_per_s"].as_f64().unwrap() > 0.0);
        assert!(figures["memory_bytes"].as_u64().unwrap() > 1_000_000);
        let percent = figures["host_cpu_percent"].as_f64().unwrap();
        assert!((0.0..=100.0).contains(&percent));
        assert!(figures["cpu_percent"].as_f64().unwrap() >= 0.0);
    }
    let (head, body) = exchange(addr, "GET /api/monitor?interval=0", "");
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    assert!(
        body.contains("a number of milliseconds from 10 to 3600000"),
        "{body}"
    );
}
