//! A histogram as it stands in a report.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::measure::new_histogram;

/// A histogram of nanoseconds with the bounds of [`new_histogram`], in HdrHistogram's V2 deflate encoding, base64, as
/// `.hlog` files and other implementations have it: some hundred bytes instead of 220 KB.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Encoded(String);

/// Where histograms of earlier versions began.
const COARSE_LOWEST_NS: u64 = 1_000;

/// Why a text is not such a histogram.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// Not base64.
    #[error("a histogram is not base64")]
    Base64(#[from] base64::DecodeError),
    /// Base64 of something else.
    #[error("a histogram is not in HdrHistogram's V2 deflate encoding")]
    Histogram(#[source] hdrhistogram::serialization::DeserializeError),
    /// A histogram that cannot be added to those of this program.
    #[error("a histogram has other bounds than 100 ns (or 1 us) to 1 h with 3 significant digits")]
    Bounds,
}

impl Encoded {
    /// The encoding of a histogram.
    #[must_use]
    pub fn of(histogram: &Histogram<u64>) -> Self {
        let (mut whole, mut bytes) = (new_histogram(), Vec::new());
        whole
            .add(histogram)
            .expect("its bounds are those of all, or narrower");
        V2DeflateSerializer::new()
            .serialize(&whole, &mut bytes)
            .expect("a histogram of these bounds can be written to memory");
        Self(STANDARD.encode(bytes))
    }

    /// The histogram.
    #[must_use]
    pub fn decode(&self) -> Histogram<u64> {
        decode(&self.0).expect("it was encoded here, or checked when it was read")
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Encoded {
    type Error = DecodeError;

    fn try_from(text: String) -> Result<Self, DecodeError> {
        decode(&text).map(|_| Self(text))
    }
}

impl From<Encoded> for String {
    fn from(Encoded(text): Encoded) -> Self {
        text
    }
}

fn decode(text: &str) -> Result<Histogram<u64>, DecodeError> {
    let bytes = STANDARD.decode(text)?;
    let histogram: Histogram<u64> = Deserializer::new()
        .deserialize(&mut bytes.as_slice())
        .map_err(DecodeError::Histogram)?;
    let mut ours = new_histogram();
    let is_ours = histogram.low() == ours.low();
    let is_known = is_ours || histogram.low() == COARSE_LOWEST_NS;
    let ends_alike = |of: &Histogram<u64>| (of.high(), of.sigfig());
    if !is_known || ends_alike(&histogram) != ends_alike(&ours) {
        return Err(DecodeError::Bounds);
    }
    if is_ours {
        return Ok(histogram);
    }
    // All are added up and compared in the same steps.
    ours.add(&histogram).map_err(|_| DecodeError::Bounds)?;
    Ok(ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_comes_back_as_it_was() {
        let mut histogram = new_histogram();
        for value_ns in (0..5_000u64).map(|k| k * k * 1_000) {
            histogram.record(value_ns).unwrap();
        }
        let encoded = Encoded::of(&histogram);
        assert_eq!(encoded.decode(), histogram);
        let json = serde_json::to_string(&encoded).unwrap();
        assert_eq!(serde_json::from_str::<Encoded>(&json).unwrap(), encoded);
    }

    #[test]
    fn one_of_an_earlier_version_is_read_in_the_steps_of_this_one() {
        let ours = new_histogram();
        let (high, digits) = (ours.high(), ours.sigfig());
        let mut coarse = Histogram::<u64>::new_with_bounds(COARSE_LOWEST_NS, high, digits).unwrap();
        coarse.record_n(5_000, 3).unwrap();
        coarse.record_n(7_000_000_000, 2).unwrap();
        let mut bytes = Vec::new();
        V2DeflateSerializer::new()
            .serialize(&coarse, &mut bytes)
            .unwrap();
        let read = Encoded::try_from(STANDARD.encode(bytes)).unwrap().decode();
        assert_eq!((read.low(), read.len()), (ours.low(), 5));
        for quantile in [0.5, 1.0] {
            let (old, new) = (
                coarse.value_at_quantile(quantile),
                read.value_at_quantile(quantile),
            );
            assert!(old.abs_diff(new) <= 512.max(old / 1_000), "{old} {new}");
        }
    }

    #[test]
    fn what_is_no_histogram_of_ours_is_refused() {
        let refused = |text: &str| Encoded::try_from(text.to_owned()).unwrap_err().to_string();
        assert!(refused("?").contains("base64"));
        assert!(refused("aGVsbG8=").contains("V2 deflate"));
        let mut other = Histogram::<u64>::new_with_bounds(1, 1_000, 2).unwrap();
        other.record(5).unwrap();
        let mut bytes = Vec::new();
        V2DeflateSerializer::new()
            .serialize(&other, &mut bytes)
            .unwrap();
        let other = STANDARD.encode(bytes);
        assert!(refused(&other).contains("other bounds"));
    }
}
