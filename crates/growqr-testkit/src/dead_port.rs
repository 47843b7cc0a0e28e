//! A port at which nobody answers, for as long as a test lasts.

use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpSocket;

/// Who connects to it is refused. It is kept meanwhile, or another test's server would be given the same number.
pub struct DeadPort {
    address: SocketAddr,
    _kept: TcpSocket,
}

impl DeadPort {
    /// Takes a loopback port without listening on it.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn take() -> DeadPort {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a loopback port");
        DeadPort { address: socket.local_addr().expect("it is bound"), _kept: socket }
    }

    /// Where nobody answers.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

#[cfg(test)]
mod tests {
    use super::DeadPort;
    use std::io::ErrorKind;
    use std::net::TcpStream;

    #[test]
    fn connections_are_refused() {
        let port = DeadPort::take();
        assert_eq!(TcpStream::connect(port.address()).map_err(|error| error.kind()).err(), Some(ErrorKind::ConnectionRefused));
    }
}
