//! `weir capacity`.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;

use super::load::LoadArgs;
use super::threshold::check_measurable;
use super::{UsageError, lookup, units};
use crate::analysis::capacity::{Capacity, Goal, Search, Slo, Step, Unusable, Vary};
use crate::campaign::capacity::{Progress, Trials, measure};
use crate::campaign::embedded::Embedded;
use crate::exit::Exit;
use crate::output::{self, Destination, Summary};
use crate::plan::{Plan, Settings, Url};
use crate::preflight;

/// What stands in a URL for the events a second of each stream.
const RATE: &str = "{rate}";
/// Loads that any target is expected to hold.
const FROM_STREAMS: f64 = 10.0;
const FROM_RATE: f64 = 1.0;
/// The most that a rate may be.
const RATE_MAX: f64 = 1e6;

#[derive(Debug, Args)]
pub(super) struct CapacityArgs {
    /// Where the streams are (http://...), with {rate} in it for --vary rate; without one, a weir-server is started in this
    /// process and measured.
    url: Option<String>,
    /// A service level to hold, repeatable: METRIC.pNN<TIME as 'delivery.p99<20ms', failed_rate<0.1%, lost_rate<0.1%, lost==0.
    #[arg(long = "slo", value_name = "LEVEL", required = true)]
    slos: Vec<Slo>,
    /// What makes the load: streams kept open, arrivals of streams a second, or rate, the events a second of each of -c streams.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Vary::Streams, hide_possible_values = true)]
    vary: Vary,
    /// The lowest load to try [default: 10 streams, 10 arrivals/s (or -r), 1 event/s].
    #[arg(long, value_name = "LOAD", value_parser = units::rate)]
    from: Option<f64>,
    /// The highest load to try [default: what this machine can make].
    #[arg(long, value_name = "LOAD", value_parser = units::rate)]
    to: Option<f64>,
    /// How close the load that holds and the one that does not are to be.
    #[arg(long, value_name = "PART", default_value = "5%", value_parser = units::part)]
    width: f64,
    /// Measuring time of the trials that decide; those that find where to look take a quarter, but no less than a second.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = units::positive_duration)]
    trial: Duration,
    /// Begin no trial that would not be over after this long.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = units::positive_duration)]
    max_time: Duration,
    /// End after so many trials.
    #[arg(long, value_name = "N", default_value = "60", value_parser = units::count)]
    max_trials: u64,
    /// Say how many machines like the target this load needs.
    #[arg(long, value_name = "LOAD", value_parser = units::count)]
    need: Option<u64>,
    /// The part of each machine that is to stay free.
    #[arg(long, value_name = "PART", default_value = "30%", requires = "need", value_parser = units::part_or_none)]
    headroom: f64,
    #[command(flatten)]
    load: LoadArgs,
    /// Write what was found as JSON to a file, or - for standard output (the summary then goes to standard error).
    #[arg(long, value_name = "FILE|-")]
    json: Option<Destination>,
    /// Write one HTML file to be looked at, with the curves and the knee in them.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write what was found as JUnit XML, a test case a level, to a file.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// No progress, and no summary beside `--json -`.
    #[arg(short, long)]
    quiet: bool,
}

impl CapacityArgs {
    pub(super) async fn execute(self, interrupt: impl Future<Output = ()>) -> anyhow::Result<Exit> {
        let html = self.html.clone().map(Destination::File);
        let junit = self.junit.clone().map(Destination::File);
        let mut destinations = self.json.iter().chain(&html).chain(&junit);
        destinations.try_for_each(Destination::check)?;
        self.check()?;
        let embedded = match self.url {
            Some(_) => None,
            None => Some(Embedded::start(self.load.threads())?),
        };
        let url = embedded.as_ref().map(|server| self.embedded_url(server));
        let url = url.or_else(|| self.url.clone());
        let url = url.expect("there is a URL or an embedded server");
        let base = self.base(&url, embedded.is_some()).await?;
        let levels = self.slos.iter().map(|slo| &slo.threshold);
        check_measurable("--slo", levels, &base)?;
        let search = self.search(&base)?;
        let started_at = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        let trials = measure(
            &search,
            &self.slos,
            |step| self.plan(&base, &url, step),
            interrupt,
            |progress| {
                if self.quiet {
                    return;
                }
                match progress {
                    Progress::Begins(step) => output::capacity::begins(step, self.vary),
                    Progress::Ended(found) => output::capacity::ended(found, &self.slos),
                }
            },
        )
        .await
        .map_err(|error| named(error, &url))?;
        let Trials {
            measurements,
            interrupted,
            lost,
        } = trials;
        let need = self.need.map(|need| (need as f64, self.headroom));
        let capacity = Capacity {
            started_at,
            url,
            interrupted,
            lost: lost.map(|error| error.to_string()),
            ..Capacity::of(&search, &self.slos, (&base, self.vary), measurements, need)
        };
        self.print(&capacity)?;
        if let Some(html) = &html {
            output::html::capacity::write(&capacity, html)?;
        }
        if let Some(junit) = &junit {
            output::capacity::junit::write(&capacity, junit)?;
        }
        Ok(capacity.exit())
    }

