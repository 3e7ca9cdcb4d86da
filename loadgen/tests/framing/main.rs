//! Weir's own reader of responses is as strict about framing as hyper's client, which has met more servers: on any bytes,
//! in any pieces, both read the same content, and both take it for the whole or neither does. `differences` lists where
//! weir means to do otherwise.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod bodies;
#[path = "../common/mod.rs"]
mod common;
mod differences;
mod end_to_end;
mod heads;
mod readers;
mod responses;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use weir::transport::http1::ProtocolError;

use self::differences::DIFFERENCES;
use self::readers::{End, hyper, weir};

/// The same cases every time: what finds new ones is the fuzzer (loadgen/fuzz).
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(0),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn any_response_is_read_as_hyper_reads_it(
        response in responses::any_response(),
        sizes in piece_sizes(),
    ) {
        let pieces = pieces(&response, &sizes);
        let (weir, hyper) = (weir(&pieces), hyper(&pieces));
        prop_assert!(
            weir.agrees(&hyper) || differences::explain(&response, &weir),
            "{}\nweir: {weir:?}\nhyper: {hyper:?}",
            response.escape_ascii()
        );
    }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn an_early_end_is_a_truncation_wherever_it_is(response in responses::framed_response()) {
        for end in 0..response.len() {
            let early = &response[..end];
            let (weir, hyper) = (weir(&[early]), hyper(&[early]));
            prop_assert!(weir.is_truncated(), "{}: {weir:?}", early.escape_ascii());
            prop_assert!(hyper.is_truncated(), "{}: {hyper:?}", early.escape_ascii());
            prop_assert_eq!(weir.content, hyper.content);
        }
        let (weir, hyper) = (weir(&[&response]), hyper(&[&response]));
        prop_assert!(weir.is_complete(), "{}: {weir:?}", response.escape_ascii());
        prop_assert!(weir.agrees(&hyper), "{}: {hyper:?}", response.escape_ascii());
    }

    #[test]
    fn without_framing_an_early_end_is_the_end_once_the_head_is_there(content in bodies::content()) {
        let head = b"HTTP/1.1 200 OK\r\n\r\n";
        let response = [head, &content[..]].concat();
        for end in 0..=response.len() {
            let (weir, hyper) = (weir(&[&response[..end]]), hyper(&[&response[..end]]));
            prop_assert_eq!(weir.is_complete(), end >= head.len());
            prop_assert!(weir.agrees(&hyper), "{end}: {weir:?}, {hyper:?}");
        }
    }
}

#[test]
fn every_difference_is_still_there() {
    for difference in DIFFERENCES {
        let weir = weir(&[difference.example]);
        let hyper = hyper(&[difference.example]);
        assert!(!weir.agrees(&hyper), "{}: {hyper:?}", difference.why);
        assert!(
            difference.explains(difference.example, &weir),
            "{}: {weir:?}",
            difference.why
        );
    }
}

/// A response whose chunk extension and trailers have so many bytes, without line ends.
fn with_extras(extension_bytes: usize, trailers: &[usize]) -> Vec<u8> {
    let trailer = |&bytes: &usize| format!("a:{}\r\n", "b".repeat(bytes - 2));
    let trailers: String = trailers.iter().map(trailer).collect();
    let extension = "x".repeat(extension_bytes);
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked";
    format!("{head}\r\n\r\n0;{extension}\r\n{trailers}\r\n").into_bytes()
}

/// A response whose head has so many bytes, in so many fields.
fn with_head(bytes: usize, fields: usize) -> Vec<u8> {
    let fields = "a: b\r\n".repeat(fields - 1);
    let head = |reason: &str| format!("HTTP/1.1 200 {reason}\r\ncontent-length: 0\r\n{fields}\r\n");
    head(&"a".repeat(bytes - head("").len())).into_bytes()
}

/// Both read what is usual; how much more is up to each of them (RFC 9110, 5.4; RFC 9112, 7.1.1 and 7.1.2).
#[test]
fn the_limits_differ_where_they_are_known_to() {
    const COMPLETE: Result<End, ProtocolError> = Ok(End::Complete);
    const EXTRAS: Result<End, ProtocolError> = Err(ProtocolError::ChunkTooLong {
        limit_bytes: 1 << 14,
    });
    const HEAD: Result<End, ProtocolError> = Err(ProtocolError::HeadTooLong {
        limit_bytes: 1 << 16,
    });
    const FIELDS: Result<End, ProtocolError> =
        Err(ProtocolError::Head(httparse::Error::TooManyHeaders));
    let cases = [
        ("an extension", with_extras(16_383, &[]), COMPLETE, true),
        ("a longer one", with_extras(16_385, &[]), EXTRAS, false),
        ("a trailer", with_extras(0, &[16_379]), COMPLETE, true),
        ("a longer one", with_extras(0, &[16_385]), EXTRAS, false),
        (
            "hyper counts extensions and trailers apart",
            with_extras(9_000, &[9_000]),
            EXTRAS,
            true,
        ),
        (
            "hyper keeps trailers, so that it counts them",
            with_extras(0, &[2; 101]),
            COMPLETE,
            false,
        ),
        ("a head", with_head(1 << 16, 2), COMPLETE, true),
        (
            "hyper holds longer ones",
            with_head((1 << 16) + 1, 2),
            HEAD,
            true,
        ),
        ("fields", with_head(1_000, 100), COMPLETE, true),
        ("too many", with_head(1_000, 101), FIELDS, false),
    ];
    for (name, response, end, hyper_completes) in cases {
        for pieces in [vec![&response[..]], response.chunks(1_000).collect()] {
            assert_eq!(weir(&pieces).end, end, "{name}, {} pieces", pieces.len());
            assert_eq!(hyper(&pieces).is_complete(), hyper_completes, "{name}");
        }
    }
}

fn piece_sizes() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![3 => 0..4_usize, 1 => 4..40_usize], 1..20)
}

/// Cuts pieces of these sizes off the front of `response`; what is left is the last piece.
fn pieces<'a>(response: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut rest = response;
    let mut pieces = Vec::new();
    for &size_bytes in sizes {
        let piece;
        (piece, rest) = rest.split_at(size_bytes.min(rest.len()));
        pieces.push(piece);
    }
    pieces.push(rest);
    pieces
}
