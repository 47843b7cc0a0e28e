//! The proxies of the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, also in lower case.
//!
//! A proxy is used or refused with the name of its variable, never ignored: without it the program would ask the network
//! directly, which is what the person wants to avoid.

use crate::exceptions;
use reqwest::{ClientBuilder, NoProxy, Proxy, Url};
use std::fmt;

/// The kinds of proxies that can be used, by the scheme of their address.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// The proxies to use.
#[derive(Clone, Default)]
pub struct Proxies {
    https: Option<Chosen>,
    http: Option<Chosen>,
    exceptions: Option<String>,
}

/// A proxy and the variable that names it.
#[derive(Clone)]
struct Chosen {
    variable: &'static str,
    address: Url,
}

/// A variable that cannot be used. The text never contains its value: a password may stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {variable} cannot be used: {problem}")]
pub struct ProxyError {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong.
    pub problem: ProxyProblem,
}

/// What is wrong with a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyProblem {
    /// Another kind of proxy.
    #[error("the address of a proxy must begin with http://, https://, socks5://, socks5h:// or socks4://")]
    Kind,
    /// Not an address.
    #[error("this is not the address of a proxy, such as http://127.0.0.1:8080")]
    Address,
    /// A user name for a proxy that asks for none. Without it the proxy would refuse each connection, or let all pass.
    #[error("SOCKS 4 has no passwords; use socks5h://")]
    Login,
    /// An exception that would match nothing.
    #[error("each entry must be a domain, an address, or a network such as 10.0.0.0/8, without a port")]
    Exception,
}

impl Proxies {
    /// Reads the variables. `value` returns the value of one. The name in capitals goes first; an empty value counts as unset.
    ///
    /// # Errors
    /// [`ProxyError`] for a proxy that would be used and cannot, and for exceptions to it that would match nothing.
    pub fn read(value: impl Fn(&str) -> Option<String>) -> Result<Proxies, ProxyError> {
        let set =
            |name: &'static str| Some((name, value(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())?));
        let first =
            |names: [&'static str; 4]| names.into_iter().find_map(set).map(|(name, text)| chosen(name, &text)).transpose();
        let https = first(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])?;
        let http = first(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])?;
        let named = (https.is_some() || http.is_some()).then(|| set("NO_PROXY").or_else(|| set("no_proxy"))).flatten();
        let refused = |variable| ProxyError { variable, problem: ProxyProblem::Exception };
        let exceptions = named.map(|(name, text)| exceptions::read(&text).ok_or(refused(name))).transpose()?;
        Ok(Proxies { https, http, exceptions })
    }

    /// Reads the variables of this process.
    ///
    /// # Errors
    /// As [`Proxies::read`].
    pub fn from_environment() -> Result<Proxies, ProxyError> {
        Proxies::read(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// The variables that are in use.
    #[must_use]
    pub fn variables(&self) -> Vec<&'static str> {
        let mut names: Vec<&str> = self.https.iter().chain(&self.http).map(|chosen| chosen.variable).collect();
        names.dedup();
        names
    }

    /// What an error says about the proxy between this computer and a server: ` through the proxy in ALL_PROXY`, or nothing if the
    /// server is asked directly.
    #[must_use]
    pub fn in_words(server: &Url) -> String {
        let proxies = Proxies::from_environment().unwrap_or_default();
        proxies.variable_for(server).map_or_else(String::new, |variable| format!(" through the proxy in {variable}"))
    }

    /// The variable with the proxy through which this server is asked.
    fn variable_for(&self, server: &Url) -> Option<&'static str> {
        let chosen = if server.scheme() == "https" { &self.https } else { &self.http };
        let is_excepted = |exceptions: &String| server.host_str().is_some_and(|host| exceptions::contain(exceptions, host));
        chosen.as_ref().filter(|_| !self.exceptions.as_ref().is_some_and(is_excepted)).map(|chosen| chosen.variable)
    }

    /// Makes a client use these proxies and no others.
    pub(crate) fn apply(&self, builder: ClientBuilder) -> Result<ClientBuilder, reqwest::Error> {
        let mut builder = builder.no_proxy();
        let exceptions = || self.exceptions.as_deref().and_then(NoProxy::from_string);
        if let Some(chosen) = &self.https {
            builder = builder.proxy(Proxy::https(chosen.address.clone())?.no_proxy(exceptions()));
        }
        if let Some(chosen) = &self.http {
            builder = builder.proxy(Proxy::http(chosen.address.clone())?.no_proxy(exceptions()));
        }
        Ok(builder)
    }
}

/// Without the addresses: a password may stand in them.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxies({})", self.variables().join(", "))
    }
}

fn chosen(variable: &'static str, text: &str) -> Result<Chosen, ProxyError> {
    let refused = |problem| ProxyError { variable, problem };
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    // GNOME writes `socks://`. The name is left to the proxy to resolve: nothing of the request leaves past it.
    let text = text.strip_prefix("socks://").map_or(text.clone(), |rest| format!("socks5h://{rest}"));
    let address = Url::parse(&text).map_err(|_| refused(ProxyProblem::Address))?;
    if !SCHEMES.contains(&address.scheme()) {
        return Err(refused(ProxyProblem::Kind));
    }
    if !address.host_str().is_some_and(is_host) {
        return Err(refused(ProxyProblem::Address));
    }
    let has_login = !address.username().is_empty() || address.password().is_some();
    if has_login && address.scheme().starts_with("socks4") {
        return Err(refused(ProxyProblem::Login));
    }
    Ok(Chosen { variable, address })
}

