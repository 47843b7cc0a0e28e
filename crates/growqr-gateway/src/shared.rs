//! What all connections and calls of a gateway share.

use crate::ports::Ports;
use crate::prompt_size::PromptSizes;
use crate::settings::Settings;
use crate::settling::Settling;
use crate::tokens::Tokens;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::sync::{Mutex, OnceCell, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What all connections share.
pub(crate) struct Shared {
    pub ports: Ports,
    pub settings: Settings,
    pub tokens: Tokens,
    prompt_sizes: PromptSizes,
    /// Set once the sizes of earlier prompts are loaded.
    loaded: OnceCell<()>,
    /// Held while sizes are written, so that the last ones win.
    saving: Mutex<()>,
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
            loaded: OnceCell::new(),
            saving: Mutex::default(),
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

    /// The sizes of prompts, with those of earlier runs.
    pub async fn prompt_sizes(&self) -> &PromptSizes {
        let load = async {
            if let Some(earlier) = self.ports.sizes.load().await {
                self.prompt_sizes.load(&earlier);
            }
        };
        self.loaded.get_or_init(|| load).await;
        &self.prompt_sizes
    }

    /// Keeps the sizes for the next run.
    pub async fn save_prompt_sizes(&self) {
        let _one_at_a_time = self.saving.lock().await;
        self.ports.sizes.save(self.prompt_sizes.to_json()).await;
    }
}
