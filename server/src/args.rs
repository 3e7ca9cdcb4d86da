//! What was typed, as the configuration of a server.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, ValueEnum};
use weir_server::{
    Config, Fanout, Faults, Limits, NotARecording, Recording, SlowSubscriber, Tls, Upstream,
};
use weir_time::parse_duration;

use crate::log::LogArgs;

/// Stream Server-Sent Events, each at the instant its schedule says.
///
/// Prints one line on stdout when it accepts connections: "listening on http://ADDR", or https://. SIGTERM or SIGINT
/// ends it: open streams end between two events, and a second signal ends it at once.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080", value_parser = parse_addr)]
    listen: SocketAddr,

    /// Threads to serve with [default: one per core]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    threads: Option<usize>,

    /// How long open streams may take to end after a signal: as in 500ms, 1.5s or 2m
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = parse_duration)]
    drain: Duration,

    /// After how long to tell clients of open streams to come back, in a last "retry" block; 0s tells them nothing
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_duration)]
    drain_retry: Duration,

    /// Share the address with other weir-servers started so: the kernel spreads connections over all of them
    #[arg(long)]
    reuse_port: bool,

    /// Where /v1/relay takes its streams from: http://HOST[:PORT][/PATH]; without a path, /v1/chat/completions
    #[arg(long, value_name = "URL")]
    upstream: Option<Upstream>,

    /// A recorded event stream, as curl -N saves it, for /scenario to send again
    #[arg(long, value_name = "FILE", value_parser = recording)]
    scenario: Option<Recording>,

    /// What goes wrong with streams whose request has no "fault" of its own, as in stall:10:500,cut:20:rst@0.1; may be
    /// repeated
    #[arg(long = "fault", value_name = "KIND[:ARG...][@PROBABILITY][,...]")]
    faults: Vec<Faults>,

    /// Decides which streams have the faults that not all have
    #[arg(long, value_name = "N", default_value_t = 0)]
    fault_seed: u64,

    #[command(flatten)]
    fanout: FanoutArgs,

    /// Encode streams with zstd, br or gzip for clients that ask for it, each event flushed
    #[arg(long)]
    compress: bool,

    #[command(flatten)]
    tls: TlsArgs,

    #[command(flatten)]
    limits: LimitArgs,

    #[command(flatten)]
    pub(crate) log: LogArgs,
}

impl From<Args> for Config {
    fn from(args: Args) -> Self {
        Self {
            listen: args.listen,
            threads: args.threads.unwrap_or_else(cores),
            drain: args.drain,
            drain_retry: args.drain_retry,
            reuse_port: args.reuse_port,
            compress: args.compress,
            tls: args.tls.into(),
            limits: args.limits.into(),
            fanout: args.fanout.into(),
            upstream: args.upstream,
            scenario: args.scenario,
            faults: args.faults.into_iter().collect(),
            fault_seed: args.fault_seed,
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

fn recording(path: &str) -> Result<Recording, NotARecording> {
    Recording::read(Path::new(path))
}

/// The defaults that the help tells are those of [`Fanout`]; a test holds them together.
#[derive(clap::Args)]
#[command(next_help_heading = "Topics, rooms and notifications")]
struct FanoutArgs {
    /// Events that may wait for one subscriber
    #[arg(long, value_name = "N", default_value = "256", value_parser = parse_count)]
    subscriber_queue: usize,

    /// What becomes of a subscriber for whom more would have to wait; over HTTP/2, one that has stopped reading is
    /// disconnected only after --peer-timeout
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Slow::DropOldest)]
    slow_subscriber: Slow,

    /// Events kept of each topic for those that come back, of 1 MiB at most
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    topic_history: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Slow {
    /// It loses the oldest event that waits for it
    DropOldest,
    /// It is disconnected
    Disconnect,
}

impl From<FanoutArgs> for Fanout {
    fn from(args: FanoutArgs) -> Self {
        Self {
            queue: args.subscriber_queue,
            slow: match args.slow_subscriber {
                Slow::DropOldest => SlowSubscriber::DropOldest,
                Slow::Disconnect => SlowSubscriber::Disconnect,
            },
            history: args.topic_history,
        }
    }
}

#[derive(clap::Args)]
#[command(next_help_heading = "TLS")]
struct TlsArgs {
    /// Speak TLS with the certificate in this PEM file; those that vouch for it may follow it there
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Speak TLS with a certificate made at the start, for localhost, 127.0.0.1, ::1 and the address to listen on
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_key"])]
    tls_self_signed: bool,
}

impl From<TlsArgs> for Option<Tls> {
    fn from(args: TlsArgs) -> Self {
        match (args.tls_cert, args.tls_key) {
            (Some(cert), Some(key)) => Some(Tls::Files { cert, key }),
            _ => args.tls_self_signed.then_some(Tls::SelfSigned),
        }
    }
}

/// The defaults that the help tells are those of [`Limits`]; a test holds them together.
#[derive(clap::Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// Streams open at a time; who comes after that is answered 503
    #[arg(long, value_name = "N", default_value = "100000", value_parser = parse_count)]
    max_streams: usize,

    /// Streams of one address open at a time; who comes after that is answered 429
    #[arg(long, value_name = "N", default_value = "100000", value_parser = parse_count)]
    max_streams_per_address: usize,

    /// Streams of one HTTP/2 connection open at a time; a client is told, and keeps to it
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    max_streams_per_connection: u32,

    /// Of a request's head, as in 32KiB or 64kB; a longer one is answered 431
    #[arg(long, value_name = "SIZE", default_value = "32KiB", value_parser = parse_head_bytes)]
    max_head: usize,

    /// Of a request's body; a longer one is answered 413
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = parse_bytes)]
    max_body: usize,

    /// For a request's head to arrive, and as long again for its body; also how long a connection is kept without a
    /// request; 0s is for ever
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = parse_duration)]
    request_timeout: Duration,

    /// For a client to acknowledge what it was sent and to read on; one that does neither for so long is cut off (with HTTP/2, the
    /// stream that is not read); 0s never does
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = parse_duration)]
    peer_timeout: Duration,
}

