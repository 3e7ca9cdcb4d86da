//! What a run is to do: validated once, then only read.

mod target;

use std::net::IpAddr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::analysis::threshold::Threshold;
use crate::load::Arrivals;
use crate::transport::Rx;

pub use target::{Target, TargetError, Url};

/// Everything a run goes by.
#[derive(Debug, Clone, JsonSchema, Serialize, Deserialize)]
pub struct Plan {
    /// Where the streams are.
    #[serde(flatten)]
    pub target: Target,
    /// Whether the target is weir's own server in this process.
    pub embedded: bool,
    /// Streams kept open (closed model), or open at most at one time (open model).
    pub streams: u32,
    /// When streams start, if not whenever another one has ended (open model).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<Arrivals>,
    /// Streams to finish, if the run ends by that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_streams: Option<u64>,
    /// Measuring time, if the run ends by that.
    #[serde(
        rename = "duration_s",
        skip_serializing_if = "Option::is_none",
        default,
        with = "maybe_seconds"
    )]
    #[schemars(with = "Option<f64>")]
    pub duration: Option<Duration>,
    /// Time before the measuring time.
    #[serde(rename = "warmup_s", with = "seconds")]
    #[schemars(with = "f64")]
    pub warmup: Duration,
    /// Over which a closed population is opened, from the beginning of the warm-up.
    #[serde(rename = "opening_s", with = "seconds")]
    #[schemars(with = "f64")]
    pub opening: Duration,
    /// Events after which a stream is ended from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_per_stream: Option<u64>,
    /// The period of a server that does not say when its events are due.
    #[serde(
        rename = "expect_interval_s",
        skip_serializing_if = "Option::is_none",
        default,
        with = "maybe_seconds"
    )]
    #[schemars(with = "Option<f64>")]
    pub expect_interval: Option<Duration>,
    /// Where the target says what it uses itself, if that is asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub watch: Option<TargetFigures>,
    /// What is asked of the figures; some of it may end the run.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub thresholds: Vec<Threshold>,
    /// What is asked.
    pub request: Request,
    /// How long is waited.
    pub timeouts: Timeouts,
    /// Source addresses, taken in turn; without any the kernel chooses.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub local_addrs: Vec<IpAddr>,
    /// Worker threads.
    pub threads: usize,
    /// Where receive times come from, if the kernel has them.
    pub rx: Rx,
    /// Seed of everything random.
    pub seed: u64,
    /// Whether what the stamps say is recorded beside what is measured: for a calibration.
    #[serde(skip)]
    pub truth: bool,
}

/// Where the target's own figures are read.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetFigures {
    /// From proc(5), of a process of this host.
    Pid(u32),
    /// From metrics in a text format of Prometheus.
    Metrics(Target),
}

/// The request, the same for every stream.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Request {
    /// Method.
    pub method: String,
    /// Header fields beside those of [`Request::wire`]. A report is shown around: it has no value that lets somebody in.
    #[serde(serialize_with = "without_secrets")]
    pub headers: Vec<(String, String)>,
    /// Body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Whether the server is asked for stamps.
    pub stamp: bool,
}

/// Limits of patience; `None` is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Timeouts {
    /// For a connection.
    #[serde(rename = "connect_s", with = "maybe_seconds")]
    #[schemars(with = "Option<f64>")]
    pub connect: Option<Duration>,
    /// From the request to the first event.
    #[serde(rename = "first_event_s", with = "maybe_seconds")]
    #[schemars(with = "Option<f64>")]
    pub first_event: Option<Duration>,
    /// From any byte to the next.
    #[serde(rename = "idle_s", with = "maybe_seconds")]
    #[schemars(with = "Option<f64>")]
    pub idle: Option<Duration>,
}

impl Plan {
    /// One stamped stream at a time on one thread for as long as it is let, without a warm-up and with endless patience.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            target,
            embedded: false,
            streams: 1,
            arrivals: None,
            total_streams: None,
            duration: None,
            warmup: Duration::ZERO,
            opening: Duration::ZERO,
            events_per_stream: None,
            expect_interval: None,
            watch: None,
            thresholds: Vec::new(),
            request: Request {
                method: "GET".to_owned(),
                headers: Vec::new(),
                body: None,
                stamp: true,
            },
            timeouts: Timeouts {
                connect: None,
                first_event: None,
                idle: None,
            },
            local_addrs: Vec::new(),
            threads: 1,
            rx: Rx::Kernel,
            seed: 0,
            truth: false,
        }
    }
}

