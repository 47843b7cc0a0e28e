//! Starts and stops the endpoint.

use crate::connection;
use crate::ports::Ports;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::tokens::Tokens;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The endpoint that containers call. Dropping it closes it without waiting; prefer [`Gateway::stop`].
pub struct Gateway {
    shared: Arc<Shared>,
}

impl Gateway {
    /// An endpoint that does not listen yet.
    #[must_use]
    pub fn new(ports: Ports, settings: Settings) -> Gateway {
        Gateway { shared: Arc::new(Shared::new(ports, settings)) }
    }

    /// The tokens that the endpoint accepts.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.shared.tokens
    }

    /// Listens on an address and returns the address with its actual port. May be called several times. Must be called in a tokio
    /// runtime.
    ///
    /// # Errors
    /// If the address cannot be bound.
    pub async fn listen(&self, address: SocketAddr) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(address).await?;
        let bound = listener.local_addr()?;
        self.shared.tasks.spawn(connection::accept(self.shared.clone(), listener));
        Ok(bound)
    }

    /// Ends all calls: a stream gets an error event as its last event. Returns when all charges are settled and all connections are
    /// closed.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}
