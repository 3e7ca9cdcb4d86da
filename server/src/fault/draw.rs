//! Which faults a stream has: drawn from a seed and the stream's number, so that a fresh server repeats them.

use std::borrow::Cow;

use rand::RngExt;

use super::kinds::{Fault, Faults};
use super::parse::BadFault;
use crate::number;
use crate::schedule::jitter::{Ordinals, generator};

/// The parameter that every stream knows.
pub(crate) const PARAMETER: &str = "fault";

/// Sets the draws of faults apart from those of schedules with the same seed ("faults" in ASCII).
const SALT: u64 = 0x6661_756c_7473;

/// Where the faults of a server's streams come from.
#[derive(Debug)]
pub(crate) struct ServerFaults {
    /// Of streams whose request says nothing of faults.
    faults: Faults,
    /// Of requests without one.
    seed: u64,
    ordinals: Ordinals,
}

impl ServerFaults {
    pub(crate) fn new(faults: Faults, seed: u64) -> Self {
        Self {
            faults,
            seed,
            ordinals: Ordinals::default(),
        }
    }

    /// The faults of one more stream, whose request has `query`.
    ///
    /// # Errors
    /// When it asks for such as there are not.
    pub(crate) fn draw(&self, query: Option<&str>) -> Result<Vec<Fault>, BadFault> {
        self.settle(query, Ordinals::take)
    }

    /// Those that the next stream with `query` would have.
    ///
    /// # Errors
    /// When it asks for such as there are not.
    pub(crate) fn foresee(&self, query: Option<&str>) -> Result<Vec<Fault>, BadFault> {
        self.settle(query, Ordinals::next)
    }

    fn settle(
        &self,
        query: Option<&str>,
        ordinal: impl FnOnce(&Ordinals) -> u64,
    ) -> Result<Vec<Fault>, BadFault> {
        let asked = asked(query)?;
        let faults = asked.as_ref().unwrap_or(&self.faults);
        if faults.0.is_empty() {
            return Ok(Vec::new());
        }
        // Whether it is one, and may be there, is for the scenario to say.
        let seed = parameter(query, "seed").and_then(|seed| number::whole(&seed));
        Ok(faults.draw(seed.unwrap_or(self.seed), ordinal(&self.ordinals)))
    }
}

impl Faults {
    /// Those of the stream that is number `ordinal` of its server. The one's draw does not depend on the others'
    /// probabilities.
    fn draw(&self, seed: u64, ordinal: u64) -> Vec<Fault> {
        let mut random = generator(seed ^ SALT, ordinal);
        let drawn = self
            .0
            .iter()
            .filter(|spec| random.random_range(0..1_000_000) < spec.per_million);
        drawn.map(|spec| spec.fault.clone()).collect()
    }
}

/// The faults that a request with `query` asks for.
///
/// # Errors
/// When there are no such faults.
pub(crate) fn asked(query: Option<&str>) -> Result<Option<Faults>, BadFault> {
    let list = parameter(query, PARAMETER);
    list.map(|list| list.parse()).transpose()
}

/// Whether a request with `query` asks for faults.
pub(crate) fn is_asked(query: Option<&str>) -> bool {
    parameter(query, PARAMETER).is_some()
}

fn parameter<'a>(query: Option<&'a str>, name: &str) -> Option<Cow<'a, str>> {
    let mut pairs = form_urlencoded::parse(query?.as_bytes());
    pairs.find_map(|(given, value)| (given == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(faults: &str) -> ServerFaults {
        ServerFaults::new(faults.parse().unwrap(), 7)
    }

    fn faults(list: &str) -> Vec<Fault> {
        let faults: Faults = list.parse().unwrap();
        faults.0.into_iter().map(|spec| spec.fault).collect()
    }

    #[test]
    fn the_request_overrides_the_server() {
        let source = source("end:1");
        let drawn = |query: Option<&str>| source.draw(query).unwrap();
        assert_eq!(drawn(None), faults("end:1"));
        assert_eq!(drawn(Some("rate=1")), faults("end:1"));
        assert_eq!(
            drawn(Some("rate=1&fault=drop:2%2Cswap:3")),
            faults("drop:2,swap:3")
        );
        assert_eq!(drawn(Some("fault=none")), []);
        assert!(source.draw(Some("fault=x")).is_err());
    }

    #[test]
    fn who_has_no_faults_is_not_counted() {
        let source = source("none");
        assert_eq!(source.draw(None).unwrap(), []);
        assert_eq!(source.draw(Some("fault=none")).unwrap(), []);
        assert_eq!(source.ordinals.take(), 0);
    }

    #[test]
    fn who_only_looks_sees_the_next_draw() {
        let source = source("end:1@0.5");
        for _ in 0..64 {
            let seen = [(); 2].map(|()| source.foresee(None).unwrap());
            let drawn = source.draw(None).unwrap();
            assert_eq!(seen, [drawn.clone(), drawn]);
        }
    }

    #[test]
    fn probabilities_hold_each_for_itself() {
        let both: Faults = "end:1@0.25,drop:2,end:3@0,swap:4@0.5".parse().unwrap();
        let drawn: Vec<_> = (0..10_000).map(|ordinal| both.draw(0, ordinal)).collect();
        let share = |spec: &str| {
            let fault = faults(spec).remove(0);
            drawn.iter().filter(|drawn| drawn.contains(&fault)).count()
        };
        assert!(
            (2_300..2_700).contains(&share("end:1")),
            "{}",
            share("end:1")
        );
        assert_eq!([share("drop:2"), share("end:3")], [10_000, 0]);
        assert!(
            (4_800..5_200).contains(&share("swap:4")),
            "{}",
            share("swap:4")
        );
        let swap_alone: Vec<bool> = {
            let other: Faults = "end:1@0,drop:2@0,end:3,swap:4@0.5".parse().unwrap();
            let swap = faults("swap:4").remove(0);
            (0..10_000)
                .map(|ordinal| other.draw(0, ordinal).contains(&swap))
                .collect()
        };
        let swap = faults("swap:4").remove(0);
        assert!(
            drawn
                .iter()
                .map(|drawn| drawn.contains(&swap))
                .eq(swap_alone)
        );
    }

    #[test]
    fn seed_and_order_decide_and_the_seed_of_the_request_comes_first() {
        let outcomes = |seed: u64, query: &str| -> Vec<bool> {
            let source = ServerFaults::new("end:1@0.5".parse().unwrap(), seed);
            let drawn = (0..64).map(|_| source.draw(Some(query)).unwrap());
            drawn.map(|drawn| !drawn.is_empty()).collect()
        };
        assert_eq!(outcomes(7, ""), outcomes(7, ""));
        assert_ne!(outcomes(7, ""), outcomes(8, ""));
        assert_eq!(outcomes(7, "seed=8"), outcomes(8, ""));
        assert_eq!(outcomes(7, "seed=%2B8"), outcomes(7, ""));
        assert!(outcomes(7, "").contains(&true) && outcomes(7, "").contains(&false));
    }
}