impl From<LimitArgs> for Limits {
    fn from(args: LimitArgs) -> Self {
        Self {
            streams: args.max_streams,
            streams_per_address: args.max_streams_per_address,
            streams_per_connection: args.max_streams_per_connection,
            head_bytes: args.max_head,
            body_bytes: args.max_body,
            request_time: args.request_timeout,
            peer_time: args.peer_timeout,
        }
    }
}

fn parse_addr(text: &str) -> Result<SocketAddr, String> {
    let expected = "an IP address and a port, like 127.0.0.1:8080 or [::1]:8080";
    text.parse().map_err(|_| expected.to_owned())
}

fn parse_count(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| "a whole number from 1".to_owned())
}

/// hyper has no smaller buffer to read a head into.
const HEAD_MIN_BYTES: usize = 8 * 1024;

fn parse_head_bytes(text: &str) -> Result<usize, String> {
    match parse_bytes(text)? {
        bytes if bytes < HEAD_MIN_BYTES => Err("a head takes 8KiB or more".to_owned()),
        bytes => Ok(bytes),
    }
}

/// Reads a size: a whole number, and its unit, if it is not bytes.
fn parse_bytes(text: &str) -> Result<usize, String> {
    const EXPECTED: &str =
        "a size is a whole number of bytes, or of kB, KiB, MB or MiB, like 64kB or 1MiB";
    let unit_at = text.find(|symbol: char| !symbol.is_ascii_digit());
    let (number, unit) = text.split_at(unit_at.unwrap_or(text.len()));
    let unit_bytes = match unit {
        "" | "B" => 1,
        "kB" => 1_000,
        "KiB" => 1_024,
        "MB" => 1_000_000,
        "MiB" => 1_024 * 1_024,
        _ => return Err(EXPECTED.to_owned()),
    };
    let number: usize = number.parse().map_err(|_| EXPECTED.to_owned())?;
    number
        .checked_mul(unit_bytes)
        .ok_or_else(|| EXPECTED.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("0", 0),
            ("12", 12),
            ("12B", 12),
            ("3kB", 3_000),
            ("3KiB", 3_072),
            ("2MB", 2_000_000),
            ("2MiB", 2_097_152),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes));
        }
        for wrong in [
            "",
            "KiB",
            "-1",
            "1.5MiB",
            "1kb",
            "1 kB",
            "99999999999999999999",
        ] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
        assert!(parse_head_bytes("8191").is_err() && parse_head_bytes("8KiB").is_ok());
    }

    #[test]
    fn defaults_are_those_of_the_library() {
        let typed = Config::from(Args::parse_from(["weir-server"]));
        let listen = ([127, 0, 0, 1], 8080).into();
        let library = Config {
            listen,
            threads: typed.threads,
            ..Config::default()
        };
        assert_eq!(format!("{typed:?}"), format!("{library:?}"));
    }
}