/// Other names are legal in some addresses, but the client would ignore a proxy with such a name.
fn is_host(host: &str) -> bool {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    !host.is_empty() && host.chars().all(is_legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Proxies, ProxyError> {
        Proxies::read(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    fn addresses(set: &[(&str, &str)]) -> [Option<String>; 2] {
        let proxies = read(set).unwrap();
        [proxies.https, proxies.http].map(|chosen| chosen.map(|chosen| chosen.address.to_string()))
    }

    #[test]
    fn every_spelling_of_the_variables_is_read() {
        let at = |text: &str| Some(text.to_owned());
        assert_eq!(addresses(&[]), [None, None]);
        assert_eq!(addresses(&[("ALL_PROXY", "socks5h://h:1")]), [at("socks5h://h:1"), at("socks5h://h:1")]);
        assert_eq!(addresses(&[("all_proxy", "socks://h:1/")]), [at("socks5h://h:1/"), at("socks5h://h:1/")]);
        assert_eq!(addresses(&[("HTTPS_PROXY", "h:8080")]), [at("http://h:8080/"), None]);
        assert_eq!(addresses(&[("https_proxy", " https://h "), ("HTTP_PROXY", "")]), [at("https://h/"), None]);
        assert_eq!(addresses(&[("HTTPS_PROXY", "http://a"), ("ALL_PROXY", "socks5://b")]), [at("http://a/"), at("socks5://b")]);
        assert_eq!(addresses(&[("HTTPS_PROXY", "http://a"), ("https_proxy", "http://b")]), [at("http://a/"), None]);
    }

    #[test]
    fn a_proxy_is_named_for_the_servers_that_are_asked_through_it() {
        let named = |set: &[(&str, &str)], server: &str| read(set).unwrap().variable_for(&Url::parse(server).unwrap());
        let (https, http) = ("https://api.example.com/v1", "http://nas.example.com");
        for (variable, for_https, for_http) in [
            ("HTTPS_PROXY", Some("HTTPS_PROXY"), None),
            ("http_proxy", None, Some("http_proxy")),
            ("ALL_PROXY", Some("ALL_PROXY"), Some("ALL_PROXY")),
        ] {
            let set = [(variable, "http://h:1")];
            assert_eq!((named(&set, https), named(&set, http)), (for_https, for_http), "{variable}");
        }
        let excepted = [("ALL_PROXY", "http://h:1"), ("NO_PROXY", "*.Example.com, 10.0.0.0/8")];
        assert_eq!((named(&excepted, https), named(&excepted, "https://10.1.2.3/v1")), (None, None));
        assert_eq!(named(&excepted, "https://example.org"), Some("ALL_PROXY"));
        assert_eq!(named(&[], https), None);
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_with_the_name_of_its_variable() {
        for (variable, value, problem) in [
            ("ALL_PROXY", "ftp://u:canary@h:1", ProxyProblem::Kind),
            ("all_proxy", "socks6://h:1", ProxyProblem::Kind),
            ("HTTPS_PROXY", "http://u:canary@", ProxyProblem::Address),
            ("http_proxy", "canary:not-a-port", ProxyProblem::Address),
            ("all_proxy", "socks5h://canary@b\u{fc}ro:1", ProxyProblem::Address),
            ("ALL_PROXY", "socks4://me:canary@h:1", ProxyProblem::Login),
            ("all_proxy", "socks4a://canary@h:1", ProxyProblem::Login),
        ] {
            let error = read(&[(variable, value)]).unwrap_err();
            assert_eq!((error.variable, error.problem), (variable, problem), "{value}");
            assert!(error.to_string().contains(variable) && !format!("{error} {error:?}").contains("canary"), "{error}");
        }
        assert!(read(&[("FTP_PROXY", "ftp://h")]).is_ok(), "no request of this program would use it");
    }

    #[test]
    fn exceptions_that_would_match_nothing_are_refused_if_there_is_a_proxy() {
        for variable in ["NO_PROXY", "no_proxy"] {
            let exceptions = (variable, "localhost, canary:http");
            let error = read(&[("HTTPS_PROXY", "http://h"), exceptions]).unwrap_err();
            assert_eq!((error.variable, error.problem), (variable, ProxyProblem::Exception));
            assert!(error.to_string().contains(variable) && !error.to_string().contains("canary"), "{error}");
            assert!(read(&[exceptions]).is_ok());
        }
    }

    #[test]
    fn the_address_of_a_proxy_is_not_in_debug_output() {
        let proxies = read(&[("ALL_PROXY", "http://u:canary@h:1")]).unwrap();
        assert_eq!(format!("{proxies:?}"), "Proxies(ALL_PROXY)");
    }
}
