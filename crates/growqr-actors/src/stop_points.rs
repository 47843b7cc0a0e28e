//! Stop points for tests that kill the program. `GROWQR_STOP_POINT=before:7` stops this process right before its seventh
//! append, and `after:7` right after that append, before any code learns of its success. The process then creates the file
//! that `GROWQR_STOP_POINT_MARK` names, and waits to be killed. Code with other stop points calls [`is_here`].

use std::sync::atomic::{AtomicU64, Ordering};

static APPENDS: AtomicU64 = AtomicU64::new(0);

/// The number of the append under way.
pub(crate) struct Append(u64);

pub(crate) async fn before_append() -> Append {
    let append = Append(APPENDS.fetch_add(1, Ordering::Relaxed) + 1);
    append.stop_at("before").await;
    append
}

impl Append {
    pub(crate) async fn after_append(self) {
        self.stop_at("after").await;
    }

    async fn stop_at(&self, side: &str) {
        if is_here(&format!("{side}:{}", self.0)) {
            std::future::pending::<()>().await;
        }
    }
}

/// Whether the test wants to stop at this place. If so, creates the mark file; the caller must then wait to be killed.
pub fn is_here(place: &str) -> bool {
    let is_here = std::env::var("GROWQR_STOP_POINT").is_ok_and(|wanted| wanted == place);
    if is_here && let Ok(mark) = std::env::var("GROWQR_STOP_POINT_MARK") {
        std::fs::write(mark, "stopped").expect("the mark file can be written");
    }
    is_here
}
