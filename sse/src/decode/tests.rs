use super::*;

const ROOMY_BYTES: u32 = 1_000;

fn event<'a>(item: Result<Option<Item<'a>>, DecodeError>) -> Event<'a> {
    match item {
        Ok(Some(Item::Event(event))) => event,
        other => panic!("not an event: {other:?}"),
    }
}

fn lies_in(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

/// Feeds all of `input`, and gives the last event's data or the first error.
fn last_data(decoder: &mut Decoder, mut input: &[u8]) -> Result<Option<Vec<u8>>, DecodeError> {
    let mut last = None;
    while let Some(item) = decoder.next(&mut input)? {
        if let Item::Event(event) = item {
            last = Some(event.data.to_vec());
        }
    }
    Ok(last)
}

/// Feeds `wire` to a new decoder in pieces, and gives the last event's data or the first error.
fn feed(limits: Limits, piece_bytes: usize, wire: &[u8]) -> Result<Option<Vec<u8>>, DecodeError> {
    let mut decoder = Decoder::with_limits(limits);
    wire.chunks(piece_bytes).try_fold(None, |last, piece| {
        Ok(last_data(&mut decoder, piece)?.or(last))
    })
}

/// Capacity of every buffer, in bytes.
fn held_bytes(decoder: &Decoder) -> usize {
    decoder.lines.capacity_bytes() + decoder.pending.capacity_bytes()
}

#[test]
fn an_event_within_the_input_is_lent_from_it() {
    for wire in [
        &b"data: x\n\n"[..],
        b"event: add\ndata: x\n\n",
        b"\xef\xbb\xbfdata: x\r\nevent: add\r\n\r\n",
        b"retry: 5\rdata: x\rother: y\r\r",
        b": stamp\n: another\nevent: add\ndata: x\n\n",
        b"event: dropped\n\n: stamp\ndata: x\n\n",
    ] {
        let mut decoder = Decoder::new();
        let mut input = wire;
        let event = loop {
            match decoder.next(&mut input) {
                Ok(Some(Item::Comment(comment))) => assert!(lies_in(comment, wire)),
                other => break event(other),
            }
        };
        assert_eq!(event.data, b"x");
        assert!(lies_in(event.data, wire));
        assert!(event.event.is_empty() || lies_in(event.event, wire));
        assert_eq!(held_bytes(&decoder), 0);
    }
}

#[test]
fn only_the_split_event_is_copied() {
    let mut decoder = Decoder::new();
    assert_eq!(last_data(&mut decoder, b"data: fir"), Ok(None));
    let wire = b"st\n\ndata: second\n\n";
    let mut input = &wire[..];
    let first = event(decoder.next(&mut input));
    assert_eq!(first.data, b"first");
    let second = event(decoder.next(&mut input));
    assert_eq!(second.data, b"second");
    assert!(lies_in(second.data, wire));
}

#[test]
fn a_call_takes_no_more_than_its_item() {
    let mut decoder = Decoder::new();
    let mut input = &b"data: a\r\n\r\n:c\r\ndata: b"[..];
    event(decoder.next(&mut input));
    assert_eq!(input, b":c\r\ndata: b");
    assert_eq!(decoder.next(&mut input), Ok(Some(Item::Comment(b"c"))));
    assert_eq!(input, b"data: b");
    assert_eq!(decoder.next(&mut input), Ok(None));
    assert_eq!(input, b"");
}

#[test]
fn the_second_cr_dispatches_and_its_lf_is_nothing_more() {
    let mut decoder = Decoder::new();
    assert_eq!(
        last_data(&mut decoder, b"data: a\r\r"),
        Ok(Some(b"a".to_vec()))
    );
    assert_eq!(last_data(&mut decoder, b""), Ok(None));
    assert_eq!(last_data(&mut decoder, b"\ndata: b\r"), Ok(None));
    assert_eq!(
        last_data(&mut decoder, b"\n"),
        Ok(None),
        "an LF after CR ends no second line"
    );
    assert_eq!(last_data(&mut decoder, b"\r"), Ok(Some(b"b".to_vec())));
}

#[test]
fn a_byte_order_mark_is_text_but_at_the_start() {
    let wire = "\u{feff}data: a\n\u{feff}data: b\ndata: \u{feff}c\n\n".as_bytes();
    for piece_bytes in [1, 2, wire.len()] {
        let data = feed(Limits::default(), piece_bytes, wire);
        assert_eq!(data, Ok(Some("a\n\u{feff}c".into())));
    }
}

#[test]
fn a_comment_amid_an_event_leaves_it_whole() {
    let mut decoder = Decoder::new();
    let mut input = &b"event: add\ndata: a\n:c\ndata: b\n\n"[..];
    assert_eq!(decoder.next(&mut input), Ok(Some(Item::Comment(b"c"))));
    let event = event(decoder.next(&mut input));
    assert_eq!((event.event, event.data), (&b"add"[..], &b"a\nb"[..]));
}

#[test]
fn an_id_counts_from_its_blank_line_on() {
    let mut decoder = Decoder::new();
    for (piece, id) in [
        (&b"id: 1\n"[..], &b""[..]),
        (b"\n", b"1"),
        (b"id: 22\nid: no\0\ndata: x\n", b"1"),
        (b"\n", b"22"),
        (b"data: y\n\n", b"22"),
        (b"id\n\n", b""),
    ] {
        last_data(&mut decoder, piece).unwrap();
        assert_eq!(decoder.last_event_id(), id);
    }
}

#[test]
fn a_retry_counts_at_once_and_saturates() {
    let mut decoder = Decoder::new();
    for (piece, retry_ms) in [
        (&b"retry\nretry:\nretry: +5\n"[..], None),
        (b"retry: 007\n", Some(7)),
        (b"retry: 5x\n", Some(7)),
        (b"retry:18446744073709551614\n", Some(u64::MAX - 1)),
        (b"retry:18446744073709551616\n", Some(u64::MAX)),
    ] {
        last_data(&mut decoder, piece).unwrap();
        assert_eq!(decoder.retry_ms(), retry_ms);
    }
}

#[test]
fn a_line_may_be_as_long_as_its_limit_and_no_longer() {
    let limits = Limits {
        line_bytes: 10,
        event_bytes: ROOMY_BYTES,
    };
    let too_long = Err(DecodeError::LineTooLong { limit_bytes: 10 });
    for piece_bytes in [1, 3, ROOMY_BYTES as usize] {
        let feed = |wire| feed(limits, piece_bytes, wire);
        assert_eq!(feed(b"data: 6789\r\n\r\n"), Ok(Some(b"6789".to_vec())));
        assert_eq!(feed(b"data: 6789A\n\n"), too_long);
        assert_eq!(feed(b"data: 6789A"), too_long, "before the line end");
        assert_eq!(feed(b":123456789A"), too_long, "in a comment");
        assert_eq!(feed(b"data: 6789\n\ndata: 6789A\n"), too_long);
    }
}

#[test]
fn an_event_may_be_as_large_as_its_limit_and_no_larger() {
    let limits = Limits {
        line_bytes: ROOMY_BYTES,
        event_bytes: 5,
    };
    let too_long = Err(DecodeError::EventTooLong { limit_bytes: 5 });
    for piece_bytes in [1, 3, ROOMY_BYTES as usize] {
        let feed = |wire| feed(limits, piece_bytes, wire);
        assert_eq!(feed(b"data: 12345\n\n"), Ok(Some(b"12345".to_vec())));
        assert_eq!(feed(b"data: 123456\n\n"), too_long);
        assert_eq!(
            feed(b"data: 12\ndata: 45\n\n"),
            Ok(Some(b"12\n45".to_vec()))
        );
        assert_eq!(feed(b"data: 12\ndata: 456\n\n"), too_long);
        assert_eq!(
            feed(b"data: 12\ndata: 4\ndata\n\n"),
            Ok(Some(b"12\n4\n".to_vec()))
        );
        assert_eq!(feed(b"data: 12\ndata: 45\ndata\n\n"), too_long);
        assert_eq!(
            feed(b"data: 1234\n\ndata: 1234\n\n"),
            Ok(Some(b"1234".to_vec()))
        );
    }
}

#[test]
fn an_error_stays() {
    let mut decoder = Decoder::with_limits(Limits {
        line_bytes: 10,
        event_bytes: 10,
    });
    let error = Err(DecodeError::LineTooLong { limit_bytes: 10 });
    assert_eq!(last_data(&mut decoder, &[b'x'; 11]), error);
    assert_eq!(last_data(&mut decoder, b"\ndata: x\n\n"), error);
    assert_eq!(last_data(&mut decoder, b""), error);
}

#[test]
fn a_large_event_leaves_no_large_buffer() {
    let line = [&b"data: "[..], &[b'x'; 4 * KEEP_BYTES], b"\n"].concat();
    let mut decoder = Decoder::new();
    let mut events = 0;
    for piece in [&line[..], &line, b"\n"].concat().chunks(1_460) {
        if let Some(data) = last_data(&mut decoder, piece).unwrap() {
            assert_eq!(data.len(), 2 * 4 * KEEP_BYTES + 1);
            events += 1;
        }
    }
    assert_eq!(events, 1);
    assert!(held_bytes(&decoder) <= KEEP_BYTES);
}

#[test]
fn a_large_type_or_id_leaves_no_large_buffer() {
    let large = "x".repeat(4 * KEEP_BYTES);
    for wire in [
        format!("event: {large}\ndata\n\n"),
        format!("event: {large}\n\n"),
        format!("id: {large}\n\nid: 1\n\n"),
        format!(":{large}\n\n"),
    ] {
        let mut decoder = Decoder::new();
        for piece in wire.as_bytes().chunks(1_460) {
            last_data(&mut decoder, piece).unwrap();
        }
        assert!(held_bytes(&decoder) <= KEEP_BYTES, "{}", &wire[..10]);
    }
}

#[test]
fn small_buffers_are_used_again() {
    let mut decoder = Decoder::new();
    let feed = |decoder: &mut Decoder| {
        for piece in b"event: add\nid: 7\ndata: a\ndata: b\n\n".chunks(4) {
            last_data(decoder, piece).unwrap();
        }
        held_bytes(decoder)
    };
    feed(&mut decoder);
    let settled_bytes = feed(&mut decoder);
    assert_eq!(feed(&mut decoder), settled_bytes);
    assert!(settled_bytes < 100);
}

#[test]
fn ten_thousand_idle_decoders_are_small() {
    assert_eq!(held_bytes(&Decoder::new()), 0);
    assert!(size_of::<Decoder>() <= 256);
}
