//! The wire format of Server-Sent Events: encode, decode, stamp.
//!
//! [`Block`] writes what a server sends, [`Decoder`] reads it back exactly as the standard says (WHATWG HTML, section
//! 9.2 "Server-sent events"), whatever the pieces it arrives in, and [`Stamp`] is the comment by which a Weir server
//! says when an event was due and when it was sent. All of it is pure: bytes in, bytes out, without I/O or a clock.
//!
//! ```
//! use weir_sse::{Block, Decoder, Item};
//!
//! let mut wire = Vec::new();
//! Block { comment: Some("hb"), ..Block::default() }.encode(&mut wire);
//! Block { id: Some("7"), data: Some("hello\nworld"), ..Block::default() }.encode(&mut wire);
//! assert_eq!(wire, b":hb\n\nid: 7\ndata: hello\ndata: world\n\n");
//!
//! let mut decoder = Decoder::new();
//! let mut comments = 0;
//! let mut texts = Vec::new();
//! for mut piece in wire.chunks(5) {
//!     while let Some(item) = decoder.next(&mut piece)? {
//!         match item {
//!             Item::Comment(_) => comments += 1,
//!             Item::Event(event) => texts.push(event.data_str().into_owned()),
//!         }
//!     }
//! }
//! assert_eq!((comments, texts), (1, vec!["hello\nworld".to_owned()]));
//! assert_eq!(decoder.last_event_id(), b"7");
//! # Ok::<(), weir_sse::DecodeError>(())
//! ```

mod decode;
mod encode;
mod event;
mod stamp;

pub use decode::{DecodeError, Decoder, Item, Limits};
pub use encode::Block;
pub use event::Event;
pub use stamp::{Stamp, StampReader};