impl Request {
    /// The bytes on the wire (RFC 9112, 3), as an `EventSource` asks (WHATWG HTML, 9.2.3): GET, `accept:
    /// text/event-stream`, `cache-control: no-cache`; each of the fields can be replaced by one in `headers`.
    #[must_use]
    pub fn wire(&self, target: &Target) -> Vec<u8> {
        let agent = concat!("weir/", env!("CARGO_PKG_VERSION"));
        let length = self.body.as_ref().map(|body| body.len().to_string());
        let defaults = [
            ("host", Some(target.authority.as_str())),
            ("accept", Some("text/event-stream")),
            ("cache-control", Some("no-cache")),
            ("user-agent", Some(agent)),
            ("weir-stamp", self.stamp.then_some("1")),
            (
                "content-type",
                self.body.as_ref().map(|_| "application/json"),
            ),
            ("content-length", length.as_deref()),
        ];
        let own = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let mut wire = format!("{} {} HTTP/1.1\r\n", self.method, target.path);
        for (name, value) in defaults {
            if let Some(value) = value.filter(|_| !self.has(name)) {
                wire.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        for (name, value) in own {
            wire.push_str(&format!("{name}: {value}\r\n"));
        }
        wire.push_str("\r\n");
        wire.push_str(self.body.as_deref().unwrap_or_default());
        wire.into_bytes()
    }

    /// Whether a field is among the own ones.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(own, _)| own.eq_ignore_ascii_case(name))
    }
}

/// What stands in the name of a field whose value lets somebody in.
const SECRETS: [&str; 5] = ["authorization", "cookie", "key", "secret", "token"];
/// What stands in place of that value.
pub(crate) const WITHHELD: &str = "(withheld)";

/// Whether the value of a field of this name does.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|secret| name.contains(secret))
}

fn without_secrets<S: Serializer>(
    headers: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let shown = |(name, value): &(String, String)| {
        let value = if is_secret(name) { WITHHELD } else { value };
        (name.clone(), value.to_owned())
    };
    serializer.collect_seq(headers.iter().map(shown))
}

/// Durations as seconds in JSON.
pub(crate) mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        duration.as_secs_f64().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
    }
}

/// Durations that may be absent, likewise.
mod maybe_seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let seconds = duration.map(|duration| duration.as_secs_f64());
        seconds.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(deserializer)?;
        seconds
            .map(Duration::try_from_secs_f64)
            .transpose()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A plan for tests: one stream for a second.
    pub(crate) fn plan(url: &str) -> Plan {
        Plan {
            duration: Some(Duration::from_secs(1)),
            ..Plan::new(Target::literal(url).unwrap())
        }
    }

    fn target() -> Target {
        Target::literal("http://127.0.0.1:8080/sse?rate=5").unwrap()
    }

    #[test]
    fn asks_as_an_event_source_does() {
        let request = Request {
            method: "GET".into(),
            headers: vec![],
            body: None,
            stamp: true,
        };
        let expected = format!(
            "GET /sse?rate=5 HTTP/1.1\r\nhost: 127.0.0.1:8080\r\naccept: text/event-stream\r\ncache-control: no-cache\r\n\
             user-agent: weir/{}\r\nweir-stamp: 1\r\n\r\n",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(
            String::from_utf8(request.wire(&target())).unwrap(),
            expected
        );
    }

    #[test]
    fn own_fields_replace_the_usual_ones() {
        let headers = vec![
            ("Accept".to_owned(), "*/*".to_owned()),
            ("X-A".to_owned(), "b".to_owned()),
        ];
        let request = Request {
            method: "POST".into(),
            headers,
            body: Some("{}".into()),
            stamp: false,
        };
        let wire = String::from_utf8(request.wire(&target())).unwrap();
        assert!(wire.starts_with("POST /sse?rate=5 HTTP/1.1\r\n"));
        assert!(wire.ends_with(
            "content-type: application/json\r\ncontent-length: 2\r\nAccept: */*\r\nX-A: b\r\n\r\n{}"
        ));
        assert!(!wire.contains("text/event-stream") && !wire.contains("weir-stamp"));
    }

    #[test]
    fn what_lets_somebody_in_is_not_serialised() {
        let field = |name: &str| (name.to_owned(), "v4lue".to_owned());
        let mut request = plan("http://127.0.0.1:1/").request;
        request.headers = vec![
            field("Authorization"),
            field("X-Api-Key"),
            field("X-Tenant"),
        ];
        let json = serde_json::to_value(&request).unwrap();
        let shown = serde_json::json!([
            ["Authorization", WITHHELD],
            ["X-Api-Key", WITHHELD],
            ["X-Tenant", "v4lue"]
        ]);
        assert_eq!(json["headers"], shown);
    }
}
