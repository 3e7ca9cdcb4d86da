//! `POST /v1/relay`: a chat completion of the upstream, framed anew.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use weir_sse::{Block, DecodeError, Decoder, Event, Item};
use weir_time::{Alarm, nanoseconds};

use super::services::Services;
use super::upstream::{Upstream, UpstreamError, UpstreamResponse};
use crate::connection::body::Polled;
use crate::connection::body::Reply;
use crate::connection::gate::Gate;
use crate::core::thread::Core;
use crate::request::bad_request::BadRequest;
use crate::request::call::{Call, FutureReply};
use crate::request::query::Query;
use crate::request::response;
use crate::stream::counted::{Source, counted};

/// For the next bytes of the upstream: a minute, as proxies commonly have it (nginx' `proxy_read_timeout`).
const SILENCE: Duration = Duration::from_secs(60);

/// Answers with the stream. What goes wrong at the upstream becomes an event of type `error`, the last one.
pub(crate) fn stream(services: &Services, mut call: Call) -> FutureReply {
    let upstream = services.upstream.clone();
    FutureReply::later(async move {
        match request(upstream, &mut call).await {
            Err(refused) => refused,
            Ok(opening) => call.open(|ticket, gate| {
                let relay = Relay::new(&ticket.core, opening);
                counted(ticket, gate, relay)
            }),
        }
    })
}

type Opening = Pin<Box<dyn Future<Output = Result<UpstreamResponse, UpstreamError>>>>;

/// The request to the upstream: the client's, which is to be answered with a stream.
async fn request(upstream: Option<Upstream>, call: &mut Call) -> Result<Opening, Reply> {
    let Some(upstream) = upstream else {
        return Err(response::no_upstream());
    };
    Query::parse(call.head.uri.query())
        .and_then(Query::finish)
        .map_err(|refused| response::bad_request(&refused))?;
    let body = call.read_body().await?;
    let mut body: Map<String, Value> = serde_json::from_slice(&body)
        .map_err(|error| response::bad_request(&BadRequest::not_an_object(&error)))?;
    body.insert("stream".to_owned(), true.into());
    let body = Bytes::from(Value::Object(body).to_string());
    let headers = call.head.headers.clone();
    Ok(Box::pin(async move { upstream.open(&headers, body).await }))
}

/// Each frame is one event of the upstream, whatever pieces it came in.
struct Relay {
    state: State,
    decoder: Decoder,
    /// A stamp stands in the block of its event, right before it.
    comment: Option<String>,
    /// Whether the last event was one that a completion may end with.
    complete: bool,
    /// What came and has not been handed over.
    events: VecDeque<Bytes>,
    alarm: Alarm,
    silent_ns: u64,
}

enum State {
    Opening(Opening),
    Streaming(UpstreamResponse),
    Ended,
}

impl Relay {
    fn new(core: &Core, opening: Opening) -> Self {
        let timers = &core.timers;
        Self {
            state: State::Opening(opening),
            decoder: Decoder::new(),
            comment: None,
            complete: false,
            events: VecDeque::new(),
            silent_ns: timers.clock().now_ns().saturating_add(nanoseconds(SILENCE)),
            alarm: timers.alarm(),
        }
    }

    /// The next event; None when there are no more.
    fn poll_event(&mut self, core: &Core, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(Some(event));
            }
            if matches!(self.state, State::Ended) {
                return Poll::Ready(None);
            }
            if let Err(error) = ready!(self.poll_upstream(core, cx)) {
                tracing::warn!(%error, "the relay's upstream failed");
                self.state = State::Ended;
                let event = error_event(&error.to_string(), error.code());
                self.events.push_back(event);
            }
        }
    }

    /// Ready when something has come of it, or will not.
    fn poll_upstream(
        &mut self,
        core: &Core,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), UpstreamError>> {
        let came = match &mut self.state {
            State::Opening(opening) => opening.as_mut().poll(cx).map_ok(State::Streaming),
            State::Streaming(response) => match response.poll_data(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(None) if self.complete => Poll::Ready(Ok(State::Ended)),
                Poll::Ready(None) => Poll::Ready(Err(UpstreamError::Incomplete)),
                Poll::Ready(Some(Err(error))) => Poll::Ready(Err(error)),
                Poll::Ready(Some(Ok(data))) => return Poll::Ready(self.take(core, &data)),
            },
            State::Ended => return Poll::Ready(Ok(())),
        };
        if came.is_pending() {
            ready!(self.alarm.poll_at(self.silent_ns, cx));
            return Poll::Ready(Err(UpstreamError::Silent(SILENCE)));
        }
        came.map_ok(|state| self.state = state)
    }

    fn take(&mut self, core: &Core, mut data: &[u8]) -> Result<(), UpstreamError> {
        let now_ns = core.timers.clock().now_ns();
        self.silent_ns = now_ns.saturating_add(nanoseconds(SILENCE));
        self.decode(&mut data).map_err(UpstreamError::Malformed)
    }

    fn decode(&mut self, data: &mut &[u8]) -> Result<(), DecodeError> {
        while let Some(item) = self.decoder.next(data)? {
            match item {
                Item::Comment(line) => {
                    self.comment = Some(String::from_utf8_lossy(line).into_owned());
                }
                Item::Event(event) => {
                    self.complete = ends(&event);
                    self.events
                        .push_back(encode(&event, self.comment.take().as_deref()));
                }
            }
        }
        Ok(())
    }
}

/// Whether a completion may end with `event`: the usual end, or an error.
fn ends(event: &Event<'_>) -> bool {
    event.data == b"[DONE]" || event.event == b"error" || event.data.starts_with(b"{\"error\"")
}

fn encode(event: &Event<'_>, comment: Option<&str>) -> Bytes {
    let (event_type, id) = (event.event_str(), event.id_str());
    let data = event.data_str();
    let block = Block {
        comment,
        event: Some(&*event_type).filter(|_| !event.event.is_empty()),
        id: Some(&*id).filter(|id| !id.is_empty()),
        data: Some(&data),
        ..Block::default()
    };
    let mut out = Vec::new();
    block.encode(&mut out);
    out.into()
}

/// As the clients of such completions know it.
fn error_event(message: &str, code: &str) -> Bytes {
    let error = json!({"message": message, "type": "upstream_error", "code": code});
    let data = json!({ "error": error }).to_string();
    let block = Block {
        event: Some("error"),
        data: Some(&data),
        ..Block::default()
    };
    let mut out = Vec::new();
    block.encode(&mut out);
    out.into()
}

impl Source for Relay {
    fn poll_next(&mut self, core: &Core, gate: &Gate, cx: &mut Context<'_>) -> Polled {
        ready!(gate.poll_open());
        let event = ready!(self.poll_event(core, cx));
        core.stats().events.add(u64::from(event.is_some()));
        Poll::Ready(event.map(Ok))
    }

    /// The clients of such completions take a `retry` for an event.
    fn farewell(&self, _retry: Bytes) -> Bytes {
        error_event("the relay is shutting down", "server_ending")
    }
}
