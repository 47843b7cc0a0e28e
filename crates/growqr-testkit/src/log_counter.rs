//! Counts what is logged.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing::Level;
use tracing::subscriber::DefaultGuard;

/// Counts the log lines of this thread that have this level or a more serious one, while the guard lives.
#[must_use]
pub fn count_log_lines(level: Level) -> (Arc<AtomicUsize>, DefaultGuard) {
    let count = Arc::new(AtomicUsize::default());
    let guard = tracing::subscriber::set_default(LogCounter { level, count: Arc::clone(&count) });
    (count, guard)
}

struct LogCounter {
    level: Level,
    count: Arc<AtomicUsize>,
}

impl tracing::Subscriber for LogCounter {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}
