//! The way bytes come in: a socket that says when the kernel received them, and HTTP/1.1 read in place.
//!
//! [`Socket`] gives reads with receive times; [`http1`] turns them into the response head and runs of content. What
//! comes behind this seam (`connect`, `send`, reads with one receive time each) is the same for every protocol.

pub mod http1;
mod tcp;

pub use tcp::{ReadBuffer, Socket, hold_kernel_stamping};