    /// What was typed that has no meaning here.
    fn check(&self) -> Result<(), UsageError> {
        let streams_vary = self.vary == Vary::Streams;
        let (vary, typed) = match self.vary {
            Vary::Streams => ("streams", None),
            Vary::Arrivals => ("arrivals", None),
            Vary::Rate => ("rate", self.need.map(|_| "--need")),
        };
        if let Some(flag) = self.load.fixed(streams_vary).or(typed) {
            let instead = match flag {
                "-d" | "-n" => "--trial says how long its runs are",
                "--need" => "machines are counted in streams or arrivals",
                _ => "--from and --to say what is tried",
            };
            return Err(UsageError::Varied {
                flag,
                vary,
                instead,
            });
        }
        let has_place = |url: &String| url.contains(RATE);
        match &self.url {
            Some(url) if self.vary == Vary::Rate && !has_place(url) => {
                Err(UsageError::NoRate(url.clone()))
            }
            Some(url) if self.vary != Vary::Rate && has_place(url) => {
                Err(UsageError::RateUnvaried(url.clone()))
            }
            _ => Ok(()),
        }
    }

    fn embedded_url(&self, server: &Embedded) -> String {
        match self.vary {
            Vary::Rate => format!("{}?rate={RATE}", server.url()),
            Vary::Streams | Vary::Arrivals => server.url(),
        }
    }

    /// The plan of the lowest load.
    async fn base(&self, url: &str, embedded: bool) -> Result<Plan, UsageError> {
        let target = lookup(&at_rate(url, self.from())).await?;
        let plan = self.load.plan(target, embedded).await?;
        let plan = match self.vary {
            Vary::Arrivals => self.load.of_arrivals(plan, self.from()),
            Vary::Streams | Vary::Rate => plan,
        };
        Ok(Plan::build(plan)?)
    }

    fn plan(&self, base: &Plan, url: &str, step: Step) -> anyhow::Result<Plan> {
        let plan = Settings {
            duration: Some(Duration::from_secs_f64(step.trial_s)),
            ..(**base).clone()
        };
        let plan = match self.vary {
            Vary::Streams => self.load.of_streams(plan, step.load as u32),
            Vary::Arrivals => self.load.of_arrivals(plan, step.load),
            Vary::Rate => Settings {
                target: Url::parse(&at_rate(url, step.load))
                    .map_err(UsageError::from)?
                    .at(plan.target.addrs.clone()),
                ..plan
            },
        };
        Ok(Plan::build(plan)?)
    }

    fn search(&self, base: &Plan) -> Result<Search, UsageError> {
        let most = match self.vary {
            Vary::Streams => f64::from(preflight::most_streams(base)),
            Vary::Arrivals | Vary::Rate => RATE_MAX,
        };
        let whole = self.vary == Vary::Streams;
        let whole_load = |load: f64| if whole { load.round().max(1.0) } else { load };
        let (from, to) = (self.from(), self.to.unwrap_or(most).min(most));
        let (from, to) = (whole_load(from), whole_load(to));
        if from > to {
            return Err(UsageError::Range { from, to });
        }
        let trial_s = self.trial.as_secs_f64();
        let goal = |slo: &Slo| Goal::new(slo.loss_ratio, trial_s, self.width);
        Ok(Search {
            goals: self.slos.iter().map(goal).collect(),
            from,
            to,
            to_is_generators: to == most,
            whole,
            trials_max: usize::try_from(self.max_trials).unwrap_or(usize::MAX),
            time_max_s: self.max_time.as_secs_f64(),
        })
    }

    fn from(&self) -> f64 {
        let usual = match self.vary {
            Vary::Streams => FROM_STREAMS,
            Vary::Arrivals => self.load.rate().unwrap_or(FROM_STREAMS),
            Vary::Rate => FROM_RATE,
        };
        self.from.unwrap_or(usual)
    }

    fn print(&self, capacity: &Capacity) -> io::Result<()> {
        let on_stdout = self.json == Some(Destination::Stdout);
        output::capacity::print(capacity, Summary::beside(on_stdout, self.quiet))?;
        self.json
            .as_ref()
            .map_or(Ok(()), |json| output::json::write(capacity, json))
    }
}

/// A level that this target's events cannot tell makes no sense; where it refuses them all, the URL says who does.
fn named(error: anyhow::Error, url: &str) -> anyhow::Error {
    match error.downcast::<Unusable>() {
        Ok(untold @ Unusable::Untold { .. }) => UsageError::Untold(untold).into(),
        Ok(refused @ Unusable::Refused { .. }) => {
            anyhow::Error::new(refused).context(url.to_owned())
        }
        Err(error) => error,
    }
}

/// The URL with a rate in the place for it, if there is one.
fn at_rate(url: &str, rate: f64) -> String {
    url.replace(RATE, &rate.to_string())
}
