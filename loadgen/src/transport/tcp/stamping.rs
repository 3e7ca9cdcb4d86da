//! Whether the kernel stamps what it receives.

use std::io::{self, IoSliceMut, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use nix::sys::socket::{MsgFlags, RecvMsg, recvmsg, setsockopt, sockopt::ReceiveTimestampns};
use nix::sys::time::TimeSpec;

use super::socket::kernel_stamp_ns;

/// Longest wait for the kernel to begin stamping: its work queue takes microseconds, or some milliseconds where all
/// processors are busy. A kernel that has not begun by then is taken for one that cannot.
const STAMPING_BEGINS: Duration = Duration::from_millis(200);

/// A socket that keeps the kernel stamping. The kernel begins to stamp segments only some time after the first socket
/// asks for it (`net_enable_timestamp` defers to a work queue), so a run holds one from before its first stream, and
/// waits until it works: one read without a stamp would make the receive times of the whole run those of user space.
///
/// # Errors
/// When the process is out of descriptors, or has no loopback.
pub(crate) async fn hold_kernel_stamping() -> io::Result<socket2::Socket> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None)?;
    let _unsupported = setsockopt(&socket, ReceiveTimestampns, &true);
    let begun = Instant::now();
    while !is_stamping()? && begun.elapsed() < STAMPING_BEGINS {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(socket)
}

/// Whether a byte that comes over loopback carries a receive time. (A datagram would in any case: the kernel makes up
/// for it when it is read.) No call of it waits for more than what the kernel has to do.
fn is_stamping() -> io::Result<bool> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut sender = TcpStream::connect(listener.local_addr()?)?;
    let (receiver, _) = listener.accept()?;
    let _unsupported = setsockopt(&receiver, ReceiveTimestampns, &true);
    sender.write_all(&[0])?;
    let (mut byte, mut control) = ([0], nix::cmsg_space!(TimeSpec));
    let mut slices = [IoSliceMut::new(&mut byte)];
    let message: RecvMsg<'_, '_, ()> = recvmsg(
        receiver.as_raw_fd(),
        &mut slices,
        Some(&mut control),
        MsgFlags::empty(),
    )?;
    Ok(kernel_stamp_ns(&message).is_some())
}
