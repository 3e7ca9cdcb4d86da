//! The response head.

use httparse::{EMPTY_HEADER, Header, Response, Status};

use super::ProtocolError;

/// Longest head that is read, in bytes: what common servers and proxies send at most is 8 to 32 KiB.
pub(super) const HEAD_LIMIT_BYTES: usize = 64 * 1024;
/// Most header fields that are read (as hyper's default).
const HEADERS_LIMIT: usize = 100;

/// How the body's end is told (RFC 9112, 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// `transfer-encoding: chunked`.
    Chunked,
    /// `content-length`; 0 also for responses that have no body.
    Length(u64),
    /// The connection's end.
    UntilClose,
}

/// What of the head matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Status code, never 1xx.
    pub status: u16,
    /// Reason phrase, as sent.
    pub reason: String,
    /// `content-type`, as sent.
    pub content_type: Option<String>,
    /// `location`, as sent.
    pub location: Option<String>,
    /// How the body ends.
    pub framing: Framing,
}

impl Head {
    /// Reads a head from the front of `bytes`; informational ones (1xx) before it are passed over. Gives the head and
    /// the length of what was read, or `None` when there is more to come.
    ///
    /// # Errors
    /// When it is not HTTP/1.x or frames its body in a way that cannot be trusted.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, ProtocolError> {
        let mut passed = 0;
        loop {
            let mut headers = [EMPTY_HEADER; HEADERS_LIMIT];
            let mut response = Response::new(&mut headers);
            let status = response.parse(&bytes[passed..]);
            let Status::Complete(length) = status.map_err(ProtocolError::Head)? else {
                return within_limit(bytes.len()).map(|()| None);
            };
            passed += length;
            within_limit(passed)?;
            match response.code.expect("a complete head has a status") {
                // RFC 9110, 15: three digits, but no status.
                0..=99 => return Err(ProtocolError::Head(httparse::Error::Status)),
                101 => return Err(ProtocolError::Upgrade),
                100..=199 => {}
                status => return Ok(Some((Self::from_response(status, &response)?, passed))),
            }
        }
    }

    fn from_response(status: u16, response: &Response<'_, '_>) -> Result<Self, ProtocolError> {
        let headers = &*response.headers;
        let encoded = values(headers, "content-encoding")
            .any(|coding| !coding.eq_ignore_ascii_case(b"identity"));
        // Of a refusal the status says more than the coding.
        if encoded && status == 200 {
            return Err(ProtocolError::ContentEncoding);
        }
        Ok(Self {
            status,
            reason: response.reason.unwrap_or_default().to_owned(),
            content_type: text_of(headers, "content-type"),
            location: text_of(headers, "location"),
            framing: framing(status, response)?,
        })
    }
}

/// Whether so many bytes of a head are not too many, be it complete or not, that no cut of it makes a difference.
fn within_limit(bytes: usize) -> Result<(), ProtocolError> {
    if bytes <= HEAD_LIMIT_BYTES {
        return Ok(());
    }
    Err(ProtocolError::HeadTooLong {
        limit_bytes: HEAD_LIMIT_BYTES,
    })
}

/// RFC 9112, 6.3: a transfer coding overrides a length.
fn framing(status: u16, response: &Response<'_, '_>) -> Result<Framing, ProtocolError> {
    if matches!(status, 204 | 304) {
        return Ok(Framing::Length(0));
    }
    let headers = &*response.headers;
    let mut codings = values(headers, "transfer-encoding");
    if let Some(coding) = codings.next() {
        // RFC 9112, 6.1: such a framing is faulty, whatever else the head says.
        if response.version == Some(0) {
            return Err(ProtocolError::TransferEncodingVersion);
        }
        // Once: a body that is chunked twice is not (RFC 9112, 6.1).
        let chunked = coding.eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
        return if chunked {
            Ok(Framing::Chunked)
        } else {
            Err(ProtocolError::TransferEncoding)
        };
    }
    // Also as a list, which some gateway may have made of repeated fields (RFC 9110, 8.6).
    let mut lengths = values(headers, "content-length")
        .flat_map(|value| value.split(|&byte| byte == b','))
        .map(|value| length(value.trim_ascii()));
    let Some(first) = lengths.next().transpose()? else {
        return Ok(Framing::UntilClose);
    };
    if lengths.all(|other| other == Ok(first)) {
        Ok(Framing::Length(first))
    } else {
        Err(ProtocolError::ContentLength)
    }
}

