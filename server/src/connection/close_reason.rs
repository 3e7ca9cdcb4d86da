//! What the end of a connection says about the limit that brought it about, if one did.

use std::error::Error;
use std::io;

use crate::core::stats::Stats;

/// Counts the end of a connection with HTTP/1.1.
pub(crate) fn of_http1(stats: &Stats, ended: &hyper::Result<()>) {
    let Err(error) = ended else { return };
    if error.is_parse_too_large() {
        stats.reached.head_bytes.add(1);
    } else if error.is_timeout() {
        stats.reached.head_time.add(1);
    } else if is_peer_silent(error) {
        stats.reached.peer_time.add(1);
    }
}

/// Counts the end of a connection with HTTP/1.1 on which a stream was written without hyper.
pub(crate) fn of_stream(stats: &Stats, ended: &io::Result<()>) {
    if let Err(error) = ended
        && error.kind() == io::ErrorKind::TimedOut
    {
        stats.reached.peer_time.add(1);
    }
}

/// Counts the end of a connection with HTTP/2, whose only timeout is that of a ping.
pub(crate) fn of_http2(stats: &Stats, ended: &hyper::Result<()>) {
    if let Err(error) = ended
        && (error.is_timeout() || is_peer_silent(error))
    {
        stats.reached.peer_time.add(1);
    }
}

/// Whether the kernel has given the peer up.
fn is_peer_silent(error: &hyper::Error) -> bool {
    let io = error
        .source()
        .and_then(|cause| cause.downcast_ref::<io::Error>());
    io.is_some_and(|io| io.kind() == io::ErrorKind::TimedOut)
}
