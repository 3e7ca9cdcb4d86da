//! TCP sockets that say when the kernel received what they read.

mod socket;
mod stamping;

pub use socket::{ReadBuffer, Received, Rx, Socket};
pub use stamping::hold_kernel_stamping;
