//! The builder of all HTTP clients.

use crate::proxies::{Proxies, ProxyError};
use reqwest::{Client, ClientBuilder};

/// What a client connects to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// A proxy cannot reach it: an address of this machine or of the local network.
    pub is_direct: bool,
    /// It is reached without TLS.
    pub is_plain: bool,
}

impl Target {
    /// A server on this machine, without TLS.
    pub const LOOPBACK: Target = Target { is_direct: true, is_plain: true };
    /// A server on the internet.
    pub const INTERNET: Target = Target { is_direct: false, is_plain: false };
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A proxy of the environment cannot be used.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The trusted certificates of this computer cannot be loaded.
    #[error("the trusted certificates of this computer cannot be read")]
    Certificates(#[from] reqwest::Error),
}

/// Begins a client. It follows no redirects, because they could carry a key or a code to another server; the caller may add
/// other limits.
///
/// # Errors
/// [`BuildError`].
pub fn builder(target: Target) -> Result<ClientBuilder, BuildError> {
    let builder = Client::builder().redirect(reqwest::redirect::Policy::none());
    let builder = if target.is_direct { builder.no_proxy() } else { Proxies::from_environment()?.apply(builder)? };
    // Without TLS there is no certificate to verify. Loading those of the system takes 3 to 5 ms and fails in containers that
    // have none.
    Ok(if target.is_plain { builder.tls_certs_only([]) } else { builder })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// What came first and second.
    type Received = (Vec<u8>, Vec<u8>);

    /// Accepts one connection, answers the first message of SOCKS 5 and returns what came: the greeting and the request.
    fn socks_server() -> (String, std::thread::JoinHandle<Received>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut first = vec![0; 3];
            stream.read_exact(&mut first).unwrap();
            stream.write_all(&[5, 0]).unwrap();
            let mut second = vec![0; 256];
            let length = stream.read(&mut second).unwrap();
            second.truncate(length);
            (first, second)
        });
        (address, server)
    }

    #[tokio::test]
    async fn socks_is_spoken_and_the_proxy_resolves_the_name() {
        for scheme in ["socks", "socks5h"] {
            let (address, server) = socks_server();
            let value = format!("{scheme}://{address}");
            let proxies = Proxies::read(|name| (name == "ALL_PROXY").then(|| value.clone())).unwrap();
            let client = proxies.apply(Client::builder().tls_certs_only([])).unwrap().build().unwrap();
            assert!(client.get("http://name.invalid/").send().await.is_err(), "the server hangs up");
            let (greeting, request) = server.join().unwrap();
            assert_eq!(greeting, [5, 1, 0]);
            assert!(request.windows(12).any(|bytes| bytes == b"name.invalid"), "{request:?}");
        }
    }
}
