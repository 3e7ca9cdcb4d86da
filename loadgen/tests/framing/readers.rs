//! The two readers: weir's, and hyper's client, which the first is held against.

use std::error::Error;
use std::io;
use std::pin::pin;

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use weir::transport::http1::{Body, PartialHead, ProtocolError};

/// More than any response here has.
const BUFFER_BYTES: usize = 1 << 20;

/// What a reader made of a response, after which the connection ended.
#[derive(Debug)]
pub(crate) struct Outcome<E> {
    /// What came of the body, be it complete or not.
    pub(crate) content: Vec<u8>,
    pub(crate) end: Result<End, E>,
    /// The byte of the body that was refused, where the reader tells.
    pub(crate) refused: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Complete,
    Truncated,
}

impl<E> Outcome<E> {
    /// Whether both read the same, and either both take it for the whole or neither does.
    pub(crate) fn agrees<F>(&self, other: &Outcome<F>) -> bool {
        self.content == other.content && self.is_complete() == other.is_complete()
    }

    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.end, Ok(End::Complete))
    }

    pub(crate) fn is_truncated(&self) -> bool {
        matches!(self.end, Ok(End::Truncated))
    }
}

/// Reads a response that comes in these pieces as weir does.
pub(crate) fn weir(pieces: &[&[u8]]) -> Outcome<ProtocolError> {
    let mut reader = Reader::default();
    let taken = pieces.iter().try_for_each(|piece| reader.take(piece));
    let end = taken.and_then(|()| reader.end());
    Outcome {
        content: reader.content,
        end,
        refused: reader.refused,
    }
}

#[derive(Default)]
struct Reader {
    head: PartialHead,
    body: Option<Body>,
    content: Vec<u8>,
    refused: Option<u8>,
}

impl Reader {
    /// Takes one piece.
    fn take(&mut self, piece: &[u8]) -> Result<(), ProtocolError> {
        if self.body.is_some() {
            return self.take_body(piece);
        }
        let Some((head, rest)) = self.head.take(piece)? else {
            return Ok(());
        };
        self.body = Some(Body::new(head.framing));
        self.take_body(&rest)
    }

    fn take_body(&mut self, mut input: &[u8]) -> Result<(), ProtocolError> {
        let body = self.body.as_mut().expect("the head has been read");
        loop {
            match body.next(&mut input) {
                Ok(Some(run)) => self.content.extend_from_slice(run),
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.refused = input.first().copied();
                    return Err(error);
                }
            }
        }
    }

    fn end(&mut self) -> Result<End, ProtocolError> {
        match &self.body {
            Some(body) if body.may_end() => Ok(End::Complete),
            Some(_) => Ok(End::Truncated),
            None => self.head.end().map(|()| End::Truncated),
        }
    }
}

/// Reads a response that comes in these pieces as hyper does.
pub(crate) fn hyper(pieces: &[&[u8]]) -> Outcome<hyper::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (near, far) = duplex(BUFFER_BYTES);
        let (mut sender, connection) = handshake(TokioIo::new(near)).await.unwrap();
        let mut content = Vec::new();
        let end = {
            let request = Request::new(Empty::<&[u8]>::new());
            let exchange = pin!(async {
                let mut response = sender.send_request(request).await?;
                while let Some(frame) = response.frame().await {
                    if let Ok(data) = frame?.into_data() {
                        content.extend_from_slice(data.as_ref());
                    }
                }
                Ok(End::Complete)
            });
            // That the connection fails as well is no news.
            let (end, _failed, ()) = tokio::join!(exchange, connection, answer(far, pieces));
            end
        };
        let end = end.or_else(|error| is_truncation(&error).then_some(End::Truncated).ok_or(error));
        Outcome {
            content,
            end,
            refused: None,
        }
    })
}

/// Answers a request piece by piece, each of which is read before the next is there, and closes the connection.
async fn answer(mut peer: DuplexStream, pieces: &[&[u8]]) {
    let _request = peer.read(&mut [0; 1024]).await.unwrap();
    for piece in pieces {
        // It may have been closed: enough was read.
        let _closed = peer.write_all(piece).await;
        tokio::task::yield_now().await;
    }
}

/// Whether hyper missed the rest, other than found something wrong.
fn is_truncation(error: &hyper::Error) -> bool {
    let io_error = error
        .source()
        .and_then(<dyn Error>::downcast_ref::<io::Error>);
    error.is_incomplete_message()
        || io_error.is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof)
}
