//! Runs [`Memory::tidy`] shortly after changes, once for several changes in a row. No agent waits for it.

use crate::perform::blocking;
use growqr_core::memory::Memory;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Delay after a change: shorter than a person needs to look at the repository with their own git.
const DELAY: Duration = Duration::from_millis(200);

/// Tidies memory after every notification of a change, until the host stops. The remaining work is done at the next start.
pub(crate) async fn run(memory: Arc<dyn Memory>, changed: Arc<Notify>, stop: CancellationToken) {
    let work = async {
        loop {
            changed.notified().await;
            tokio::time::sleep(DELAY).await;
            let memory = Arc::clone(&memory);
            if let Some(Err(error)) = blocking(move || memory.tidy()).await {
                tracing::warn!(%error, "memory could not be tidied; the next start tries again");
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}
