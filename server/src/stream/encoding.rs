//! Streams as the client would have them encoded (RFC 9110, section 8.4), flushed with every frame, so that no event
//! waits for the next one.

use std::io::{self, Write};
use std::task::{Context, Poll, ready};

use brotli::CompressorWriter as Brotli;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder as Gzip;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use http::{HeaderMap, HeaderValue};
use zstd::stream::write::Encoder as Zstd;

use crate::connection::body::{Cut, Frames, Polled, Reply, StreamBody};

/// Gives a stream to who asked with `head`, as encoded as they would have it.
pub(crate) fn negotiate(head: &HeaderMap, mut stream: Reply) -> Reply {
    let headers = stream.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    let Some(coding) = Coding::wanted(head) else {
        return stream;
    };
    // Without memory for it, the stream does as it is.
    let Ok(encoder) = Encoder::new(coding) else {
        return stream;
    };
    let name = HeaderValue::from_static(coding.name());
    stream.headers_mut().insert(CONTENT_ENCODING, name);
    stream.map(|stream| {
        if stream.is_over() {
            return stream;
        }
        let encoder = Some(encoder);
        StreamBody::new(Coded { stream, encoder })
    })
}

/// How a stream may be encoded, the one we would rather have first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Zstd,
    Brotli,
    Gzip,
}

impl Coding {
    const ALL: [Self; 3] = [Self::Zstd, Self::Brotli, Self::Gzip];

    /// Its name in the registry of content codings.
    fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// What a request would have the most (RFC 9110, section 12.5.3). None for the stream as it is.
    fn wanted(head: &HeaderMap) -> Option<Self> {
        let asked: Vec<(&str, f32)> = head
            .get_all(ACCEPT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(weighed)
            .collect();
        let weight_of = |name: &str| {
            let found = asked
                .iter()
                .find(|(asked, _)| asked.eq_ignore_ascii_case(name));
            found.map(|(_, weight)| *weight)
        };
        let (mut best, mut most) = (None, 0.0);
        for coding in Self::ALL {
            let weight = weight_of(coding.name()).or_else(|| weight_of("*"));
            if let Some(weight) = weight.filter(|weight| *weight > most) {
                (best, most) = (Some(coding), weight);
            }
        }
        // As it is, a stream would do, too, and be had with less work where it is wanted more.
        best.filter(|_| weight_of("identity").is_none_or(|plain| plain <= most))
    }
}

/// One of what a header lists, and its weight; None where it is neither.
fn weighed(item: &str) -> Option<(&str, f32)> {
    let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
    let weight = match parameters.trim() {
        "" => 1.0,
        parameter => parameter
            .strip_prefix("q=")
            .or_else(|| parameter.strip_prefix("Q="))?
            .parse()
            .ok()?,
    };
    Some((name.trim(), weight))
}

/// A stream on its way through an encoder: a frame of it for each frame that it is given.
struct Coded {
    stream: StreamBody,
    /// None once it has ended.
    encoder: Option<Encoder>,
}

impl Coded {
    fn encode(&mut self, plain: &[u8]) -> io::Result<Bytes> {
        match &mut self.encoder {
            Some(encoder) => encoder.encode(plain),
            None => Ok(Bytes::new()),
        }
    }

    /// What an encoder has to say last, once.
    fn end(&mut self) -> Option<Result<Bytes, Cut>> {
        let end = self.encoder.take()?.finish();
        Some(end.map(Bytes::from).map_err(|_| Cut))
    }
}

impl Frames for Coded {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Polled {
        Poll::Ready(match ready!(self.stream.poll_next(cx)) {
            Some(Ok(plain)) => Some(self.encode(&plain).map_err(|_| Cut)),
            Some(Err(cut)) => Some(Err(cut)),
            None => self.end(),
        })
    }

    fn is_over(&self) -> bool {
        self.encoder.is_none()
    }
}

/// Each holds what it has made of the frames since the last flush.
enum Encoder {
    Zstd(Zstd<'static, Vec<u8>>),
    /// Boxed, since it is many times as large as the others.
    Brotli(Box<Brotli<Vec<u8>>>),
    Gzip(Gzip<Vec<u8>>),
}

/// How far back zstd looks, as a power of two: 64 KiB, which is some 500 events. By default it would hold half a megabyte
/// for each stream.
const ZSTD_WINDOW_LOG: u32 = 16;

/// The same for brotli, in whose lowest levels that of the encoder's memory is a multiple of it.
const BROTLI_WINDOW_LOG: u32 = 16;

/// Of 0 to 11. From 5 on it takes several times as long, for little.
const BROTLI_LEVEL: u32 = 4;

/// Most that brotli gathers before it hands it on.
const BROTLI_BUFFER_BYTES: usize = 4096;

impl Encoder {
    fn new(coding: Coding) -> io::Result<Self> {
        let out = Vec::new();
        Ok(match coding {
            Coding::Zstd => {
                let mut zstd = Zstd::new(out, 1)?;
                zstd.window_log(ZSTD_WINDOW_LOG)?;
                Self::Zstd(zstd)
            }
            Coding::Brotli => Self::Brotli(Box::new(Brotli::new(
                out,
                BROTLI_BUFFER_BYTES,
                BROTLI_LEVEL,
                BROTLI_WINDOW_LOG,
            ))),
            Coding::Gzip => Self::Gzip(Gzip::new(out, Compression::fast())),
        })
    }

    fn encode(&mut self, plain: &[u8]) -> io::Result<Bytes> {
        let writer: &mut dyn Write = match self {
            Self::Zstd(zstd) => zstd,
            Self::Brotli(brotli) => brotli,
            Self::Gzip(gzip) => gzip,
        };
        writer.write_all(plain)?;
        writer.flush()?;
        let out = match self {
            Self::Zstd(zstd) => zstd.get_mut(),
            Self::Brotli(brotli) => brotli.get_mut(),
            Self::Gzip(gzip) => gzip.get_mut(),
        };
        Ok(std::mem::take(out).into())
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Zstd(zstd) => zstd.finish(),
            Self::Brotli(brotli) => Ok(brotli.into_inner()),
            Self::Gzip(gzip) => gzip.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn wanted(accept: &'static str) -> Option<Coding> {
        let value = HeaderValue::from_static(accept);
        Coding::wanted(&HeaderMap::from_iter([(ACCEPT_ENCODING, value)]))
    }

    #[test]
    fn the_highest_weight_wins_and_then_our_order() {
        for (accept, coding) in [
            ("gzip", Some(Coding::Gzip)),
            ("gzip, deflate, br, zstd", Some(Coding::Zstd)),
            ("gzip, deflate, br", Some(Coding::Brotli)),
            ("GZIP;q=0.9, br;q=0.5, zstd; q=0.1", Some(Coding::Gzip)),
            ("*", Some(Coding::Zstd)),
            ("*, zstd;q=0, br;q=0", Some(Coding::Gzip)),
            ("gzip;q=0", None),
            ("gzip;q=0.5, identity", None),
            ("gzip, identity;q=0.5", Some(Coding::Gzip)),
            ("gzip, identity", Some(Coding::Gzip)),
            ("deflate", None),
            ("gzip;q=much", None),
            ("", None),
        ] {
            assert_eq!(wanted(accept), coding, "{accept}");
        }
        assert_eq!(Coding::wanted(&HeaderMap::new()), None);
    }
}
