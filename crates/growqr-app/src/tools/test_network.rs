//! Only for tests of the whole program: with `GROWQR_TEST_WEB=127.0.0.1:1234` every host is there. A name that begins with `mapped.`
//! has an address of this computer as well.

use async_trait::async_trait;
use growqr_tools::web::Network;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// An address of the internet.
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14));

/// `127.0.0.1` as an IPv6 address.
const MAPPED: IpAddr = IpAddr::V6(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0x7f00, 1));

/// A network with one server.
pub(crate) struct TestNetwork(SocketAddr);

impl TestNetwork {
    /// The network that the test has set; `None` if it has set none.
    pub(crate) fn find() -> Option<TestNetwork> {
        std::env::var("GROWQR_TEST_WEB").ok()?.parse().ok().map(TestNetwork)
    }
}

#[async_trait]
impl Network for TestNetwork {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(if host.starts_with("mapped.") { vec![PUBLIC, MAPPED] } else { vec![PUBLIC] })
    }

    fn socket(&self, _address: IpAddr) -> SocketAddr {
        self.0
    }
}
