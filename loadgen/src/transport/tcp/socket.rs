//! A TCP socket whose reads carry the kernel's receive time.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::os::fd::AsRawFd;
use std::task::{Context, Poll};

use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, RecvMsg, recvmsg, setsockopt, sockopt::IpBindAddressNoPort,
    sockopt::ReceiveTimestampns,
};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::{TcpSocket, TcpStream};
use weir_time::{Clock, NANOS_PER_SEC};

use super::ReadBuffer;
use crate::measure::{Received, Rx};

/// A connected TCP socket.
#[derive(Debug)]
pub(in crate::transport) struct Socket {
    stream: TcpStream,
    clock: Clock,
}

impl Socket {
    /// Connects from the address `source`, if there is one, with `TCP_NODELAY`, and with kernel receive times if `rx` asks
    /// for them and the kernel has them.
    ///
    /// # Errors
    /// Those of `socket`, `bind` and `connect`.
    pub(in crate::transport) async fn connect(
        addr: SocketAddr,
        source: Option<IpAddr>,
        rx: Rx,
        clock: Clock,
    ) -> io::Result<Self> {
        let socket = if addr.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        if rx == Rx::Kernel {
            // Where the kernel will not, reads come without a stamp, and are counted as user-space ones.
            let _unsupported = setsockopt(&socket, ReceiveTimestampns, &true);
        }
        if let Some(source) = source {
            // The port is then chosen when the target is known, and is taken for that target alone (ip(7)).
            setsockopt(&socket, IpBindAddressNoPort, &true)?;
            socket.bind((source, 0).into())?;
        }
        socket.set_nodelay(true)?;
        let stream = socket.connect(addr).await?;
        Ok(Self { stream, clock })
    }

    /// Writes all of `bytes`, and gives the instant at which the last of them were handed over: before that write, since
    /// on loopback the answer may be here before it returns.
    ///
    /// # Errors
    /// Those of `write`.
    pub(in crate::transport) async fn write_all(&self, mut bytes: &[u8]) -> io::Result<u64> {
        loop {
            let at_ns = self.clock.now_ns();
            match self.stream.try_write(bytes) {
                Ok(written) if written == bytes.len() => return Ok(at_ns),
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.stream.writable().await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Closes the sending half: whoever reads it sees the end of the requests, and servers end the stream there.
    pub(in crate::transport) fn end_requests(&self) {
        // Fails only where the connection is gone already.
        let _gone = SockRef::from(&self.stream).shutdown(Shutdown::Write);
    }

    /// Ready when there may be something to read.
    pub(in crate::transport) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_read_ready(cx)
    }

    /// One `recvmsg` into `buffer`; `None` when there is nothing to read.
    ///
    /// # Errors
    /// Those of `recvmsg`.
    pub(in crate::transport) fn receive(
        &self,
        buffer: &mut ReadBuffer,
    ) -> io::Result<Option<Received>> {
        let capacity = buffer.capacity();
        let mut received = None;
        let outcome = self.stream.try_io(Interest::READABLE, || {
            let read = self.receive_now(buffer)?;
            received = Some(read);
            // A read that did not fill the buffer has drained the socket: say so to the runtime, and it waits for the
            // next segment without a second call that would only be told there is nothing.
            if read.bytes < capacity {
                Err(io::ErrorKind::WouldBlock.into())
            } else {
                Ok(())
            }
        });
        match outcome {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(received),
        }
    }

    fn receive_now(&self, buffer: &mut ReadBuffer) -> io::Result<Received> {
        let ReadBuffer { data, control } = buffer;
        let mut slices = [IoSliceMut::new(data)];
        let fd = self.stream.as_raw_fd();
        let message: RecvMsg<'_, '_, ()> =
            recvmsg(fd, &mut slices, Some(control), MsgFlags::empty())?;
        let (rx_ns, rx) = match kernel_stamp_ns(&message) {
            Some(rx_ns) => (rx_ns, Rx::Kernel),
            None => (self.clock.now_ns(), Rx::User),
        };
        Ok(Received {
            bytes: message.bytes,
            rx_ns,
            rx,
        })
    }
}

/// The receive time that the kernel gave a message, if it did.
pub(super) fn kernel_stamp_ns(message: &RecvMsg<'_, '_, ()>) -> Option<u64> {
    message.cmsgs().ok()?.find_map(|control| match control {
        ControlMessageOwned::ScmTimestampns(time) => {
            Some(time.tv_sec().cast_unsigned() * NANOS_PER_SEC + time.tv_nsec().cast_unsigned())
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::thread;

    use super::super::hold_kernel_stamping;

    use super::super::buffer::READ_BUFFER_BYTES;
    use super::*;

    /// Connects to a peer that writes `bytes` and closes; gives every read until the end.
    async fn reads(bytes: &'static [u8], rx: Rx) -> Vec<Received> {
        let _stamping = hold_kernel_stamping().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let peer = thread::spawn(move || listener.accept().unwrap().0.write_all(bytes));
        let socket = Socket::connect(addr, None, rx, Clock::new()).await.unwrap();
        peer.join().unwrap().unwrap();
        let mut buffer = ReadBuffer::new();
        let mut reads = Vec::new();
        loop {
            std::future::poll_fn(|cx| socket.poll_readable(cx))
                .await
                .unwrap();
            if let Some(received) = socket.receive(&mut buffer).unwrap() {
                reads.push(received);
                if received.bytes == 0 {
                    return reads;
                }
            }
        }
    }

    #[tokio::test]
    async fn reads_until_the_end_whichever_way_they_are_cut() {
        static BYTES: [u8; 3 * READ_BUFFER_BYTES + 5] = [7; 3 * READ_BUFFER_BYTES + 5];
        let reads = reads(&BYTES, Rx::Kernel).await;
        assert_eq!(
            reads.iter().map(|read| read.bytes).sum::<usize>(),
            BYTES.len()
        );
    }

    #[tokio::test]
    async fn a_source_address_is_what_the_peer_sees() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let source = Some([127, 0, 0, 9].into());
        let socket = Socket::connect(addr, source, Rx::Kernel, Clock::new());
        let _socket = socket.await.unwrap();
        assert_eq!(Some(listener.accept().unwrap().1.ip()), source);
    }

    #[tokio::test]
    async fn receive_times_are_the_kernels_when_asked_for_and_say_so_when_not() {
        let before_ns = Clock::new().now_ns();
        let kernel = reads(b"x", Rx::Kernel).await[0];
        let user = reads(b"x", Rx::User).await[0];
        let after_ns = Clock::new().now_ns();
        assert_eq!((kernel.rx, user.rx), (Rx::Kernel, Rx::User));
        // Both are Unix time: within what the test took, give or take the clocks' offset.
        for rx_ns in [kernel.rx_ns, user.rx_ns] {
            assert!((before_ns - 1_000_000..after_ns + 1_000_000).contains(&rx_ns));
        }
    }
}
