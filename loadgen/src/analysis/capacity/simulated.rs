//! Targets whose capacity is known: what the search is held to.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::Serialize;

use super::{Answer, Goal, Growth, Outcome, Search, Step, Trial};
use crate::measure::{Metric, new_histogram, samples_needed};

/// How a target takes too much load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Up to its capacity nothing is lost, above it all that is more.
    Hard,
    /// The loss goes up with the sixth power of the load, and is not the same twice.
    Soft,
    /// Hard, but every tenth trial fails for no reason of the target's.
    Noisy,
    /// Hard, but after too much load it may fail the next trial too, at whatever load: lower loads then fail where higher ones held.
    Inverted,
    /// A queue with Poisson arrivals and exponential service, whose 99th percentile is known in closed form.
    Mm1,
    /// Serves all up to its capacity, and puts what is more into a queue whose wait grows for ever; within a trial that decides, none of it
    /// reaches the limit before a fifth more than the capacity is asked for.
    Growing,
    /// Serves as many streams as its capacity, quickly, and of those above it a part that differs from trial to trial; the others never
    /// have an event.
    Starving,
    /// Has few events, of which the part that is late goes up with the sixth power of the load.
    Sparse,
}

/// A target of some kind.
#[derive(Debug, Clone)]
pub struct Simulated {
    kind: Kind,
    capacity: f64,
    random: Pcg64Mcg,
    /// Whether the trial before was too much.
    is_shaken: bool,
}

/// What a search found of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What was to be found.
    pub capacity: f64,
    /// What was.
    pub answer: Answer,
    /// What it took.
    pub trials: Vec<Trial>,
}

/// Whether what was found is true, but for the goal's width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Miss {
    /// The load that is said to hold is not above the capacity by more, nor the one that is said not to below it.
    Hit,
    /// The load that is said to hold is above the capacity by more.
    TooHigh,
    /// The load that is said not to hold is below the capacity by more, or none is said to hold.
    TooLow,
}

const GOAL_LOSS: f64 = 0.01;
const WIDTH: f64 = 0.05;
const TRIAL_S: f64 = 5.0;
/// What a trial takes beside its window.
const AROUND_S: f64 = 1.5;
/// Customers of the queue a second, of each unit of load.
const EVENTS_PER_S: f64 = 10.0;
/// Events of a growing queue and of a sparse target a second, of each unit of load.
const SAMPLES_PER_S: f64 = 10.0;
/// More of them say no more of a queue that is a straight line.
const SAMPLES_MAX: f64 = 5_000.0;
const SPARSE_PER_S: f64 = 0.1;
/// How long a queue may be before what comes out of it is late: as long as it gets in a trial and its warm-up of a second by a fifth
/// more than is served.
const QUEUE_LIMIT_S: f64 = 0.2 * (TRIAL_S + WARMUP_S);
const WARMUP_S: f64 = 1.0;
/// What serving takes where there is no queue, on average.
const SERVICE_S: f64 = 0.002;
/// Utilisation at which the queue's 99th percentile is at its limit.
const UTILISATION: f64 = 0.7;

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Hard,
        Self::Soft,
        Self::Noisy,
        Self::Inverted,
        Self::Mm1,
        Self::Growing,
        Self::Starving,
        Self::Sparse,
    ];

    /// A target whose capacity lies somewhere between 50 and 5,000, as the seed says.
    #[must_use]
    pub fn target(self, seed: u64) -> Simulated {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let capacity = 50.0 * 100f64.powf(random.random());
        Simulated {
            kind: self,
            capacity,
            random,
            is_shaken: false,
        }
    }
}

/// How long the queue's 99th percentile may be for its capacity to be `capacity`: the response time of M/M/1 is exponential with
/// the rate that is left over (Kleinrock, Queueing Systems I, 1975, 3.2), so that p99 = ln(100) / (mu - lambda).
fn mm1_limit_s(capacity: f64) -> f64 {
    100f64.ln() / (mm1_service_per_s(capacity) - capacity * EVENTS_PER_S)
}

fn mm1_service_per_s(capacity: f64) -> f64 {
    capacity * EVENTS_PER_S / UTILISATION
}

impl Simulated {
    /// Searches it as `weir capacity` would, within 60 trials.
    #[must_use]
    pub fn search(mut self) -> Found {
        let search = Search {
            goals: vec![Goal::new(GOAL_LOSS, TRIAL_S, WIDTH)],
            from: 10.0,
            to: 20_000.0,
            to_is_generators: false,
            whole: true,
            trials_max: 60,
            time_max_s: f64::INFINITY,
        };
        let mut trials = Vec::new();
        while let Some(step) = search.next(&trials) {
            let outcome = self.outcome(step);
            trials.push(step.trial(step.trial_s + AROUND_S, outcome));
        }
        Found {
            capacity: self.capacity,
            answer: Answer::of(&search, 0, &trials),
            trials,
        }
    }

