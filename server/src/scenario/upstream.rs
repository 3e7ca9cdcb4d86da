//! The server that a relay takes its streams from.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::str::FromStr;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::uri::Scheme;
use http::{HeaderMap, HeaderName, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// For a connection to the upstream: longer than a resent SYN takes (1 s, 3 s, 7 s).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Of what an upstream says in a refusal, as much as a message may be long.
const REFUSAL_MAX_BYTES: usize = 16 * 1024;

/// Where a path is missing: that of a chat completion.
const DEFAULT_PATH: &str = "/v1/chat/completions";

/// Headers that are the client's own business with the upstream.
const PASSED_ON: [HeaderName; 2] = [AUTHORIZATION, HeaderName::from_static("weir-stamp")];

/// Where chat completions come from: `http://HOST[:PORT][/PATH]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    host: String,
    port: u16,
    /// As the `Host` header has it.
    authority: String,
    path: String,
}

/// Why a text is not the URL of an upstream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an upstream is http://HOST[:PORT][/PATH], without TLS")]
pub struct NotAnUpstream;

impl FromStr for Upstream {
    type Err = NotAnUpstream;

    fn from_str(url: &str) -> Result<Self, NotAnUpstream> {
        let uri: Uri = url.parse().map_err(|_| NotAnUpstream)?;
        let authority = uri.authority().ok_or(NotAnUpstream)?;
        let port = match authority.as_str().rsplit_once(':') {
            Some((_, port)) if !port.ends_with(']') => port.parse().ok().filter(|port| *port > 0),
            _ => Some(80),
        };
        if uri.scheme() != Some(&Scheme::HTTP) || authority.as_str().contains('@') {
            return Err(NotAnUpstream);
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            // An IPv6 address stands in brackets in a URL, and without them elsewhere.
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: port.ok_or(NotAnUpstream)?,
            authority: authority.as_str().to_owned(),
            path: if path == "/" { DEFAULT_PATH } else { path }.to_owned(),
        })
    }
}

/// Why there is no stream from the upstream, or no more of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    #[error("cannot connect to the upstream: {0}")]
    Connect(io::Error),
    #[error("the upstream took longer than {CONNECT_TIMEOUT:?} to connect to")]
    ConnectTimeout,
    #[error("the connection to the upstream failed: {0}")]
    Broken(#[from] hyper::Error),
    #[error("the upstream answered {status}: {body}")]
    Refused { status: StatusCode, body: String },
    #[error("the upstream answered with {0} instead of text/event-stream")]
    NotAStream(String),
    #[error("the upstream sent what is not an event stream: {0}")]
    Malformed(#[from] weir_sse::DecodeError),
    #[error("the upstream's answer ended without data: [DONE]")]
    Incomplete,
    #[error("the upstream was silent for {0:?}")]
    Silent(Duration),
}

impl UpstreamError {
    /// For programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Connect(_) => "upstream_unreachable",
            Self::ConnectTimeout => "upstream_connect_timeout",
            Self::Broken(_) => "upstream_broken",
            Self::Refused { .. } => "upstream_refused",
            Self::NotAStream(_) => "upstream_not_a_stream",
            Self::Malformed(_) => "upstream_malformed",
            Self::Incomplete => "upstream_incomplete",
            Self::Silent(_) => "upstream_silent",
        }
    }
}

type Connection = http1::Connection<TokioIo<TcpStream>, Full<Bytes>>;

/// A response on its way. Dropping it closes the connection, which is how the upstream learns that nobody listens.
pub(crate) struct UpstreamResponse {
    connection: Pin<Box<Connection>>,
    connected: bool,
    body: Incoming,
}

