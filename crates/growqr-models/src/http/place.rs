//! How far away an address is: on this machine, on this network, or anywhere. Names are not looked up: who answers for
//! a name can change, so a name other than `localhost` counts as anywhere.

use reqwest::Url;
use std::net::{IpAddr, Ipv6Addr};

/// Where an address points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// This machine itself.
    Loopback,
    /// A private or link-local address: the network at home or at work.
    Private,
    /// Anything else.
    Anywhere,
}

/// Where a URL points.
pub(crate) fn place(url: &Url) -> Place {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(ip) => of(ip),
        Err(_) if host == "localhost" || host.ends_with(".localhost") => Place::Loopback,
        Err(_) => Place::Anywhere,
    }
}

fn of(ip: IpAddr) -> Place {
    let ip = ip.to_canonical();
    match ip {
        ip if ip.is_loopback() => Place::Loopback,
        IpAddr::V4(ip) if ip.is_private() || ip.is_link_local() => Place::Private,
        IpAddr::V6(ip) if is_private(ip) => Place::Private,
        _ => Place::Anywhere,
    }
}

fn is_private(ip: Ipv6Addr) -> bool {
    ip.is_unique_local() || ip.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart_and_names_are_not_trusted() {
        let table = [
            ("http://127.0.0.1:1", Place::Loopback),
            ("http://127.9.9.9", Place::Loopback),
            ("http://[::1]:1", Place::Loopback),
            ("http://[::ffff:127.0.0.1]", Place::Loopback),
            ("http://localhost", Place::Loopback),
            ("http://LOCALHOST", Place::Loopback),
            ("http://10.1.2.3", Place::Private),
            ("http://172.31.0.1", Place::Private),
            ("http://192.168.1.7:11434", Place::Private),
            ("http://169.254.3.3", Place::Private),
            ("http://[fd00::7]", Place::Private),
            ("http://[fe80::1]", Place::Private),
            ("http://172.32.0.1", Place::Anywhere),
            ("http://100.64.0.1", Place::Anywhere),
            ("http://8.8.8.8", Place::Anywhere),
            ("http://0.0.0.0", Place::Anywhere),
            ("http://[2606:4700::1]", Place::Anywhere),
            ("http://nas.local", Place::Anywhere),
            ("http://localhost.example.com", Place::Anywhere),
            ("http://127.0.0.1.example.com", Place::Anywhere),
        ];
        for (url, expected) in table {
            assert_eq!(place(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
