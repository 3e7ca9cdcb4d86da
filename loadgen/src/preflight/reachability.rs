//! Whether anybody answers.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};

use super::PreflightError;
use crate::plan::Plan;

/// The first of the target's addresses at which somebody accepts connections.
///
/// # Errors
/// When there is none; the error is that of the last one tried.
pub fn reachable(plan: &Plan) -> Result<SocketAddr, PreflightError> {
    let mut last = None;
    for &addr in &plan.target.addrs {
        match connect(addr, plan) {
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
fn connect(addr: SocketAddr, plan: &Plan) -> io::Result<()> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
    if let Some(&source) = plan.local_addrs.first() {
        socket.bind(&SocketAddr::from((source, 0)).into())?;
    }
    match plan.timeouts.connect {
        Some(limit) => socket.connect_timeout(&addr.into(), limit),
        None => socket.connect(&addr.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::plan;

    #[test]
    fn an_address_where_nobody_listens_is_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap();
        let url = format!("http://{open}/");
        assert_eq!(reachable(&plan(&url)).unwrap(), open);
        drop(listener);
        let refusal = reachable(&plan(&url)).unwrap_err();
        assert_eq!(refusal.to_string(), format!("cannot reach {url} at {open}"));
        assert!(
            matches!(refusal, PreflightError::Unreachable { source, .. } if source.kind() == io::ErrorKind::ConnectionRefused)
        );
    }
}
