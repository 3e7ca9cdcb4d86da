//! Whether a stream's events came complete, once, and in order.

use crate::measure::SequenceSource;

/// How far back a number can still be told apart as late or repeated; older ones count as repeated.
const WINDOW: u64 = u64::BITS as u64;

/// What one number says of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The one that was next.
    Next,
    /// Later than the next: so many are missing for now.
    Ahead { missing: u64 },
    /// One that was missing.
    Late,
    /// One that had come before.
    Repeated,
}

/// Where an event stands among those of its stream, as far as ids say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Ids do not count, or not yet: behind all that came before.
    Next,
    /// At its number.
    Number(u64),
    /// Ids count, and it has none: a ping between numbered events.
    None,
}

/// The numbers of one stream, in 16 bytes: the next one, and which of the 64 before it have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sequence {
    next: u64,
    /// Bit `n`: `next - 1 - n` has come, or is not expected.
    come: u64,
}

impl Sequence {
    /// A sequence that goes on with `next`.
    pub(crate) fn from(next: u64) -> Self {
        Self {
            next,
            come: u64::MAX,
        }
    }

    /// Takes the next number.
    pub(crate) fn take(&mut self, number: u64) -> Order {
        match number.checked_sub(self.next) {
            Some(missing) => {
                self.come = shifted(self.come, missing) << 1 | 1;
                self.next = number.wrapping_add(1);
                if missing == 0 {
                    Order::Next
                } else {
                    Order::Ahead { missing }
                }
            }
            None => self.take_behind(self.next - 1 - number),
        }
    }

    /// Takes the next `numbers`, each of which is next.
    fn advance(&mut self, numbers: u64) {
        self.come = !shifted(!self.come, numbers);
        self.next = self.next.wrapping_add(numbers);
    }

    fn take_behind(&mut self, age: u64) -> Order {
        if age >= WINDOW || self.come & (1 << age) != 0 {
            return Order::Repeated;
        }
        self.come |= 1 << age;
        Order::Late
    }
}

fn shifted(bits: u64, by: u64) -> u64 {
    u32::try_from(by)
        .ok()
        .and_then(|by| bits.checked_shl(by))
        .unwrap_or(0)
}

/// From here on a numeric id may be a Unix time, in seconds since 2001 or in a finer unit.
const TIMES: u64 = 1_000_000_000;

/// What a stream's sequence is told by: stamps, or ids if they are numbers that count.
///
/// Ids count only from where two in a row are consecutive: a server may use times or keys of its own as ids, and their
/// holes are no losses. For the same reason numbers from [`TIMES`] on never count. Stamps, where there are any, are believed alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbering {
    /// Nothing yet; a stamp begins with this number, if it is known.
    Unknown { stamps_from: Option<u64> },
    /// One numeric id, which may or may not begin a sequence.
    FirstId { id: u64 },
    Counting {
        by: SequenceSource,
        sequence: Sequence,
    },
}

impl Numbering {
    /// Takes an event's number: of its stamp, or its own id.
    pub(crate) fn take(&mut self, stamp_seq: Option<u64>, id: Option<&[u8]>) -> Order {
        match (stamp_seq, self) {
            (
                Some(seq),
                Self::Counting {
                    by: SequenceSource::Stamps,
                    sequence,
                },
            ) => sequence.take(seq),
            (Some(seq), numbering) => numbering.begin_stamps(seq),
            (
                None,
                Self::Counting {
                    by: SequenceSource::Stamps,
                    ..
                },
            ) => Order::Next,
            (None, numbering) => id
                .and_then(number)
                .map_or(Order::Next, |id| numbering.take_id(id)),
        }
    }

    /// Whether stamps tell it, and this number is next.
    pub(crate) fn expects(&self, seq: u64) -> bool {
        match self {
            Self::Counting {
                by: SequenceSource::Stamps,
                sequence,
            } => sequence.next == seq,
            _ => false,
        }
    }

    /// Takes so many numbers of stamps, each of which is next.
    pub(crate) fn advance(&mut self, numbers: u64) {
        if let Self::Counting { sequence, .. } = self {
            sequence.advance(numbers);
        }
    }

    /// Where the event that arrived last stands, which has this id of its own.
    pub(crate) fn place(self, id: Option<&[u8]>) -> Place {
        match self.source() {
            SequenceSource::Ids => id.and_then(number).map_or(Place::None, Place::Number),
            SequenceSource::None | SequenceSource::Stamps => Place::Next,
        }
    }

    /// What it is told by.
    pub(crate) fn source(self) -> SequenceSource {
        match self {
            Self::Unknown { .. } | Self::FirstId { .. } => SequenceSource::None,
            Self::Counting { by, .. } => by,
        }
    }

    fn begin_stamps(&mut self, seq: u64) -> Order {
        let from = match self {
            Self::Unknown {
                stamps_from: Some(from),
            } => *from,
            _ => seq,
        };
        let mut sequence = Sequence::from(from);
        let order = sequence.take(seq);
        *self = Self::Counting {
            by: SequenceSource::Stamps,
            sequence,
        };
        order
    }

    fn take_id(&mut self, id: u64) -> Order {
        match self {
            Self::Counting { sequence, .. } => sequence.take(id),
            Self::FirstId { id: first } if id == first.wrapping_add(1) => {
                *self = Self::Counting {
                    by: SequenceSource::Ids,
                    sequence: Sequence::from(id.wrapping_add(1)),
                };
                Order::Next
            }
            numbering => {
                *numbering = Self::FirstId { id };
                Order::Next
            }
        }
    }
}