impl UpstreamResponse {
    /// What comes next of the response's body; None at its end.
    pub(crate) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, UpstreamError>>> {
        if self.connected {
            // How it ended, the body knows.
            self.connected = self.connection.as_mut().poll(cx).is_pending();
        }
        loop {
            return match std::task::ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => Poll::Ready(Some(Ok(data))),
                    // Trailers.
                    Err(_) => continue,
                },
                Some(Err(error)) => Poll::Ready(Some(Err(error.into()))),
                None => Poll::Ready(None),
            };
        }
    }
}

impl Upstream {
    /// Asks for a stream, with what of the client's headers is passed on.
    pub(crate) async fn open(
        &self,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<UpstreamResponse, UpstreamError> {
        let connecting = TcpStream::connect((self.host.as_str(), self.port));
        let socket = timeout(CONNECT_TIMEOUT, connecting)
            .await
            .map_err(|_| UpstreamError::ConnectTimeout)?
            .map_err(UpstreamError::Connect)?;
        socket.set_nodelay(true).map_err(UpstreamError::Connect)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
        let mut connection = Box::pin(connection);
        let sending = sender.send_request(self.request(headers, body));
        let response = drive(connection.as_mut(), sending).await?;
        if response.status() != StatusCode::OK || media_type(&response) != "text/event-stream" {
            return Err(drive(connection.as_mut(), refusal(response)).await);
        }
        Ok(UpstreamResponse {
            connection,
            connected: true,
            body: response.into_body(),
        })
    }

    fn request(&self, headers: &HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::post(&self.path)
            .header(HOST, &self.authority)
            .header(ACCEPT, "text/event-stream")
            .header(CONTENT_TYPE, "application/json");
        for name in PASSED_ON {
            if let Some(value) = headers.get(&name) {
                request = request.header(name, value);
            }
        }
        request
            .body(Full::new(body))
            .expect("path and authority are those of a URL")
    }
}

/// The outcome of `work`, which needs `connection` to go on.
async fn drive<T>(mut connection: Pin<&mut Connection>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut connected = true;
    poll_fn(|cx| {
        if connected {
            connected = connection.as_mut().poll(cx).is_pending();
        }
        work.as_mut().poll(cx)
    })
    .await
}

/// Without its parameters (RFC 9110, section 8.3.1).
fn media_type(response: &Response<Incoming>) -> &str {
    let value = response.headers().get(CONTENT_TYPE);
    let value = value.map_or("no type", |value| value.to_str().unwrap_or("?"));
    value.split(';').next().unwrap_or_default().trim()
}

/// Why the response is not a stream, with what the upstream says of it.
async fn refusal(response: Response<Incoming>) -> UpstreamError {
    let status = response.status();
    if status == StatusCode::OK {
        return UpstreamError::NotAStream(media_type(&response).to_owned());
    }
    let said = Limited::new(response.into_body(), REFUSAL_MAX_BYTES);
    let said = said.collect().await.map(Collected::to_bytes);
    let body = String::from_utf8_lossy(&said.unwrap_or_default()).into_owned();
    UpstreamError::Refused { status, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> Option<(String, u16, String, String)> {
        let upstream: Upstream = url.parse().ok()?;
        Some((
            upstream.host,
            upstream.port,
            upstream.authority,
            upstream.path,
        ))
    }

    #[test]
    fn an_upstream_is_a_plain_url() {
        let of = |host: &str, port, authority: &str, path: &str| {
            Some((host.into(), port, authority.into(), path.into()))
        };
        assert_eq!(parts("http://a:81"), of("a", 81, "a:81", DEFAULT_PATH));
        assert_eq!(parts("http://a/"), of("a", 80, "a", DEFAULT_PATH));
        assert_eq!(
            parts("http://[::1]:81/x?y=1"),
            of("::1", 81, "[::1]:81", "/x?y=1")
        );
        for url in [
            "",
            "a:81",
            "https://a",
            "ftp://a",
            "http://",
            "/v1",
            "http://u:p@a",
            "http://a:0",
            "http://a:65536",
            "http://a:b",
        ] {
            assert_eq!(parts(url), None, "{url}");
        }
    }
}
