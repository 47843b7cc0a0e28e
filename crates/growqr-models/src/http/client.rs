//! The HTTP client: TLS by rustls with the machine's own trusted certificates, no limit to the whole of an answer, and
//! signs of life on a silent connection.

use super::ClientConfig;
use std::time::Duration;

/// How often a silent connection is asked whether it still lives.
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
        // Nothing to verify: the machine's certificates (3 to 5 ms, and absent from bare containers) stay unread.
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}
