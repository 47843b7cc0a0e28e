//! The way to a server that has an address.

use crate::connect_error::ConnectError;
use crate::sign_in::AccessTokens;
use crate::signed_in_client::SignedInClient;
use growqr_core::secret::Secret;
use growqr_http::Target;
use http::{HeaderName, HeaderValue};
use rmcp::RoleClient;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, Transport};
use std::collections::{BTreeMap, HashMap};
use url::{Host, Url};

/// Whether an address can be that of a server.
///
/// # Errors
/// [`ConnectError::Address`].
pub fn check_address(url: &str) -> Result<(), ConnectError> {
    target(url).map(|_| ())
}

/// A connection over streamable HTTP, which is not opened yet. Its requests have the access tokens.
pub(crate) fn signed_in_transport(
    url: &str,
    headers: &BTreeMap<String, Secret>,
    tokens: AccessTokens,
) -> Result<impl Transport<RoleClient> + use<>, ConnectError> {
    let (client, config) = parts(url, headers)?;
    Ok(StreamableHttpClientTransport::with_client(SignedInClient { client, tokens }, config))
}

/// The same without access tokens.
pub(crate) fn http_transport(
    url: &str,
    headers: &BTreeMap<String, Secret>,
) -> Result<impl Transport<RoleClient> + use<>, ConnectError> {
    let (client, config) = parts(url, headers)?;
    Ok(StreamableHttpClientTransport::with_client(client, config))
}

fn parts(
    url: &str,
    headers: &BTreeMap<String, Secret>,
) -> Result<(reqwest::Client, StreamableHttpClientTransportConfig), ConnectError> {
    let target = target(url)?;
    let no_client = |error: growqr_http::BuildError| ConnectError::Other(error.to_string());
    let client = growqr_http::builder(target).map_err(no_client)?;
    let client = client.build().map_err(|error| ConnectError::Other(error.to_string()))?;
    Ok((client, StreamableHttpClientTransportConfig::with_uri(url).custom_headers(header_map(headers)?)))
}

/// Where an address leads. Without TLS it must be on this machine: headers carry keys.
fn target(url: &str) -> Result<Target, ConnectError> {
    let address = Url::parse(url).map_err(|error| ConnectError::Address(error.to_string()))?;
    let is_local = match address.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => return Err(ConnectError::Address("it has no host".to_owned())),
    };
    match address.scheme() {
        "https" => Ok(Target { is_local, is_plain: false }),
        "http" if is_local => Ok(Target::LOOPBACK),
        "http" => Err(ConnectError::Address("keys would be sent unencrypted; use https".to_owned())),
        other => Err(ConnectError::Address(format!("{other}: is no way to an MCP server; use https"))),
    }
}

fn header_map(headers: &BTreeMap<String, Secret>) -> Result<HashMap<HeaderName, HeaderValue>, ConnectError> {
    let header = |(name, value): (&String, &Secret)| {
        let invalid = || ConnectError::Address(format!("the header {name:?} is invalid"));
        let header: HeaderName = name.parse().map_err(|_| invalid())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| invalid())?;
        value.set_sensitive(true);
        Ok((header, value))
    };
    headers.iter().map(header).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_never_sent_unencrypted_over_the_network() {
        assert_eq!(target("http://127.0.0.1:3000/mcp").unwrap(), Target::LOOPBACK);
        assert_eq!(target("http://[::1]/").unwrap(), Target::LOOPBACK);
        assert_eq!(target("https://example.com/mcp").unwrap(), Target::INTERNET);
        for url in ["http://example.com", "http://10.0.0.1", "http://localhost.example.com", "ftp://a", "", "https://"] {
            assert!(matches!(target(url), Err(ConnectError::Address(_))), "{url}");
        }
    }

    #[test]
    fn a_header_that_cannot_be_sent_is_named_without_its_value() {
        let headers = BTreeMap::from([("X-Key".to_owned(), Secret::new("s3cret\nx"))]);
        let error = header_map(&headers).unwrap_err().to_string();
        assert!(error.contains("X-Key") && !error.contains("s3cret"), "{error}");
    }
}
