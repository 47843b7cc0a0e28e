//! The address of an OpenAI-compatible service, and the rules for plain HTTP and keys.
//!
//! Plain HTTP is allowed only to this machine and to private addresses. A key is sent over plain HTTP only within this
//! machine.

use crate::http::{HostScope, host_scope};
use reqwest::Url;
use std::fmt;

/// A validated address, usually `…/v1`.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    url: Url,
    scope: HostScope,
}

/// Why a text is not accepted as an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not an `http://…` or `https://…` URL with a host.
    #[error("write the address of a server, such as http://127.0.0.1:11434/v1")]
    NotAnAddress,
    /// Plain HTTP to a public address.
    #[error("http:// is for this computer (localhost) and for private addresses such as 192.168.1.7; write https:// for others")]
    NotEncrypted,
    /// A name or password in the address, which would be stored in plain text.
    #[error("leave out the name and password: a key is given with `growqr keys set openai` or OPENAI_API_KEY")]
    Credentials,
    /// A query or a fragment.
    #[error("leave out what stands after ? or #")]
    Extra,
}

impl BaseUrl {
    /// Parses an address as the user wrote it. An address without a path gets `/v1`.
    ///
    /// # Errors
    /// [`BaseUrlError`], with a message for the user.
    pub fn parse(text: &str) -> Result<BaseUrl, BaseUrlError> {
        let mut url = Url::parse(text.trim()).map_err(|_| BaseUrlError::NotAnAddress)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(BaseUrlError::NotAnAddress);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::Extra);
        }
        let scope = host_scope(&url);
        if url.scheme() == "http" && scope == HostScope::Public {
            return Err(BaseUrlError::NotEncrypted);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(if path.is_empty() { "/v1" } else { &path });
        Ok(BaseUrl { url, scope })
    }

    /// The address of a server on a port of this machine.
    #[must_use]
    pub fn of_port(port: u16) -> BaseUrl {
        BaseUrl::parse(&format!("http://127.0.0.1:{port}/v1")).expect("a loopback address with a port is an address")
    }

    /// The address as text, without a slash at the end.
    #[must_use]
    pub fn text(&self) -> &str {
        self.url.as_str()
    }

    /// Whether the service is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.scope == HostScope::Loopback
    }

    /// Whether both addresses are the same service. All names of this machine count as equal.
    #[must_use]
    pub fn is_same(&self, other: &BaseUrl) -> bool {
        let port = |base: &BaseUrl| base.url.port_or_known_default();
        let alike = self.url.host() == other.url.host() || (self.is_loopback() && other.is_loopback());
        alike && port(self) == port(other) && self.url.path() == other.url.path()
    }

    /// Whether the service is on this machine or a private network.
    pub(super) fn is_local_network(&self) -> bool {
        self.scope != HostScope::Public
    }

    /// See [`growqr_http::Proxies::in_words`].
    pub(super) fn proxy_in_words(&self) -> String {
        if self.is_local_network() { String::new() } else { growqr_http::Proxies::in_words(&self.url) }
    }

    pub(super) fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// Whether a key may be sent to this address.
    pub(super) fn may_have_key(&self) -> bool {
        !self.is_plain() || self.is_loopback()
    }

    /// Whether it is OpenAI's own service, which has another name for the field of the output limit.
    pub(super) fn is_openai(&self) -> bool {
        self.url.host_str().is_some_and(|host| host == "api.openai.com")
    }

    /// A path below the address, such as `chat/completions` or `models`.
    pub(super) fn join(&self, path: &str) -> Url {
        self.with_path(&format!("{}/{path}", self.url.path()))
    }

    /// A path on the same server outside `/v1`, where servers have APIs of their own.
    pub(super) fn outside_v1(&self, path: &str) -> Url {
        let root = self.url.path().strip_suffix("/v1").unwrap_or(self.url.path());
        self.with_path(&format!("{root}/{path}"))
    }

    fn with_path(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(path);
        url
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_allowed_only_on_local_networks() {
        for near in ["http://localhost:1234/v1", "http://127.0.0.1:8080", "http://[::1]:8000/v1", "http://192.168.1.7:11434"] {
            assert!(BaseUrl::parse(near).unwrap().is_local_network(), "{near}");
        }
        for far in ["http://api.example.com/v1", "http://8.8.8.8/v1", "http://nas.local:11434/v1"] {
            assert_eq!(BaseUrl::parse(far), Err(BaseUrlError::NotEncrypted), "{far}");
        }
        assert!(!BaseUrl::parse("https://api.example.com/v1").unwrap().is_local_network());
    }

    #[test]
    fn a_key_leaves_this_machine_only_over_tls() {
        for (url, may) in [
            ("http://127.0.0.1:1/v1", true),
            ("http://192.168.1.7/v1", false),
            ("https://192.168.1.7/v1", true),
            ("https://api.example.com/v1", true),
        ] {
            assert_eq!(BaseUrl::parse(url).unwrap().may_have_key(), may, "{url}");
        }
    }

    #[test]
    fn invalid_addresses_are_refused_and_valid_ones_normalised() {
        for (text, problem) in [
            ("", BaseUrlError::NotAnAddress),
            ("localhost:11434", BaseUrlError::NotAnAddress),
            ("ftp://127.0.0.1", BaseUrlError::NotAnAddress),
            ("file:///etc", BaseUrlError::NotAnAddress),
            ("https://me:secret@example.com/v1", BaseUrlError::Credentials),
            ("https://example.com/v1?key=secret", BaseUrlError::Extra),
        ] {
            assert_eq!(BaseUrl::parse(text), Err(problem), "{text}");
        }
        for text in ["http://127.0.0.1:11434", "http://127.0.0.1:11434/", " http://127.0.0.1:11434/v1/ "] {
            assert_eq!(BaseUrl::parse(text).unwrap().text(), "http://127.0.0.1:11434/v1");
        }
        let proxied = BaseUrl::parse("https://example.com/ai/v1").unwrap();
        assert_eq!(proxied.join("models").as_str(), "https://example.com/ai/v1/models");
        assert_eq!(proxied.outside_v1("api/version").as_str(), "https://example.com/ai/api/version");
        let local = BaseUrl::parse("http://localhost:11434").unwrap();
        assert!(local.is_same(&BaseUrl::of_port(11434)) && !local.is_same(&BaseUrl::of_port(1234)));
    }
}
