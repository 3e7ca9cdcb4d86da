//! TCP sockets that say when the kernel received what they read.

mod buffer;
mod socket;
mod stamping;

pub(crate) use buffer::ReadBuffer;
pub(super) use socket::Socket;
pub(crate) use stamping::hold_kernel_stamping;
