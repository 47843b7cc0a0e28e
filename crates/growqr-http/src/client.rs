//! The builder of all HTTP clients.

use crate::proxies::{Proxies, ProxyError};
use reqwest::{Client, ClientBuilder};

/// What a client connects to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// It is on this machine or in the local network, where a proxy cannot reach it: proxies are not used.
    pub is_local: bool,
    /// It is reached without TLS.
    pub is_plain: bool,
}

impl Target {
    /// A server on this machine, without TLS.
    pub const LOOPBACK: Target = Target { is_local: true, is_plain: true };
    /// A server on the internet.
    pub const INTERNET: Target = Target { is_local: false, is_plain: false };
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
    let builder = if target.is_local { builder.no_proxy() } else { Proxies::from_environment()?.apply(builder)? };
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

    /// Accepts one connection and answers the first message, of which `end` knows the end. Returns this message and the next.
    fn proxy(end: impl Fn(&[u8]) -> bool + Send + 'static, answer: Vec<u8>) -> (String, tokio::task::JoinHandle<Received>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = tokio::task::spawn_blocking(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
            let mut first = Vec::new();
            while !end(&first) {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                first.push(byte[0]);
            }
            stream.write_all(&answer).unwrap();
            let mut second = vec![0; 256];
            let length = stream.read(&mut second).unwrap();
            second.truncate(length);
            (first, second)
        });
        (address, server)
    }

    fn client(proxy: &str, exceptions: &str) -> Client {
        let set = |name: &str| match name {
            "ALL_PROXY" => Some(proxy.to_owned()),
            "NO_PROXY" => Some(exceptions.to_owned()),
            _ => None,
        };
        Proxies::read(set).unwrap().apply(Client::builder().tls_certs_only([])).unwrap().build().unwrap()
    }

    /// Sends a request of which nothing but the way to the proxy matters; the proxy hangs up. Returns the failure with its causes.
    async fn failure(client: &Client, url: &str) -> String {
        format!("{:?}", client.get(url).send().await.unwrap_err())
    }

    #[tokio::test]
    async fn socks_is_spoken_and_the_proxy_resolves_the_name() {
        for scheme in ["socks", "socks5h"] {
            let (address, server) = proxy(|first| first.len() == 3, vec![5, 0]);
            failure(&client(&format!("{scheme}://{address}"), ""), "http://name.invalid/").await;
            let (greeting, request) = server.await.unwrap();
            assert_eq!(greeting, [5, 1, 0]);
            assert!(request.windows(12).any(|bytes| bytes == b"name.invalid"), "{request:?}");
        }
    }

    #[tokio::test]
    async fn socks_4_is_spoken_with_an_address_and_with_a_name() {
        for (scheme, host, request) in [
            ("socks4", "192.0.2.1", b"\x04\x01\x00\x50\xc0\x00\x02\x01\x00".to_vec()),
            ("socks4a", "name.invalid", b"\x04\x01\x00\x50\x00\x00\x00\xff\x00name.invalid\x00".to_vec()),
        ] {
            let (expected, granted) = (request.len(), vec![0, 90, 0, 0, 0, 0, 0, 0]);
            let (address, server) = proxy(move |first| first.len() == expected, granted);
            failure(&client(&format!("{scheme}://{address}"), ""), &format!("http://{host}/")).await;
            let (first, second) = server.await.unwrap();
            assert_eq!(first, request, "{scheme}");
            assert!(second.starts_with(b"GET / HTTP/1.1"), "{scheme}: {second:?}");
        }
    }

    #[tokio::test]
    async fn a_password_reaches_the_proxy_and_no_error() {
        // `p@ss canary`
        let password = "p%40ss%20canary";
        let (address, server) = proxy(|first| first.len() == 3, vec![5, 2]);
        let error = failure(&client(&format!("socks5h://me:{password}@{address}"), ""), "http://name.invalid/").await;
        assert_eq!(server.await.unwrap().1, b"\x01\x02me\x0bp@ss canary");
        assert!(!error.contains("canary"), "{error}");
        for (url, method) in
            [("http://name.invalid/", "GET http://name.invalid/"), ("https://name.invalid/", "CONNECT name.invalid:443")]
        {
            let refused = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n".to_vec();
            let (address, server) = proxy(|first| first.ends_with(b"\r\n\r\n"), refused);
            let answer = client(&format!("http://me:{password}@{address}"), "").get(url).send().await;
            assert!(!format!("{answer:?}").contains("canary"), "{answer:?}");
            drop(answer);
            let request = String::from_utf8(server.await.unwrap().0).unwrap();
            assert!(request.starts_with(method), "{request}");
            let login = "proxy-authorization: basic bwu6cebzcybjyw5hcnk=";
            assert!(request.to_lowercase().contains(login), "{request}");
        }
    }

    #[tokio::test]
    async fn exceptions_are_reached_without_the_proxy() {
        for exceptions in ["127.0.0.1", "other.invalid 127.0.0.0/8", "*"] {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec();
            let (address, server) = proxy(|first| first.ends_with(b"\r\n\r\n"), answer);
            let answer = client("http://proxy.invalid:1", exceptions).get(format!("http://{address}/here")).send().await.unwrap();
            assert!(answer.status().is_success());
            drop(answer);
            assert!(server.await.unwrap().0.starts_with(b"GET /here"), "{exceptions}: not the form for a proxy");
        }
        let other = failure(&client("http://127.0.0.1:9", "*.example.com"), "http://name.invalid/").await;
        assert!(other.contains("127.0.0.1") || other.contains("refused"), "{other}: the proxy is asked");
    }
}
