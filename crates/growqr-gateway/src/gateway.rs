//! Starts and stops the endpoint.

use crate::connection;
use crate::ports::Ports;
use crate::prompt_size::PromptSizes;
use crate::settings::Settings;
use crate::settling::Settling;
use crate::tokens::Tokens;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The endpoint that containers call. Dropping it closes it without waiting; prefer [`Gateway::stop`].
pub struct Gateway {
    shared: Arc<Shared>,
}

/// What all connections share.
pub(crate) struct Shared {
    pub ports: Ports,
    pub settings: Settings,
    pub tokens: Tokens,
    pub prompt_sizes: PromptSizes,
    pub settling: Arc<Settling>,
    pub connections: Arc<Semaphore>,
    pub calls: Arc<Semaphore>,
    /// The number of the next call.
    pub next_call: AtomicU64,
    pub stop: CancellationToken,
    /// Listeners, connections, calls and settlements.
    pub tasks: TaskTracker,
}

impl Gateway {
    /// An endpoint that does not listen yet.
    #[must_use]
    pub fn new(ports: Ports, settings: Settings) -> Gateway {
        let shared = Shared {
            ports,
            tokens: Tokens::default(),
            prompt_sizes: PromptSizes::default(),
            settling: Arc::default(),
            connections: Arc::new(Semaphore::new(settings.max_connections)),
            calls: Arc::new(Semaphore::new(settings.max_calls)),
            next_call: AtomicU64::new(1),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            settings,
        };
        Gateway { shared: Arc::new(shared) }
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
