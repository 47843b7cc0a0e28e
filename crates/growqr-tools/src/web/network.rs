//! The way to a host: its addresses are looked up once, all of them are checked, and the connection goes to exactly those.

use super::address::is_public;
use super::error::FetchError;
use super::page_url::{Hop, hop};
use async_trait::async_trait;
use growqr_http::{Cause, Target};
use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderName, LOCATION};
use reqwest::{Client, Response};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use url::{Host, Url};

/// What this program calls itself. Sites can refuse it in their robots.txt by [`ROBOTS_NAME`].
const USER_AGENT: &str = concat!("growqr/", env!("CARGO_PKG_VERSION"));

/// Its name in robots.txt.
pub(crate) const ROBOTS_NAME: &str = "growqr";

/// How long a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The network, as far as fetching needs it.
#[async_trait]
pub trait Network: Send + Sync {
    /// The addresses of a host, by its name.
    ///
    /// # Errors
    /// If the name is not known, or nobody can be asked.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;

    /// Where a connection to an address that was checked goes. Port 0 is the usual one of the scheme. Only tests lead elsewhere.
    fn socket(&self, address: IpAddr) -> SocketAddr {
        SocketAddr::new(address, 0)
    }
}

/// The network of this computer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNetwork;

#[async_trait]
impl Network for SystemNetwork {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|socket| socket.ip()).collect())
    }
}

/// Asks for one address, without following redirects. Only the head of the answer has come.
///
/// # Errors
/// [`FetchError`].
pub(crate) async fn request(network: &dyn Network, url: &Url, accept: &'static str) -> Result<Response, FetchError> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let sockets = match url.host() {
        Some(Host::Domain(name)) => sockets(network, name, is_public).await.map_err(|error| match error {
            LookUpError::Unknown => FetchError::UnknownHost { host: host.clone() },
            LookUpError::NotAllowed => FetchError::Private { host: host.clone() },
        })?,
        // An address in numbers was checked when the URL was parsed, and is not looked up.
        _ => Vec::new(),
    };
    let client = pinned_client(url, sockets).map_err(|error| FetchError::NoClient(error.to_string()))?;
    // Compressed only as [`super::body`] reads it.
    let sent = client.get(url.clone()).header(ACCEPT, accept).header(ACCEPT_ENCODING, "gzip").send().await;
    sent.map_err(|error| FetchError::Unreachable { host, cause: Cause::of(&error) })
}

/// Where an answer leads, if it is a redirect.
///
/// # Errors
/// [`FetchError`] if it leads to an address that is not followed.
pub(crate) fn redirect(from: &Url, response: &Response) -> Result<Option<Hop>, FetchError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    match header(response, LOCATION) {
        Some(location) => hop(from, &location).map(Some),
        None => Err(FetchError::Redirect("it does not say where")),
    }
}

/// A header that is text.
pub(crate) fn header(response: &Response, name: HeaderName) -> Option<String> {
    let value = response.headers().get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// A client for one request, which connects to these addresses alone.
///
/// # Errors
/// If the certificates of this computer cannot be read.
pub(crate) fn pinned_client(url: &Url, sockets: Vec<SocketAddr>) -> Result<Client, growqr_http::BuildError> {
    // Not local, but also without a proxy: it would look up the name again, and could reach other addresses.
    let target = Target { is_local: true, is_plain: url.scheme() == "http" };
    let builder = growqr_http::builder(target)?
        .user_agent(USER_AGENT)
        .referer(false)
        .connect_timeout(CONNECT_LIMIT)
        .pool_max_idle_per_host(0)
        .dns_resolver(Checked(sockets));
    Ok(builder.build()?)
}

/// Why there is no address to connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LookUpError {
    /// Nobody knows the name.
    Unknown,
    /// It leads to an address that is not allowed.
    NotAllowed,
}

/// Where to connect for a name. One address among the answers that is not allowed is enough to refuse all of them.
///
/// # Errors
/// [`LookUpError`].
pub(crate) async fn sockets(
    network: &dyn Network,
    name: &str,
    is_allowed: impl Fn(IpAddr) -> bool,
) -> Result<Vec<SocketAddr>, LookUpError> {
    let found = network.resolve(name).await.map_err(|_| LookUpError::Unknown)?;
    if found.is_empty() {
        return Err(LookUpError::Unknown);
    }
    if !found.iter().all(|address| is_allowed(*address)) {
        return Err(LookUpError::NotAllowed);
    }
    Ok(found.into_iter().map(|address| network.socket(address)).collect())
}

/// Answers each look-up with the addresses that were checked, so that there is no second one.
struct Checked(Vec<SocketAddr>);

impl Resolve for Checked {
    fn resolve(&self, _name: Name) -> Resolving {
        let sockets = self.0.clone();
        Box::pin(async move { Ok(Box::new(sockets.into_iter()) as reqwest::dns::Addrs) })
    }
}