/// Digits only: no sign, no space inside.
fn length(value: &[u8]) -> Result<u64, ProtocolError> {
    std::str::from_utf8(value)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .ok_or(ProtocolError::ContentLength)
}

/// Every value of a field, trimmed, in order.
fn values<'h>(headers: &'h [Header<'h>], name: &str) -> impl Iterator<Item = &'h [u8]> {
    headers
        .iter()
        .filter(move |header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value.trim_ascii())
}

fn text_of(headers: &[Header<'_>], name: &str) -> Option<String> {
    values(headers, name)
        .next()
        .map(|value| String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Option<(Head, usize)>, ProtocolError> {
        Head::parse(text.as_bytes())
    }

    fn framing_of(fields: &str) -> Result<Framing, ProtocolError> {
        parse(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n")).map(|head| head.unwrap().0.framing)
    }

    #[test]
    fn reads_what_matters_and_where_the_body_begins() {
        let text =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\ndata: x\n\n";
        let (head, length) = parse(text).unwrap().unwrap();
        assert_eq!(head.status, 200);
        let content_type = head.content_type.as_deref();
        assert_eq!(content_type, Some("text/event-stream; charset=utf-8"));
        assert_eq!(&text[length..], "data: x\n\n");
    }

    #[test]
    fn waits_for_more_at_every_cut() {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n";
        for cut in 0..text.len() {
            assert_eq!(parse(&text[..cut]).unwrap(), None, "cut at {cut}");
        }
        assert_eq!(parse(text).unwrap().unwrap().1, text.len());
    }

    #[test]
    fn framing_follows_the_standard() {
        assert_eq!(
            framing_of("Transfer-Encoding: chunked\r\n"),
            Ok(Framing::Chunked)
        );
        assert_eq!(
            framing_of("Content-Length: 5\r\nTransfer-Encoding: Chunked\r\n"),
            Ok(Framing::Chunked)
        );
        assert_eq!(
            framing_of("Content-Length: 5\r\nContent-Length: 5, 5\r\n"),
            Ok(Framing::Length(5))
        );
        assert_eq!(framing_of(""), Ok(Framing::UntilClose));
        let overflow = "99999999999999999999";
        let bad_lengths = ["-1", "+1", "1 2", "x", "", "5,", "5, 6", overflow];
        for bad in bad_lengths.map(|value| format!("Content-Length: {value}\r\n")) {
            assert_eq!(framing_of(&bad), Err(ProtocolError::ContentLength), "{bad}");
        }
        let differing = "Content-Length: 5\r\nContent-Length: 6\r\n";
        assert_eq!(framing_of(differing), Err(ProtocolError::ContentLength));
        let chunked = "Transfer-Encoding: chunked\r\n";
        for bad in ["Transfer-Encoding: gzip, chunked\r\n", &chunked.repeat(2)] {
            assert_eq!(framing_of(bad), Err(ProtocolError::TransferEncoding));
        }
        assert_eq!(
            parse(&format!("HTTP/1.0 200 OK\r\n{chunked}\r\n")),
            Err(ProtocolError::TransferEncodingVersion)
        );
        let gzip = "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n";
        assert_eq!(framing_of(gzip), Err(ProtocolError::ContentEncoding));
    }

    #[test]
    fn a_head_that_is_too_long_is_refused_with_or_without_its_end() {
        let text = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(HEAD_LIMIT_BYTES));
        for end in ["", "\r\n\r\n"] {
            assert_eq!(
                parse(&format!("{text}{end}")),
                Err(ProtocolError::HeadTooLong {
                    limit_bytes: HEAD_LIMIT_BYTES
                })
            );
        }
    }

    #[test]
    fn what_is_no_response_is_refused() {
        for text in ["SSH-2.0-OpenSSH\r\n", "HTTP/1.1 099 Low\r\n\r\n"] {
            assert!(matches!(parse(text), Err(ProtocolError::Head(_))), "{text}");
        }
    }
}
