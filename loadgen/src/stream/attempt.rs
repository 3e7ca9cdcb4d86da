//! A stream's beginning: a connection, and the request on it.

use std::future::Future;
use std::time::Duration;

use super::Context;
use super::account::Account;
use crate::load::Start;
use crate::measure::{ConnectionRecord, ErrorKind, Failure};
use crate::transport::{Connection, Exchange};

/// Connects and sends the request; says when.
pub(super) async fn ask(
    context: &Context,
    start: &Start,
    account: &mut Account,
) -> Result<(Exchange, u64), Failure> {
    let timeouts = context.timeouts;
    let dialled_ns = context.clock.now_ns();
    let connection = connect(context, timeouts.connect).await?;
    let connected_ns = context.clock.now_ns();
    let record = ConnectionRecord::begin(start.cohort, dialled_ns);
    let record = account.connection.insert(record);
    record.connected(connected_ns, &mut context.recorder.borrow_mut());
    let (exchange, requested_ns) = open(connection, timeouts.first_event).await?;
    account.stream.requested(requested_ns);
    Ok((exchange, requested_ns))
}

async fn connect(context: &Context, limit: Option<Duration>) -> Result<Connection, Failure> {
    let connected = within(limit, context.client.connect()).await;
    connected.unwrap_or_else(|| {
        let detail = format!("not connected after {:?}", limit.unwrap_or_default());
        Err(Failure::new(ErrorKind::ConnectTimeout, detail))
    })
}

async fn open(connection: Connection, limit: Option<Duration>) -> Result<(Exchange, u64), Failure> {
    let opened = within(limit, connection.open()).await;
    opened.unwrap_or_else(|| {
        let detail = format!("request not taken within {:?}", limit.unwrap_or_default());
        Err(Failure::new(ErrorKind::FirstEventTimeout, detail))
    })
}

/// What a future gives, unless it takes longer than the limit.
async fn within<T>(limit: Option<Duration>, future: impl Future<Output = T>) -> Option<T> {
    // Without a limit one that never comes.
    let limit = limit.unwrap_or(Duration::MAX);
    tokio::time::timeout(limit, future).await.ok()
}
