//! Whether anybody answers.

use std::io;
use std::net::SocketAddr;

use tokio::time::timeout;

use super::PreflightError;
use crate::plan::Settings;
use crate::transport::probe;

/// The first of the target's addresses at which somebody accepts connections.
///
/// # Errors
/// When there is none; the error is that of the last one tried.
pub async fn reachable(plan: &Settings) -> Result<SocketAddr, PreflightError> {
    let mut last = None;
    for &addr in &plan.target.addrs {
        match connect(addr, plan).await {
            Ok(()) => return Ok(addr),
            Err(source) => last = Some((addr, source)),
        }
    }
    let (addr, source) = last.expect("a resolved target has an address");
    Err(PreflightError::Unreachable {
        url: plan.target.url.clone(),
        addr,
        source,
    })
}

/// As a stream will: from the first of the source addresses, if there are any.
async fn connect(addr: SocketAddr, plan: &Settings) -> io::Result<()> {
    let connecting = probe(plan, addr);
    match plan.timeouts.connect {
        Some(limit) => timeout(limit, connecting)
            .await
            .unwrap_or_else(|_elapsed| Err(io::ErrorKind::TimedOut.into())),
        None => connecting.await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::settings;

    #[tokio::test]
    async fn an_address_where_nobody_listens_is_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap();
        let url = format!("http://{open}/");
        assert_eq!(reachable(&settings(&url)).await.unwrap(), open);
        drop(listener);
        let refusal = reachable(&settings(&url)).await.unwrap_err();
        assert_eq!(refusal.to_string(), format!("cannot reach {url} at {open}"));
        assert!(
            matches!(refusal, PreflightError::Unreachable { source, .. } if source.kind() == io::ErrorKind::ConnectionRefused)
        );
    }
}
