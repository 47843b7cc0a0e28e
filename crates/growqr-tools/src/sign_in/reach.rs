//! Which addresses a server may name for its sign-in. Its documents are hostile input: with them it could send requests of this
//! computer to services that only this computer reaches.

use super::error::SignInError;
use crate::web::address::is_public;
use crate::web::network::Network;
use crate::web::page_url::is_private_name;
use growqr_http::Cause;
use std::net::{IpAddr, Ipv4Addr};
use url::{Host, Url};

/// The longest address.
const MAX_BYTES: usize = 2_048;

/// How far away the server itself is: it may name no address that is nearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// On this computer, where it may also name other ports of this computer, without TLS.
    Loopback,
    /// In a private network.
    PrivateNetwork,
    /// On the internet.
    Internet,
}

impl Reach {
    /// Where a server is that the person has added.
    ///
    /// # Errors
    /// [`SignInError::Unreachable`] if nobody knows its name now: without its network, it could be taken for a server elsewhere.
    pub(crate) async fn of(network: &dyn Network, server: &Url) -> Result<Reach, SignInError> {
        let addresses = match server.host() {
            Some(Host::Ipv4(address)) => vec![IpAddr::V4(address)],
            Some(Host::Ipv6(address)) => vec![IpAddr::V6(address)],
            Some(Host::Domain(name)) => network.resolve(name).await.unwrap_or_default(),
            None => Vec::new(),
        };
        if addresses.is_empty() {
            return Err(SignInError::Unreachable { host: host_of(server), cause: Cause::UnknownHost });
        }
        let all = |is: fn(IpAddr) -> bool| addresses.iter().all(|address| is(*address));
        Ok(if all(is_loopback) {
            Reach::Loopback
        } else if all(|address| !is_public(address)) {
            Reach::PrivateNetwork
        } else {
            Reach::Internet
        })
    }

    /// Whether a connection may go to an address.
    pub(crate) fn allows(self, address: IpAddr) -> bool {
        match self {
            Reach::Internet => is_public(address),
            Reach::Loopback => is_public(address) || is_loopback(address),
            Reach::PrivateNetwork => is_public(address) || is_private(address),
        }
    }

    /// An address that a document names, or the browser is sent to.
    ///
    /// # Errors
    /// [`SignInError::Address`] or [`SignInError::Private`].
    pub(crate) fn check(self, what: &'static str, text: &str) -> Result<Url, SignInError> {
        let refused = |problem| Err(SignInError::Address { what, problem });
        if text.len() > MAX_BYTES {
            return refused("it is too long");
        }
        let Ok(url) = Url::parse(text) else { return refused("it is no address") };
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return refused("it has a name, a password or a fragment in it");
        }
        let (is_allowed, is_loopback) = match url.host() {
            Some(Host::Ipv4(address)) => (self.allows(IpAddr::V4(address)), is_loopback(IpAddr::V4(address))),
            Some(Host::Ipv6(address)) => (self.allows(IpAddr::V6(address)), is_loopback(IpAddr::V6(address))),
            // Where the name leads is checked when it is connected to.
            Some(Host::Domain(name)) => (self != Reach::Internet || !is_private_name(name), name == "localhost"),
            None => return refused("it has no host"),
        };
        match url.scheme() {
            "https" => {}
            "http" if self == Reach::Loopback && is_loopback => {}
            "http" => return refused("it is not encrypted"),
            _ => return refused("it is no web address"),
        }
        if !is_allowed {
            return Err(SignInError::Private { host: host_of(&url) });
        }
        Ok(url)
    }
}

/// The host of an address, for messages.
pub(crate) fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Whether an address is one of a private network: no other special one, such as that of the metadata of a machine.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_private() || is_shared(address),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}

/// Whether an address is one of 100.64.0.0/10, which private networks over the internet use; not that of the metadata of a machine there.
fn is_shared(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    first == 100 && (64..128).contains(&second) && address != Ipv4Addr::new(100, 100, 100, 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_the_internet_names_only_encrypted_addresses_of_the_internet() {
        assert!(Reach::Internet.check("page", "https://auth.example.com/authorize?a=b").is_ok());
        for text in [
            "http://auth.example.com/",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "ms-msdt:/id",
            "data:text/html,x",
            "https://me@auth.example.com/",
            "https://auth.example.com/#part",
            "https://",
            "not an address",
        ] {
            assert!(matches!(Reach::Internet.check("page", text), Err(SignInError::Address { .. })), "{text}");
        }
        for text in
            ["https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/", "https://169.254.169.254/", "https://localhost/"]
        {
            assert!(matches!(Reach::Internet.check("page", text), Err(SignInError::Private { .. })), "{text}");
        }
    }

    #[test]
    fn a_server_of_a_private_network_names_no_address_of_this_computer() {
        for text in ["https://10.1.2.3/", "https://100.64.0.1/", "https://100.127.0.1/"] {
            assert!(Reach::PrivateNetwork.check("page", text).is_ok(), "{text}");
        }
        for text in [
            "https://100.100.100.200/",
            "https://127.0.0.1/",
            "https://[::ffff:127.0.0.1]/",
            "https://169.254.169.254/",
            "https://0.0.0.0/",
        ] {
            assert!(Reach::PrivateNetwork.check("page", text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_server_of_this_computer_may_name_its_other_ports() {
        for text in ["http://127.0.0.1:9/a", "http://localhost:9/", "https://auth.example.com/"] {
            assert!(Reach::Loopback.check("page", text).is_ok(), "{text}");
        }
        for text in ["http://auth.example.com/", "https://192.168.0.1/", "http://10.0.0.1/"] {
            assert!(Reach::Loopback.check("page", text).is_err(), "{text}");
        }
    }
}