fn number(id: &[u8]) -> Option<u64> {
    if !id.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let number = std::str::from_utf8(id).ok()?.parse().ok()?;
    (number < TIMES).then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lost, duplicated and reordered after these numbers.
    fn tally(from: u64, numbers: &[u64]) -> (u64, u64, u64) {
        let mut sequence = Sequence::from(from);
        let (mut lost, mut duplicated, mut reordered) = (0, 0, 0);
        for &number in numbers {
            match sequence.take(number) {
                Order::Next => {}
                Order::Ahead { missing } => lost += missing,
                Order::Late => {
                    lost -= 1;
                    reordered += 1;
                }
                Order::Repeated => duplicated += 1,
            }
        }
        (lost, duplicated, reordered)
    }

    #[test]
    fn holes_repeats_and_swaps_are_told_apart() {
        assert_eq!(tally(0, &[0, 1, 2, 3]), (0, 0, 0));
        assert_eq!(tally(0, &[0, 1, 4, 5]), (2, 0, 0));
        assert_eq!(tally(0, &[2, 3]), (2, 0, 0));
        assert_eq!(tally(0, &[0, 1, 1, 2]), (0, 1, 0));
        assert_eq!(tally(0, &[0, 2, 1, 3]), (0, 0, 1));
        assert_eq!(tally(0, &[0, 2, 1, 1]), (0, 1, 1));
        assert_eq!(tally(5, &[5, 6, 3]), (0, 1, 0));
        assert_eq!(tally(0, &[0, 1_000_000, 1_000_001]), (999_999, 0, 0));
        assert_eq!(tally(0, &[u64::MAX]), (u64::MAX, 0, 0));
    }

    #[test]
    fn ids_count_only_where_they_are_consecutive() {
        let lost = |ids: &[&str]| {
            let mut numbering = Numbering::Unknown { stamps_from: None };
            ids.iter()
                .map(|id| match numbering.take(None, Some(id.as_bytes())) {
                    Order::Ahead { missing } => missing,
                    _ => 0,
                })
                .sum::<u64>()
        };
        assert_eq!(lost(&["7", "8", "11"]), 2);
        assert_eq!(lost(&["100", "117", "150"]), 0, "keys");
        assert_eq!(
            lost(&["1700000000123", "1700000000124", "1700000000131"]),
            0,
            "times"
        );
        assert_eq!(lost(&["a1", "a3", "", "+4", "-5"]), 0);
    }

    #[test]
    fn an_id_that_comes_again_is_a_repeat_but_an_event_without_one_is_not() {
        let mut numbering = Numbering::Unknown { stamps_from: None };
        let orders = [Some("7"), Some("8"), None, Some("8"), Some("9")]
            .map(|id| numbering.take(None, id.map(str::as_bytes)));
        let in_order = Order::Next;
        assert_eq!(
            orders,
            [in_order, in_order, in_order, Order::Repeated, in_order]
        );
    }

    #[test]
    fn an_event_stands_where_its_id_says_once_ids_count() {
        let places = |ids: &[&str]| -> Vec<Place> {
            let mut numbering = Numbering::Unknown { stamps_from: None };
            let ids = ids
                .iter()
                .map(|id| (!id.is_empty()).then_some(id.as_bytes()));
            ids.map(|id| {
                numbering.take(None, id);
                numbering.place(id)
            })
            .collect()
        };
        let number = Place::Number;
        assert_eq!(
            places(&["7", "8", "", "11", "10"]),
            [Place::Next, number(8), Place::None, number(11), number(10)]
        );
        assert_eq!(places(&["100", "117", ""]), [Place::Next; 3], "keys");
        assert_eq!(places(&["a1", "a2", "", ""]), [Place::Next; 4]);
    }

    #[test]
    fn stamps_are_believed_alone() {
        let mut numbering = Numbering::Unknown {
            stamps_from: Some(0),
        };
        assert_eq!(numbering.take(Some(0), Some(b"5")), Order::Next);
        assert_eq!(
            numbering.take(Some(2), Some(b"6")),
            Order::Ahead { missing: 1 }
        );
        assert_eq!(numbering.source(), SequenceSource::Stamps);
        let mut fresh = Numbering::Unknown {
            stamps_from: Some(0),
        };
        assert_eq!(fresh.take(Some(3), None), Order::Ahead { missing: 3 });
        let mut resumed = Numbering::Unknown { stamps_from: None };
        assert_eq!(resumed.take(Some(3), None), Order::Next);
    }

    proptest! {
        #[test]
        fn advancing_is_taking_one_after_the_other(
            before in prop::collection::vec(0u64..80, 0..40),
            count in 0u64..200,
        ) {
            let mut one_by_one = Sequence::from(0);
            for number in before {
                one_by_one.take(number);
            }
            let mut at_once = one_by_one;
            at_once.advance(count);
            for _ in 0..count {
                prop_assert_eq!(one_by_one.take(one_by_one.next), Order::Next);
            }
            prop_assert_eq!(at_once, one_by_one);
        }

        /// Any order of any numbers near each other: what is missing at the end is what never came.
        #[test]
        fn what_is_lost_never_came(numbers in prop::collection::vec(0u64..40, 1..80)) {
            let (lost, duplicated, reordered) = tally(0, &numbers);
            let distinct: std::collections::BTreeSet<u64> = numbers.iter().copied().collect();
            let highest = *distinct.last().unwrap();
            prop_assert_eq!(lost, highest + 1 - distinct.len() as u64);
            prop_assert_eq!(duplicated, (numbers.len() - distinct.len()) as u64);
            let mut so_far = None;
            let behind = numbers.iter().filter(|&&number| {
                let late = so_far.is_some_and(|highest| number < highest);
                so_far = so_far.max(Some(number));
                late
            });
            prop_assert!(reordered <= behind.count() as u64);
        }
    }
}
