//! The lower convex hull of a stream's receive times, in a fixed amount of memory.

/// Corners that are kept, in 128 bytes. Of 1,000 events with random delays the hull has 10, of 100,000 it has 16; in 15,000
/// streams as `the_period_is_that_of_the_hull_of_all_events` draws them, these 8 gave the slope of all to 0.2 %
/// (`PROPTEST_CASES=15000 cargo test -p weir --lib the_period_is`).
const CORNERS: usize = 8;

/// When the event at a place came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) place: i64,
    pub(super) rx_ns: i64,
}

/// The lower convex hull of arrivals over their places: what no line from below can pass.
///
/// It is built from left to right (Andrew, "Another efficient algorithm for convex hulls in two dimensions", 1979). When it
/// has more corners than there is memory for, the one that stands out least is given up, and the hull runs straight there,
/// above a few arrivals by as little as can be.
#[derive(Debug, Default)]
pub(super) struct LowerHull {
    corners: [Arrival; CORNERS],
    len: usize,
}

impl LowerHull {
    /// Takes an arrival at a place behind all others.
    pub(super) fn add(&mut self, arrival: Arrival) {
        while let [.., before, last] = self.corners()
            && height(*before, *last, arrival) >= 0
        {
            self.len -= 1;
        }
        if self.len == CORNERS {
            self.give_up_flattest();
        }
        self.corners[self.len] = arrival;
        self.len += 1;
    }

    /// Places from the first arrival to the last.
    pub(super) fn span(&self) -> u64 {
        match self.corners() {
            [first, .., last] => last.place.abs_diff(first.place),
            _ => 0,
        }
    }

    /// The slope of the edge above or below the middle of all places, a nanosecond a place; `None` before there is an edge.
    ///
    /// Of all lines below the arrivals, that on this edge is the nearest to them, by the sum of the distances over evenly
    /// spread places.
    pub(super) fn middle_slope_ns(&self) -> Option<f64> {
        let corners = self.corners();
        let middle = corners.first()?.place.midpoint(corners.last()?.place);
        let end = corners.iter().position(|corner| corner.place > middle)?;
        let (start, end) = (corners[end - 1], corners[end]);
        let rise_ns = end.rx_ns - start.rx_ns;
        Some(rise_ns as f64 / (end.place - start.place) as f64)
    }

    /// Where the highest line of this slope that no arrival is below stands at `place`; `None` without an arrival.
    pub(super) fn envelope_ns(&self, slope_ns: f64, place: i64) -> Option<i64> {
        let corners = self.corners().iter();
        let lines = corners.map(|corner| {
            let after_ns = slope_ns * (place - corner.place) as f64;
            corner.rx_ns.saturating_add(after_ns.round() as i64)
        });
        lines.min()
    }

    fn corners(&self) -> &[Arrival] {
        &self.corners[..self.len]
    }

    /// Neither the first nor the last.
    fn give_up_flattest(&mut self) {
        let depth = |at: usize| {
            let [before, corner, after] = [at - 1, at, at + 1].map(|at| self.corners[at]);
            // Above the corner, in nanoseconds.
            let width = after.place.abs_diff(before.place);
            height(before, corner, after).unsigned_abs() / u128::from(width)
        };
        let flattest = (1..self.len - 1).min_by_key(|&at| depth(at));
        if let Some(flattest) = flattest {
            self.corners.copy_within(flattest + 1..self.len, flattest);
            self.len -= 1;
        }
    }
}

/// How far `arrival` is above the straight line from `before` to `after`, times the distance of these two in places.
fn height(before: Arrival, arrival: Arrival, after: Arrival) -> i128 {
    let to = |other: Arrival| {
        let places = i128::from(other.place) - i128::from(before.place);
        (places, i128::from(other.rx_ns) - i128::from(before.rx_ns))
    };
    let ((places, rise_ns), (width, whole_rise_ns)) = (to(arrival), to(after));
    rise_ns * width - whole_rise_ns * places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hull(rx_ns: &[i64]) -> LowerHull {
        let mut hull = LowerHull::default();
        for (place, &rx_ns) in (0..).zip(rx_ns) {
            hull.add(Arrival { place, rx_ns });
        }
        hull
    }

    fn places(hull: &LowerHull) -> Vec<i64> {
        hull.corners().iter().map(|corner| corner.place).collect()
    }

    #[test]
    fn what_is_above_an_edge_is_no_corner() {
        assert_eq!(places(&hull(&[100, 112, 120, 131, 140])), [0, 4]);
        assert_eq!(places(&hull(&[100, 109, 120, 131, 140])), [0, 1, 4]);
        assert_eq!(places(&hull(&[100, 110, 120, 145])), [0, 2, 3]);
        assert_eq!(places(&hull(&[100, 110, 120, 145, 145])), [0, 2, 4]);
    }

    #[test]
    fn the_middle_edge_gives_the_slope_and_the_envelope_is_below_all() {
        let hull = hull(&[104, 110, 121, 130, 145]);
        assert_eq!(hull.middle_slope_ns(), Some(10.0));
        assert_eq!(hull.envelope_ns(10.0, 4), Some(140));
        assert_eq!(hull.envelope_ns(10.0, 0), Some(100));
        assert_eq!(hull.span(), 4);
        assert_eq!(LowerHull::default().middle_slope_ns(), None);
        assert_eq!(LowerHull::default().envelope_ns(10.0, 0), None);
    }

    #[test]
    fn of_too_many_corners_the_flattest_is_given_up() {
        // A parabola, flat at one corner.
        let parabola: Vec<i64> = (0..=8).map(|place| 10 * place * place).collect();
        assert!(parabola.len() > CORNERS);
        let mut bent = parabola;
        bent[3] += 9;
        let places = places(&hull(&bent));
        assert_eq!(places.len(), CORNERS);
        assert!(!places.contains(&3), "{places:?}");
    }
}