    fn outcome(&mut self, step: Step) -> Outcome {
        match self.kind {
            Kind::Growing => self.growing(step),
            Kind::Sparse => self.sparse(step),
            _ => Outcome::lost(vec![self.loss_ratio(step)]),
        }
    }

    fn loss_ratio(&mut self, step: Step) -> f64 {
        let Step { load, trial_s } = step;
        match self.kind {
            Kind::Hard => self.excess(load),
            Kind::Starving => self.excess(load) * self.random.random::<f64>().max(0.2),
            Kind::Growing | Kind::Sparse => self.excess(load),
            Kind::Soft => self.soft(load, trial_s),
            Kind::Noisy => match self.random.random_bool(0.1) {
                true => 1.0,
                false => self.excess(load),
            },
            Kind::Inverted => self.shaken(load),
            Kind::Mm1 => self.queue(load, trial_s),
        }
    }

    /// Such that the goal's loss is reached at the capacity.
    fn excess(&self, load: f64) -> f64 {
        (1.0 - (1.0 - GOAL_LOSS) * self.capacity / load).max(0.0)
    }

    /// The shorter the trial, the more it differs from the next.
    fn soft(&mut self, load: f64, trial_s: f64) -> f64 {
        let spread = 0.25 * (TRIAL_S / trial_s).sqrt();
        let noise = (spread * self.normal()).exp();
        (GOAL_LOSS * (load / self.capacity).powi(6) * noise).min(1.0)
    }

    fn shaken(&mut self, load: f64) -> f64 {
        let fails_on = self.is_shaken && self.random.random_bool(0.5);
        let excess = self.excess(load);
        self.is_shaken = excess > GOAL_LOSS;
        if fails_on { 1.0 } else { excess }
    }

    /// Every customer of the queue (Lindley's recursion), from an empty one.
    fn queue(&mut self, load: f64, trial_s: f64) -> f64 {
        let limit_s = mm1_limit_s(self.capacity);
        let service_per_s = mm1_service_per_s(self.capacity);
        let (mut waiting_s, mut late) = (0.0, 0.0);
        let arrivals_per_s = load * EVENTS_PER_S;
        let arrivals = (arrivals_per_s * trial_s).round();
        for _ in 0..arrivals as u64 {
            let response_s = waiting_s + self.exponential(service_per_s);
            late += f64::from(u8::from(response_s >= limit_s));
            waiting_s = (response_s - self.exponential(arrivals_per_s)).max(0.0);
        }
        late / arrivals
    }

    /// A fluid queue that began empty with the warm-up, and exponential service around it.
    fn growing(&mut self, Step { load, trial_s }: Step) -> Outcome {
        let growth = (load / self.capacity - 1.0).max(0.0);
        let samples = (load * SAMPLES_PER_S * trial_s).min(SAMPLES_MAX) as u64;
        let mut thirds = [(); 3].map(|()| new_histogram());
        let mut late = 0;
        for sample in 0..samples {
            let part = sample as f64 / samples as f64;
            let delay_s = growth * (WARMUP_S + part * trial_s) + self.exponential(1.0 / SERVICE_S);
            late += u64::from(delay_s >= QUEUE_LIMIT_S);
            thirds[(part * 3.0) as usize].saturating_record((delay_s * 1e9) as u64);
        }
        let grows = Growth::between(Metric::Delivery, &thirds).filter(|_| trial_s >= 3.0);
        measured(late, samples, grows)
    }

    fn sparse(&mut self, Step { load, trial_s }: Step) -> Outcome {
        let part = (GOAL_LOSS * (load / self.capacity).powi(6)).min(1.0);
        let samples = (load * SPARSE_PER_S * trial_s) as u64;
        let late = (0..samples).filter(|_| self.random.random_bool(part));
        measured(late.count() as u64, samples, None)
    }

    fn exponential(&mut self, rate_per_s: f64) -> f64 {
        -(1.0 - self.random.random::<f64>()).ln() / rate_per_s
    }

    /// Box & Muller.
    fn normal(&mut self) -> f64 {
        let turn = std::f64::consts::TAU * self.random.random::<f64>();
        (2.0 * self.exponential(1.0)).sqrt() * turn.cos()
    }
}

/// As a trial is judged: too few samples say only that a level does not hold.
fn measured(late: u64, samples: u64, grows: Option<Growth>) -> Outcome {
    let lost = late as f64 / samples.max(1) as f64;
    let is_few = samples < samples_needed(1.0 - GOAL_LOSS) && lost <= GOAL_LOSS;
    Outcome::Measured {
        loss_ratios: vec![lost],
        undecided: if is_few {
            vec![Some(format!("{samples} samples"))]
        } else {
            Vec::new()
        },
        grows,
    }
}

