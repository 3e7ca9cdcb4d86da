//! TCP sockets that say when the kernel received what they read.

mod socket;

pub use socket::{ReadBuffer, Socket, hold_kernel_stamping};
