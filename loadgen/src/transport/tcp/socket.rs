//! A TCP socket whose reads carry the kernel's receive time.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, RecvMsg, recvmsg, setsockopt, sockopt::IpBindAddressNoPort,
    sockopt::ReceiveTimestampns,
};
use socket2::{Domain, Protocol, Type};
use weir_time::{Clock, NANOS_PER_SEC};

use super::ReadBuffer;
use crate::measure::{Received, Rx};

/// A TCP socket that nobody waits on: what it cannot do at once it does not do.
#[derive(Debug)]
pub(in crate::transport) struct Socket(socket2::Socket);

impl Socket {
    /// Begins to connect from the address `source`, if there is one, with `TCP_NODELAY`, and with kernel receive times if `rx`
    /// asks for them and the kernel has them. When it is writable, [`Socket::connected`] says what became of it.
    ///
    /// # Errors
    /// Those of `socket`, `bind` and `connect`.
    pub(in crate::transport) fn dial(
        addr: SocketAddr,
        source: Option<IpAddr>,
        rx: Rx,
    ) -> io::Result<Self> {
        let socket = socket2::Socket::new(
            Domain::for_address(addr),
            Type::STREAM.nonblocking().cloexec(),
            Some(Protocol::TCP),
        )?;
        if rx == Rx::Kernel {
            // Where the kernel will not, reads come without a stamp, and are counted as user-space ones.
            let _unsupported = setsockopt(&socket, ReceiveTimestampns, &true);
        }
        if let Some(source) = source {
            // The port is then chosen when the target is known, and is taken for that target alone (ip(7)).
            setsockopt(&socket, IpBindAddressNoPort, &true)?;
            socket.bind(&SocketAddr::from((source, 0)).into())?;
        }
        socket.set_tcp_nodelay(true)?;
        match socket.connect(&addr.into()) {
            Err(error) if error.raw_os_error() != Some(Errno::EINPROGRESS as i32) => Err(error),
            _ => Ok(Self(socket)),
        }
    }

    /// What became of connecting: to be asked when the socket is writable.
    ///
    /// # Errors
    /// Those of `connect`.
    pub(in crate::transport) fn connected(&self) -> io::Result<()> {
        self.0.take_error()?.map_or(Ok(()), Err)
    }

    /// Writes the rest of `bytes`, of which `written` have been. Once it is all, gives the instant at which the last of them were
    /// handed over: before that write, since on loopback the answer may be here before it returns.
    ///
    /// # Errors
    /// Those of `write`.
    pub(in crate::transport) fn write(
        &self,
        bytes: &[u8],
        written: &mut usize,
        clock: Clock,
    ) -> io::Result<Option<u64>> {
        loop {
            let at_ns = clock.now_ns();
            match self.0.send(&bytes[*written..]) {
                Ok(count) => *written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
            if *written == bytes.len() {
                return Ok(Some(at_ns));
            }
        }
    }

    /// Closes the sending half: whoever reads it sees the end of the requests, and servers end the stream there.
    pub(in crate::transport) fn end_requests(&self) {
        // Fails only where the connection is gone already.
        let _gone = self.0.shutdown(Shutdown::Write);
    }

    /// One `recvmsg` into `buffer`; `None` when there is nothing to read.
    ///
    /// # Errors
    /// Those of `recvmsg`.
    pub(in crate::transport) fn receive(
        &self,
        buffer: &mut ReadBuffer,
        clock: Clock,
    ) -> io::Result<Option<Received>> {
        let ReadBuffer { data, control } = buffer;
        let mut slices = [IoSliceMut::new(data)];
        let fd = self.0.as_raw_fd();
        let message: RecvMsg<'_, '_, ()> =
            match recvmsg(fd, &mut slices, Some(control), MsgFlags::empty()) {
                Err(Errno::EAGAIN) => return Ok(None),
                message => message?,
            };
        let (rx_ns, rx) = match kernel_stamp_ns(&message) {
            Some(rx_ns) => (rx_ns, Rx::Kernel),
            None => (clock.now_ns(), Rx::User),
        };
        Ok(Some(Received {
            bytes: message.bytes,
            rx_ns,
            rx,
        }))
    }
}

impl From<Socket> for TcpStream {
    fn from(socket: Socket) -> Self {
        socket.0.into()
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
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
    use std::time::Duration;

    use super::super::hold_kernel_stamping;

    use super::super::buffer::READ_BUFFER_BYTES;
    use super::*;

    /// Connects to a peer that writes `bytes` and closes; gives every read until the end.
    async fn reads(bytes: &'static [u8], rx: Rx) -> Vec<Received> {
        let _stamping = hold_kernel_stamping().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let peer = thread::spawn(move || listener.accept().unwrap().0.write_all(bytes));
        let socket = Socket::dial(addr, None, rx).unwrap();
        let (clock, mut buffer, mut reads) = (Clock::new(), ReadBuffer::new(), Vec::new());
        loop {
            match socket.receive(&mut buffer, clock).unwrap() {
                None => thread::sleep(Duration::from_millis(1)),
                Some(received) => {
                    reads.push(received);
                    if received.bytes == 0 {
                        peer.join().unwrap().unwrap();
                        return reads;
                    }
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

    #[test]
    fn a_source_address_is_what_the_peer_sees() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let source = Some([127, 0, 0, 9].into());
        let _socket = Socket::dial(addr, source, Rx::Kernel).unwrap();
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
