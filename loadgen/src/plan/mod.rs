//! What a run is to do: validated once, then only read.

mod error;
mod request;
mod settings;
mod target;
pub mod threshold;

use std::ops::Deref;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};

pub use error::PlanError;
pub use request::Request;
pub(crate) use request::{WITHHELD, is_credential};
pub use settings::{Settings, TargetFigures, Timeouts};
pub use target::{Target, TargetError, Url};

/// Settings that can be carried out: there is no other way to a plan than [`Plan::build`], and none to change one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Plan(#[serde(deserialize_with = "buildable")] Settings);

impl Plan {
    /// The plan of what is asked.
    ///
    /// # Errors
    /// When it cannot be, whoever asks.
    pub fn build(settings: Settings) -> Result<Self, PlanError> {
        something_of_each(&settings)?;
        if let Some(arrivals) = settings.load.arrivals
            && !(arrivals.rate_per_s.is_finite() && arrivals.rate_per_s > 0.0)
        {
            return Err(PlanError::Rate(arrivals.rate_per_s));
        }
        askable(&settings.target)?;
        sendable(&settings.request)?;
        Ok(Self(settings))
    }

    /// The plan with something else asked.
    ///
    /// # Errors
    /// As those of [`Plan::build`].
    pub fn with(&self, change: impl FnOnce(&mut Settings)) -> Result<Self, PlanError> {
        let mut settings = self.0.clone();
        change(&mut settings);
        Self::build(settings)
    }
}

impl Deref for Plan {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.0
    }
}

/// What reads plans is tried with any.
#[cfg(test)]
impl std::ops::DerefMut for Plan {
    fn deref_mut(&mut self) -> &mut Settings {
        &mut self.0
    }
}

fn something_of_each(settings: &Settings) -> Result<(), PlanError> {
    let is_zero = |span: Option<Duration>| span == Some(Duration::ZERO);
    let Settings { load, timeouts, .. } = settings;
    let nothing = [
        ("the number of streams", load.streams == 0),
        ("the total of streams", load.total_streams == Some(0)),
        ("the number of threads", settings.threads == 0),
        (
            "the events of a stream",
            settings.events_per_stream == Some(0),
        ),
        ("the measuring time", is_zero(settings.duration)),
        ("the expected interval", is_zero(settings.expect_interval)),
        ("the connect timeout", is_zero(timeouts.connect)),
        (
            "the timeout of a first event",
            is_zero(timeouts.first_event),
        ),
        ("the idle timeout", is_zero(timeouts.idle)),
    ];
    let found = nothing.into_iter().find(|(_, is_nothing)| *is_nothing);
    found.map_or(Ok(()), |(what, _)| Err(PlanError::Nothing { what }))
}

fn askable(target: &Target) -> Result<(), PlanError> {
    let is_clean = |text: &str| !text.contains([' ', '\u{7f}']) && !text.contains(char::is_control);
    let is_askable = !target.addrs.is_empty()
        && target.path.starts_with('/')
        && is_clean(&target.path)
        && is_clean(&target.authority);
    is_askable
        .then_some(())
        .ok_or_else(|| PlanError::Target(target.url.clone()))
}

/// Whether it can stand on the wire (RFC 9110, 5.1, 5.5 and 9.1).
fn sendable(request: &Request) -> Result<(), PlanError> {
    if Method::from_bytes(request.method.as_bytes()).is_err() {
        return Err(PlanError::Method(request.method.clone()));
    }
    let is_field = |(name, value): &&(String, String)| {
        HeaderName::from_bytes(name.as_bytes()).is_ok()
            && HeaderValue::from_bytes(value.as_bytes()).is_ok()
    };
    let not_one = request.headers.iter().find(|field| !is_field(field));
    not_one.map_or(Ok(()), |(name, _)| Err(PlanError::Header(name.clone())))
}

/// A stored plan is one that was carried out.
fn buildable<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Settings, D::Error> {
    let settings = Settings::deserialize(deserializer)?;
    let plan = Plan::build(settings).map_err(serde::de::Error::custom)?;
    Ok(plan.0)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::load::{Arrivals, Load, Process};

    /// Settings for tests: one stream for a second.
    pub(crate) fn settings(url: &str) -> Settings {
        Settings {
            duration: Some(Duration::from_secs(1)),
            ..Settings::new(Target::literal(url).unwrap())
        }
    }

    /// The plan of them.
    pub(crate) fn plan(url: &str) -> Plan {
        Plan::build(settings(url)).unwrap()
    }

    /// Why there is no plan of these.
    fn refused(change: impl FnOnce(&mut Settings)) -> String {
        let plan = plan("http://127.0.0.1:1/");
        plan.with(change).unwrap_err().to_string()
    }

    #[test]
    fn what_there_is_nothing_of_cannot_be() {
        type Change = (&'static str, fn(&mut Settings));
        let changes: [Change; 9] = [
            ("number of streams", |asked| asked.load.streams = 0),
            ("total of streams", |asked| {
                asked.load.total_streams = Some(0);
            }),
            ("threads", |asked| asked.threads = 0),
            ("events of a stream", |asked| {
                asked.events_per_stream = Some(0);
            }),
            ("measuring time", |asked| {
                asked.duration = Some(Duration::ZERO);
            }),
            ("expected interval", |asked| {
                asked.expect_interval = Some(Duration::ZERO);
            }),
            ("connect timeout", |asked| {
                asked.timeouts.connect = Some(Duration::ZERO);
            }),
            ("first event", |asked| {
                asked.timeouts.first_event = Some(Duration::ZERO);
            }),
            ("idle timeout", |asked| {
                asked.timeouts.idle = Some(Duration::ZERO);
            }),
        ];
        for (what, change) in changes {
            let message = refused(change);
            assert!(
                message.contains(what) && message.ends_with("cannot be 0"),
                "{message}"
            );
        }
    }

    #[test]
    fn what_is_no_rate_and_no_request_cannot_be() {
        for rate_per_s in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let arrivals = Arrivals {
                rate_per_s,
                process: Process::Poisson,
            };
            let message = refused(|asked| asked.load = Load::open(arrivals, 1));
            assert!(message.contains("no rate"), "{message}");
        }
        let message = refused(|asked| asked.request.method = "GET /".to_owned());
        assert!(message.contains("\"GET /\" is not a method"), "{message}");
        for (name, value) in [("a b", "c"), ("a", "b\r\nhost: c"), ("", "")] {
            let field = (name.to_owned(), value.to_owned());
            let message = refused(|asked| asked.request.headers = vec![field]);
            assert!(message.contains("header field"), "{message}");
        }
    }

    #[test]
    fn what_cannot_be_asked_cannot_be() {
        let changes: [fn(&mut Target); 4] = [
            |target| target.addrs.clear(),
            |target| target.path = "x".to_owned(),
            |target| target.path = "/a b".to_owned(),
            |target| target.authority = "h\r\nx: y".to_owned(),
        ];
        for change in changes {
            let message = refused(|asked| change(&mut asked.target));
            assert!(message.contains("cannot be asked"), "{message}");
        }
    }

    #[test]
    fn a_stored_plan_is_read_as_it_was_written_if_it_can_be() {
        let mut json = serde_json::to_value(plan("http://127.0.0.1:1/")).unwrap();
        let read: Plan = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), json);
        json["threads"] = 0.into();
        let error = serde_json::from_value::<Plan>(json)
            .unwrap_err()
            .to_string();
        assert!(error.contains("threads cannot be 0"), "{error}");
    }
}
