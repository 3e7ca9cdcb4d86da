//! What goes wrong with streams because it is asked for: by a request's parameter `fault`, or for the whole server.
//!
//! | part | does |
//! | --- | --- |
//! | `kinds` | is what may go wrong, as values |
//! | `parse` | reads faults as they are typed |
//! | `draw` | settles which of them a stream has, before its first byte |
//! | `blocks` | does to the events what faults do to them |
//! | `pieces` | takes apart what is written at once |
//! | `body` | is the stream with its faults, in time |
//!
//! A stream without faults does not come by here.

pub(crate) mod blocks;
pub(crate) mod body;
pub(crate) mod draw;
pub(crate) mod kinds;
pub(crate) mod parse;
pub(crate) mod pieces;
