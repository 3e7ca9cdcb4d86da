//! The way to a target and back: what connects, asks, and hands over what comes, whatever is spoken on the wire.
//!
//! A `Client` begins exchanges, and says which of them are ready; an `Exchange` is a state machine that goes on with what it is ready
//! for, and tells a `Sink`: that it is connected, that its request was written, and of each read, which has one receive time, the content
//! as it lies in the worker's buffer. A new transport is a folder here and a variant of `Exchange`: all is dispatched once a read, and
//! compiled for the sink that takes it.

mod client;
mod exchange;
mod failure;
pub mod http1;
mod poller;
mod setup;
mod sink;
mod tcp;

pub(crate) use client::{Client, probe};
pub(crate) use exchange::Exchange;
pub(crate) use poller::{Ready, Token};
pub(crate) use setup::ExchangeSetup;
pub(crate) use sink::{Head, Progress, Sink};
pub(crate) use tcp::{ReadBuffer, hold_kernel_stamping};