impl Found {
    /// Whether it is true.
    #[must_use]
    pub fn miss(&self) -> Miss {
        let (least, most) = (self.capacity * (1.0 - WIDTH), self.capacity * (1.0 + WIDTH));
        let Answer {
            holds, does_not, ..
        } = self.answer;
        match holds {
            Some(holds) if holds > most => Miss::TooHigh,
            Some(_) if does_not.is_none_or(|upper| upper >= least) => Miss::Hit,
            _ => Miss::TooLow,
        }
    }

    /// Whether the capacity lies between the bounds.
    #[must_use]
    pub fn is_bracketed(&self) -> bool {
        let Answer {
            holds, does_not, ..
        } = self.answer;
        holds.is_some_and(|holds| holds <= self.capacity)
            && does_not.is_some_and(|upper| upper > self.capacity)
    }

    /// Whether the bounds are as close as they were to be.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.answer.width.is_some_and(|width| width <= WIDTH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(kind: Kind, searches: u64) -> u64 {
        let found = (0..searches).map(|seed| kind.target(seed).search());
        found.filter(|found| found.miss() == Miss::Hit).count() as u64
    }

    #[test]
    fn a_hard_limit_is_always_found() {
        for seed in 0..100 {
            let found = Kind::Hard.target(seed).search();
            let Answer {
                holds, does_not, ..
            } = found.answer;
            assert!(holds.unwrap() <= found.capacity, "{seed}: {found:?}");
            assert!(does_not.unwrap() > found.capacity, "{seed}: {found:?}");
            assert!(found.is_finished() || does_not == holds.map(|holds| holds + 1.0));
        }
    }

    #[test]
    fn inversions_are_seen_through() {
        for seed in 0..100 {
            let found = Kind::Inverted.target(seed).search();
            assert_eq!(found.miss(), Miss::Hit, "{seed}: {found:?}");
        }
    }

    /// How often a search is right otherwise stands in `results/`: with these seeds it is.
    #[test]
    fn noise_is_seen_through() {
        for kind in [Kind::Soft, Kind::Noisy] {
            let hits = hits(kind, 100);
            assert!(hits >= 90, "{kind:?}: {hits}");
        }
    }

    #[test]
    fn the_limit_of_a_queue_is_that_of_its_closed_form() {
        let hits = hits(Kind::Mm1, 10);
        assert!(hits >= 9, "{hits}");
    }

    /// What the search is to be fooled by: it may find less than there is, and nothing at all, but not more.
    #[test]
    fn what_is_not_carried_for_long_is_not_said_to_hold() {
        for kind in [Kind::Growing, Kind::Starving] {
            for seed in 0..30 {
                let found = kind.target(seed).search();
                assert_eq!(
                    found.miss(),
                    Miss::Hit,
                    "{kind:?} {seed}: {:?}",
                    found.answer
                );
            }
        }
    }

    #[test]
    fn what_few_samples_say_is_no_answer() {
        let found: Vec<Found> = (0..100)
            .map(|seed| Kind::Sparse.target(seed).search())
            .collect();
        let too_high = found.iter().filter(|found| found.miss() == Miss::TooHigh);
        assert!(too_high.count() <= 5);
        // Of a target that is too small nothing is said, and of a larger one it is.
        let small = found.iter().filter(|found| found.capacity < 500.0);
        assert!(small.clone().all(|found| found.answer.holds.is_none()));
        assert!(small.count() > 20);
        let large = found.iter().filter(|found| found.capacity > 2_000.0);
        assert!(
            large
                .clone()
                .filter(|found| found.answer.holds.is_some())
                .count()
                * 10
                > large.count() * 9
        );
    }

    #[test]
    fn the_closed_form_is_that_of_the_tables() {
        let oracles = include_str!("../../../tests/fixtures/oracles.json");
        let oracles: serde_json::Value = serde_json::from_str(oracles).unwrap();
        let rows = oracles["queueing"]["mm1_response"].as_array().unwrap();
        for row in rows {
            let number = |name: &str| row[name].as_f64().unwrap();
            let (lambda, mu) = (number("lambda"), number("mu"));
            let p99_s = 100f64.ln() / (mu - lambda);
            assert!((p99_s * 1e3 / number("p99_ms") - 1.0).abs() < 1e-9);
        }
        // At its capacity a queue is late for one in a hundred.
        let mut queue = Kind::Mm1.target(3);
        queue.capacity = 1_000.0;
        let step = Step {
            load: 1_000.0,
            trial_s: 1_000.0,
        };
        let late = queue.loss_ratio(step);
        assert!((late / GOAL_LOSS - 1.0).abs() < 0.15, "{late}");
    }
}
