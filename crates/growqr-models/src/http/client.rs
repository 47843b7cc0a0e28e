//! Builds the HTTP client: rustls with the trusted certificates of the operating system, keep-alive probes on idle
//! connections, and no time limit for a whole response.

use super::config::ClientConfig;
use std::time::Duration;

/// Interval of keep-alive probes on an idle connection.
const PROBE: Duration = Duration::from_secs(30);

pub(crate) fn build(config: &ClientConfig) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("growqr/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(config.connect_timeout)
        // A redirect would carry the key to another host.
        .redirect(reqwest::redirect::Policy::none())
        .tcp_keepalive(PROBE)
        .http2_keep_alive_interval(PROBE)
        .http2_keep_alive_timeout(PROBE);
    if config.is_direct {
        builder = builder.no_proxy();
    }
    if config.is_plain {
        // Without TLS there is no certificate to verify. Loading the system's certificates would take 3 to 5 ms and fails
        // in containers that have none.
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}
