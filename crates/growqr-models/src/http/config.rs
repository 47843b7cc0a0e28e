//! The settings of a service client, which its HTTP client is built from too.

use super::retry::RetryPolicy;
use super::timer::Timer;
use std::sync::Arc;
use std::time::Duration;

/// The settings of a [`ServiceClient`](super::ServiceClient).
pub(crate) struct ClientConfig {
    pub connect_timeout: Duration,
    pub retry: RetryPolicy,
    /// Calls that may run at the same time.
    pub max_concurrent: usize,
    pub timer: Arc<dyn Timer>,
    /// How often the person is told that the service is still silent.
    pub notice_every: Duration,
    /// Whether the service is reached without TLS.
    pub is_plain: bool,
    /// Whether it is on this machine or in the local network, where a proxy cannot reach it: proxies are not used.
    pub is_local: bool,
}
