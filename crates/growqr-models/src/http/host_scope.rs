//! Classifies the host of a URL: this machine, a private network, or public. Host names are not resolved, because what a
//! name resolves to can change; a name other than `localhost` counts as public.

use reqwest::Url;
use std::net::{IpAddr, Ipv6Addr};

/// How far a host is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostScope {
    /// This machine.
    Loopback,
    /// A private or link-local address.
    Private,
    /// Anything else.
    Public,
}

/// The scope of a URL's host.
pub(crate) fn host_scope(url: &Url) -> HostScope {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(ip) => of(ip),
        Err(_) if host == "localhost" || host.ends_with(".localhost") => HostScope::Loopback,
        Err(_) => HostScope::Public,
    }
}

fn of(ip: IpAddr) -> HostScope {
    let ip = ip.to_canonical();
    match ip {
        ip if ip.is_loopback() => HostScope::Loopback,
        IpAddr::V4(ip) if ip.is_private() || ip.is_link_local() => HostScope::Private,
        IpAddr::V6(ip) if is_private(ip) => HostScope::Private,
        _ => HostScope::Public,
    }
}

fn is_private(ip: Ipv6Addr) -> bool {
    ip.is_unique_local() || ip.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_scopes_are_recognised_and_names_are_not_trusted() {
        let table = [
            ("http://127.0.0.1:1", HostScope::Loopback),
            ("http://127.9.9.9", HostScope::Loopback),
            ("http://[::1]:1", HostScope::Loopback),
            ("http://[::ffff:127.0.0.1]", HostScope::Loopback),
            ("http://localhost", HostScope::Loopback),
            ("http://LOCALHOST", HostScope::Loopback),
            ("http://10.1.2.3", HostScope::Private),
            ("http://172.31.0.1", HostScope::Private),
            ("http://192.168.1.7:11434", HostScope::Private),
            ("http://169.254.3.3", HostScope::Private),
            ("http://[fd00::7]", HostScope::Private),
            ("http://[fe80::1]", HostScope::Private),
            ("http://172.32.0.1", HostScope::Public),
            ("http://100.64.0.1", HostScope::Public),
            ("http://8.8.8.8", HostScope::Public),
            ("http://0.0.0.0", HostScope::Public),
            ("http://[2606:4700::1]", HostScope::Public),
            ("http://nas.local", HostScope::Public),
            ("http://localhost.example.com", HostScope::Public),
            ("http://127.0.0.1.example.com", HostScope::Public),
        ];
        for (url, expected) in table {
            assert_eq!(host_scope(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
