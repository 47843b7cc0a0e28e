//! The gateway while it runs: on the loopback address, and on the address of Docker's bridge with the same port.

use crate::stack::gateway::{self, Payers};
use growqr_core::secret::Secret;
use growqr_gateway::Gateway;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A gateway that listens.
pub(crate) struct RunningGateway {
    gateway: Gateway,
    /// Its answer to a self-test has this random name, so that no other program on its port is taken for it.
    pub(crate) name: String,
    pub(crate) port: u16,
    /// The addresses on which it listens besides the loopback address.
    bridges: Vec<IpAddr>,
}

impl RunningGateway {
    /// Starts a gateway that accepts this token; `None` if another program has the port. `process` is the number of this process in
    /// the ids of its charges.
    pub(crate) async fn start(
        payers: Payers,
        process: u64,
        token: &Secret,
        port: u16,
        bridge: Option<IpAddr>,
    ) -> Option<RunningGateway> {
        let settings = growqr_gateway::Settings::new(process, rand::random());
        let name = settings.run_name();
        let gateway = Gateway::new(gateway::ports(payers), settings);
        gateway.tokens().register_existing(gateway::CONTAINER, token);
        gateway.listen((Ipv4Addr::LOCALHOST, port).into()).await.ok()?;
        let mut running = RunningGateway { gateway, name, port, bridges: Vec::new() };
        running.listen_on(bridge).await.then_some(running)
    }

    /// Listens on the address of Docker's bridge as well: containers of an engine on this computer reach it there. Where the engine
    /// runs in a virtual machine that address is not one of this computer, and the loopback address is reached. Returns false if
    /// another program has the port there.
    pub(crate) async fn listen_on(&mut self, bridge: Option<IpAddr>) -> bool {
        let Some(bridge) = bridge.filter(|bridge| !self.bridges.contains(bridge)) else { return true };
        match self.gateway.listen(SocketAddr::new(bridge, self.port)).await {
            Ok(_) => self.bridges.push(bridge),
            Err(error) if error.kind() == ErrorKind::AddrInUse => return false,
            Err(error) => tracing::debug!(%error, %bridge, "the gateway does not listen on the bridge"),
        }
        true
    }

    /// Ends its calls and settles them.
    pub(crate) async fn stop(&self) {
        self.gateway.stop().await;
    }
}
