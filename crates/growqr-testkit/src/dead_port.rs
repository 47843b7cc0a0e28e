//! A loopback port that refuses connections during a test.

use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpSocket;

/// A port that refuses connections. It stays bound, so that no other test's server gets the same port.
pub struct DeadPort {
    address: SocketAddr,
    _kept: TcpSocket,
}

impl DeadPort {
    /// Binds a free loopback port without listening on it.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn take() -> DeadPort {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a loopback port");
        DeadPort { address: socket.local_addr().expect("it is bound"), _kept: socket }
    }

    /// The address that refuses connections.
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
