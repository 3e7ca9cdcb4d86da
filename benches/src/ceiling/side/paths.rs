//! What `weir-server` is asked for.

use crate::bare::{Chunk, Flood};

/// A head and then nothing, for an hour.
pub(crate) const IDLE_PATH: &str = "/sse?ttfe=3600000";

/// How `weir-server` is asked for the events that the write loop sends unasked: path and query.
#[must_use]
pub fn weir_server_path(flood: Flood) -> String {
    let Flood { batch, stamped, .. } = flood;
    let size_bytes = Chunk::data_bytes(stamped);
    let stamp = u8::from(stamped);
    format!("/sse?rate=0&ids=0&size={size_bytes}&batch={batch}&stamp={stamp}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weir_server_is_asked_for_events_of_the_same_size() {
        let of = |stamped| {
            weir_server_path(Flood {
                streams: 1,
                batch: 64,
                stamped,
            })
        };
        assert_eq!(of(true), "/sse?rate=0&ids=0&size=55&batch=64&stamp=1");
        assert_eq!(of(false), "/sse?rate=0&ids=0&size=110&batch=64&stamp=0");
    }
}
