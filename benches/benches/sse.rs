//! The wire: encoding, decoding, stamps.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use weir_sse::{Block, Decoder, Item, Stamp};

/// What a read from a busy socket brings.
const READ_BYTES: usize = 16 * 1024;

/// What a TCP segment carries over Ethernet (1,500 bytes less headers).
const SEGMENT_BYTES: usize = 1460;

/// About what a token of a language model comes to with its JSON around it left out.
const TOKEN: &str = "a token, some thirty bytes long";

const STAMP: Stamp = Stamp {
    seq: 123_456,
    due_ns: 1_770_000_000_123_456_789,
    sent_ns: 1_770_000_000_123_500_000,
};

fn encode(criterion: &mut Criterion) {
    let large = "x".repeat(8 * 1024);
    let mut group = criterion.benchmark_group("encode");
    for (name, data) in [("token", TOKEN), ("8 KiB", &large)] {
        let block = Block {
            id: Some("123456"),
            data: Some(data),
            ..Block::default()
        };
        let mut out = Vec::new();
        block.encode(&mut out);
        assert_eq!(out, format!("id: 123456\ndata: {data}\n\n").as_bytes());
        group.throughput(throughput(1, &out));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.clear();
                black_box(&block).encode(&mut out);
            });
        });
    }
}

/// A stream to decode, and how it arrives.
struct Case {
    name: &'static str,
    stream: Vec<u8>,
    piece_bytes: usize,
    /// Events and comments in it.
    items: u64,
}

impl Case {
    /// About a MiB of blocks alike.
    fn repeated(name: &'static str, block: &Block<'_>) -> Self {
        let mut stream = Vec::new();
        let mut items = 0;
        while stream.len() < 1024 * 1024 {
            block.encode(&mut stream);
            items += 1;
        }
        Self {
            name,
            stream,
            piece_bytes: READ_BYTES,
            items,
        }
    }

    fn one_line(data_bytes: usize) -> Self {
        let mut stream = Vec::new();
        data(&"x".repeat(data_bytes)).encode(&mut stream);
        Self {
            name: "one 8 MiB line in 1,460-byte pieces",
            stream,
            piece_bytes: SEGMENT_BYTES,
            items: 1,
        }
    }

    /// Items, and bytes of data and comments.
    fn decode(&self) -> (u64, usize) {
        let mut decoder = Decoder::new();
        let (mut items, mut bytes) = (0, 0);
        for mut piece in self.stream.chunks(self.piece_bytes) {
            while let Some(item) = decoder.next(&mut piece).expect("it is within the limits") {
                items += 1;
                bytes += match item {
                    Item::Event(event) => event.data.len(),
                    Item::Comment(comment) => comment.len(),
                };
            }
        }
        (items, bytes)
    }
}

fn decode(criterion: &mut Criterion) {
    let large = "x".repeat(8 * 1024);
    let heartbeat = Block {
        comment: Some("keep-alive"),
        ..Block::default()
    };
    let cases = [
        (Case::repeated("tokens", &data(TOKEN)), TOKEN.len()),
        (Case::repeated("8 KiB events", &data(&large)), large.len()),
        (Case::repeated("comments", &heartbeat), "keep-alive".len()),
        (Case::one_line(8 * 1024 * 1024), 8 * 1024 * 1024),
    ];
    let mut group = criterion.benchmark_group("decode");
    for (case, item_bytes) in cases {
        let expected = (case.items, case.items as usize * item_bytes);
        assert_eq!(case.decode(), expected, "{}", case.name);
        group.throughput(throughput(case.items, &case.stream));
        group.bench_function(case.name, |bencher| {
            bencher.iter(|| black_box(&case).decode());
        });
    }
}

fn stamp(criterion: &mut Criterion) {
    let mut line = [0; Stamp::LEN];
    STAMP.write(&mut line);
    let comment = line[1..Stamp::LEN - 1].to_vec();
    assert_eq!(Stamp::parse(&comment), Some(STAMP));
    let mut group = criterion.benchmark_group("stamp");
    group.throughput(Throughput::Elements(1));
    group.bench_function("write", |bencher| {
        bencher.iter(|| black_box(STAMP).write(&mut line));
    });
    group.bench_function("parse", |bencher| {
        bencher.iter(|| Stamp::parse(black_box(&comment)));
    });
}

fn data(text: &str) -> Block<'_> {
    Block {
        data: Some(text),
        ..Block::default()
    }
}

fn throughput(elements: u64, bytes: &[u8]) -> Throughput {
    Throughput::ElementsAndBytes {
        elements,
        bytes: bytes.len() as u64,
    }
}

criterion_group!(benches, encode, decode, stamp);
criterion_main!(benches);
