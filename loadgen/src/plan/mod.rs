//! What a run is to do: validated once, then only read.

mod target;
pub mod threshold;

use std::net::IpAddr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use self::threshold::Threshold;
use crate::load::{Arrivals, Load};
use crate::measure::Rx;
use crate::seconds;

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
        with = "seconds::maybe"
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
        with = "seconds::maybe"
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
    /// Header fields beside the usual ones. A report is shown around: values that are credentials are not in it.
    #[serde(serialize_with = "without_credentials")]
    pub headers: Vec<(String, String)>,
    /// Body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Whether the server is asked for stamps.
    pub stamp: bool,
}

/// After how long a stream is given up; `None` is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Timeouts {
    /// For a connection.
    #[serde(rename = "connect_s", with = "seconds::maybe")]
    #[schemars(with = "Option<f64>")]
    pub connect: Option<Duration>,
    /// From the request to the first event.
    #[serde(rename = "first_event_s", with = "seconds::maybe")]
    #[schemars(with = "Option<f64>")]
    pub first_event: Option<Duration>,
    /// From any byte to the next.
    #[serde(rename = "idle_s", with = "seconds::maybe")]
    #[schemars(with = "Option<f64>")]
    pub idle: Option<Duration>,
}

impl Plan {
    /// When its streams start.
    #[must_use]
    pub fn load(&self) -> Load {
        Load {
            streams: self.streams,
            arrivals: self.arrivals,
            total_streams: self.total_streams,
            opening: self.opening,
            seed: self.seed,
        }
    }

    /// One stamped stream at a time on one thread for as long as it is let, without a warm-up or timeouts.
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
    /// Whether a field is among the own ones.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(own, _)| own.eq_ignore_ascii_case(name))
    }
}

/// What stands in the name of a field whose value is a credential.
const CREDENTIALS: [&str; 5] = ["authorization", "cookie", "key", "secret", "token"];
/// What stands in place of that value.
pub(crate) const WITHHELD: &str = "(withheld)";

/// Whether the value of a field of this name is one.
pub(crate) fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    CREDENTIALS.iter().any(|part| name.contains(part))
}

fn without_credentials<S: Serializer>(
    headers: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let shown = |(name, value): &(String, String)| {
        let value = if is_credential(name) { WITHHELD } else { value };
        (name.clone(), value.to_owned())
    };
    serializer.collect_seq(headers.iter().map(shown))
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

    #[test]
    fn credentials_are_not_serialised() {
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
