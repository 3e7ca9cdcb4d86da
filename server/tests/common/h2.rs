//! A client of HTTP/2.

use std::net::SocketAddr;

use bytes::Bytes;
use h2::RecvStream;
use h2::client::SendRequest;
use http::{HeaderMap, Request, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Runs `test`, unless it hangs.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let limit = std::time::Duration::from_secs(20);
    let outcome = runtime.block_on(async { tokio::time::timeout(limit, test).await });
    outcome.expect("a test does not wait for what does not come")
}

/// With prior knowledge.
pub(crate) async fn connect(addr: SocketAddr) -> SendRequest<Bytes> {
    handshake(TcpStream::connect(addr).await.unwrap()).await
}

pub(crate) async fn handshake<I>(io: I) -> SendRequest<Bytes>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (client, connection) = h2::client::Builder::new()
        // A client of h2 takes many small frames that it has not read for an attack, the sooner the smaller this is.
        .initial_connection_window_size(16 << 20)
        .handshake(io)
        .await
        .unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

/// A response whose body has yet to come.
pub(crate) async fn get(
    client: &mut SendRequest<Bytes>,
    path: &str,
    headers: &[(&'static str, &str)],
) -> (StatusCode, HeaderMap, RecvStream) {
    let mut request = Request::get(format!("http://test{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (response, _) = client
        .send_request(request.body(()).unwrap(), true)
        .unwrap();
    let (head, body) = response.await.unwrap().into_parts();
    (head.status, head.headers, body)
}

/// The next frame of a body, and room for as much again; None at its clean end.
pub(crate) async fn next(body: &mut RecvStream) -> Option<Bytes> {
    let frame = body.data().await?.unwrap();
    body.flow_control().release_capacity(frame.len()).unwrap();
    Some(frame)
}

/// All of a body that is still to come.
pub(crate) async fn rest(body: &mut RecvStream) -> Vec<u8> {
    let mut rest = Vec::new();
    while let Some(frame) = next(body).await {
        rest.extend_from_slice(&frame);
    }
    rest
}
