//! What a line to a service and its client need to know.

use super::pace::Pace;
use super::retry::RetryPolicy;
use std::sync::Arc;
use std::time::Duration;

/// What a line needs to know.
pub(crate) struct LineConfig {
    pub connect_timeout: Duration,
    pub retry: RetryPolicy,
    pub at_once: usize,
    pub pace: Arc<dyn Pace>,
    /// Whether TLS is never used on it.
    pub is_plain: bool,
    /// Whether no proxy stands in between.
    pub is_direct: bool,
}
