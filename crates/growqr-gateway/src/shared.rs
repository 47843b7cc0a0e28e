//! What all connections and calls of a gateway share.

use crate::ports::Ports;
use crate::prompt_size::PromptSizes;
use crate::settings::Settings;
use crate::settling::Settling;
use crate::tokens::Tokens;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What all connections share.
pub(crate) struct Shared {
    pub ports: Ports,
    pub settings: Settings,
    pub tokens: Tokens,
    pub prompt_sizes: PromptSizes,
    pub settling: Arc<Settling>,
    pub connections: Arc<Semaphore>,
    pub calls: Arc<Semaphore>,
    /// One permit for each byte of a body in memory.
    pub bodies: Arc<Semaphore>,
    /// The number of the next call.
    pub next_call: AtomicU64,
    pub stop: CancellationToken,
    /// Listeners, connections, calls and settlements.
    pub tasks: TaskTracker,
}

impl Shared {
    /// The state of a gateway that has no connections yet.
    pub fn new(ports: Ports, settings: Settings) -> Shared {
        Shared {
            ports,
            tokens: Tokens::default(),
            prompt_sizes: PromptSizes::default(),
            settling: Arc::default(),
            connections: Arc::new(Semaphore::new(settings.max_connections)),
            calls: Arc::new(Semaphore::new(settings.max_calls)),
            bodies: Arc::new(Semaphore::new(settings.max_bodies)),
            next_call: AtomicU64::new(1),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            settings,
        }
    }
}
