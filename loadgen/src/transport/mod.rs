//! The way to a target and back: what connects, asks, and hands over what comes, whatever is spoken on the wire.
//!
//! A `Client` makes connections; a `Connection` takes a request, and gives the `Exchange` of that request and its response; an
//! exchange gives reads, each with one receive time, and hands their content to a `Sink` as it lies in the worker's buffer. A new
//! transport is a folder here and a variant of both enums: all is dispatched once a read, and compiled for the sink that takes it.

mod client;
mod connection;
mod exchange;
mod failure;
pub mod http1;
mod sink;
mod tcp;

pub(crate) use client::{Client, probe};
pub(crate) use connection::Connection;
pub(crate) use exchange::Exchange;
pub(crate) use sink::{Head, Progress, Sink};
pub(crate) use tcp::{ReadBuffer, hold_kernel_stamping};
