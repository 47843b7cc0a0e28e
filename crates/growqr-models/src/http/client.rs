//! Builds the HTTP client: keep-alive probes on idle connections, and no time limit for a whole response.

use super::config::ClientConfig;
use growqr_http::{BuildError, Target};
use std::time::Duration;

/// Interval of keep-alive probes on an idle connection.
const PROBE: Duration = Duration::from_secs(30);

pub(crate) fn build(config: &ClientConfig) -> Result<reqwest::Client, BuildError> {
    let builder = growqr_http::builder(Target { is_local: config.is_local, is_plain: config.is_plain })?;
    let builder = builder
        .user_agent(concat!("growqr/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(config.connect_timeout)
        .tcp_keepalive(PROBE)
        .http2_keep_alive_interval(PROBE)
        .http2_keep_alive_timeout(PROBE);
    Ok(builder.build()?)
}
