//! Metrics in the text format of Prometheus, or that of OpenMetrics.

use std::io;
use std::pin::pin;
use std::time::Duration;

use http::Request;
use http::header::{ACCEPT, HOST, USER_AGENT};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{Figures, WatchError};
use crate::plan::Target;

/// By the names that Prometheus' own client libraries have for them, and weir-server's for its streams.
pub(super) const NAMES: [&str; 3] = [CPU, MEMORY, STREAMS];
const CPU: &str = "process_cpu_seconds_total";
const MEMORY: &str = "process_resident_memory_bytes";
const STREAMS: &str = "weir_streams_open";

/// The next sample is due by then.
const TIMEOUT: Duration = Duration::from_secs(1);

/// More than any server has to say: Prometheus itself says some 200 KB.
const LONGEST_BYTES: usize = 16 * 1024 * 1024;

/// Reads what the target says of itself.
pub(super) async fn read(target: &Target) -> Result<Figures, WatchError> {
    let url = || target.url.clone();
    let scraped = tokio::time::timeout(TIMEOUT, scrape(target)).await;
    let text = scraped
        .unwrap_or_else(|_| {
            Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "no answer in a second",
            ))
        })
        .map_err(|source| WatchError::Metrics { url: url(), source })?;
    let figures = figures(&text);
    if figures == Figures::default() {
        return Err(WatchError::Unknown { url: url() });
    }
    Ok(figures)
}

async fn scrape(target: &Target) -> io::Result<String> {
    let socket = TcpStream::connect(&target.addrs[..]).await?;
    let (mut sender, connection) = handshake(TokioIo::new(socket))
        .await
        .map_err(io::Error::other)?;
    let request = Request::get(&target.path)
        .header(HOST, &target.authority)
        .header(ACCEPT, "text/plain; version=0.0.4")
        .header(USER_AGENT, concat!("weir/", env!("CARGO_PKG_VERSION")))
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    let exchange = async {
        let response = sender
            .send_request(request)
            .await
            .map_err(io::Error::other)?;
        let status = response.status();
        if !status.is_success() {
            return Err(io::Error::other(format!("the status is {status}")));
        }
        let body = Limited::new(response.into_body(), LONGEST_BYTES);
        let bytes = body.collect().await.map_err(io::Error::other)?.to_bytes();
        String::from_utf8(bytes.into()).map_err(io::Error::other)
    };
    let (mut connection, mut exchange) = (pin!(connection), pin!(exchange));
    tokio::select! {
        text = &mut exchange => text,
        // What ended it is what the exchange has to say.
        _closed = &mut connection => exchange.await,
    }
}

fn figures(text: &str) -> Figures {
    Figures {
        cpu_s: total(text, CPU),
        rss_bytes: total(text, MEMORY).map(|bytes| bytes as u64),
        streams_open: total(text, STREAMS).map(|streams| streams as u64),
    }
}

/// The sum of a metric over all its labels: a server of several processes may have one for each.
fn total(text: &str, name: &str) -> Option<f64> {
    let samples = text.lines().filter_map(|line| sample(line, name));
    samples.reduce(|sum, value| sum + value)
}

/// The value of a line `name{label="value"} value timestamp # exemplar`, of which only name and value need be there.
fn sample(line: &str, name: &str) -> Option<f64> {
    let rest = line.strip_prefix(name)?;
    let rest = match rest.strip_prefix('{') {
        Some(labels) => behind_labels(labels)?,
        None => rest,
    };
    let value = rest.strip_prefix([' ', '\t'])?.split_whitespace().next()?;
    value.parse().ok().filter(|value: &f64| value.is_finite())
}

/// What follows the labels' closing brace, which may also be within a value.
fn behind_labels(labels: &str) -> Option<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let end = labels.bytes().position(|byte| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match byte {
            b'"' if !was_escaped => is_quoted = !is_quoted,
            b'\\' if !was_escaped => is_escaped = true,
            _ => {}
        }
        byte == b'}' && !is_quoted
    });
    Some(&labels[end? + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_found_by_their_name_and_added_up() {
        let text = "\
# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 12.5
process_cpu_seconds_total_more 7
process_resident_memory_bytes{worker=\"a} \\\" b\\\\\"} 1e6 1700000000
process_resident_memory_bytes{worker=\"2\"} 500000 # {trace=\"x\"} 9
weir_streams_opened_total 400
";
        let expected = Figures {
            cpu_s: Some(12.5),
            rss_bytes: Some(1_500_000),
            streams_open: None,
        };
        assert_eq!(figures(text), expected);
    }

    #[test]
    fn what_is_no_number_is_no_sample() {
        let wrong = [
            "x",
            "x ",
            "x NaN",
            "x +Inf",
            "x many",
            "x{a=\"b\" 5",
            "x{a=\"}5\"",
        ];
        for line in wrong {
            assert_eq!(sample(line, "x"), None, "{line}");
        }
        assert_eq!(sample("x{a=\"b\"} 5", "x"), Some(5.0));
        assert_eq!(sample("x\t5", "x"), Some(5.0));
    }
}
