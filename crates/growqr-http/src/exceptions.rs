//! `NO_PROXY`: what is reached without the proxy. The HTTP client compares the entries; this brings them to the spellings that it
//! knows. An entry that it does not know would match nothing, and the person would not see why.

use reqwest::Url;
use std::net::IpAddr;

/// The entries as the HTTP client reads them. `None` if one of them would match nothing.
pub(crate) fn read(text: &str) -> Option<String> {
    let entries = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
    let known: Option<Vec<String>> = entries.map(entry).collect();
    Some(known?.join(","))
}

/// Whether these entries, as [`read`] returns them, contain a host: the HTTP client compares in the same way.
pub(crate) fn contain(entries: &str, host: &str) -> bool {
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let is_host = |entry: &str| match host.parse::<IpAddr>() {
        Ok(address) => entry.parse() == Ok(address) || is_in_network(address, entry),
        Err(_) => entry == "*" || is_in_domain(host, entry),
    };
    entries.split(',').any(is_host)
}

fn is_in_domain(host: &str, entry: &str) -> bool {
    let domain = entry.strip_prefix('.').unwrap_or(entry).to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    let subdomain = host.strip_suffix(&domain);
    !domain.is_empty() && subdomain.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn is_in_network(address: IpAddr, entry: &str) -> bool {
    let Some((network, bits)) = entry.split_once('/') else { return false };
    let Ok(bits) = bits.parse::<u32>() else { return false };
    match (address, network.parse()) {
        (IpAddr::V4(address), Ok(IpAddr::V4(network))) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits)).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(address), Ok(IpAddr::V6(network))) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits)).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

/// All names and all addresses: the HTTP client compares `*` with names alone.
const EVERYTHING: &str = "*,0.0.0.0/0,::/0";

/// One entry. A domain means its subdomains too, with or without a dot or `*.` in front of it. Other programs also know entries
/// with a port or a scheme: the client knows whole hosts only.
fn entry(entry: &str) -> Option<String> {
    if entry == "*" {
        return Some(EVERYTHING.to_owned());
    }
    if is_network(entry) {
        return Some(entry.to_owned());
    }
    let entry = ["http://", "https://"].iter().find_map(|scheme| entry.strip_prefix(scheme)).unwrap_or(entry);
    let entry = entry.strip_suffix('/').unwrap_or(entry);
    let entry = match entry.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() && (!host.contains(':') || host.ends_with(']')) => host,
        _ => entry,
    };
    if let Some(network) = beginning(entry) {
        return Some(network);
    }
    let address = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    if let Ok(address) = address.parse::<IpAddr>() {
        return Some(address.to_string());
    }
    let domain = entry.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(entry);
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let is_domain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    // A name of digits alone is an address that is not complete.
    let is_name = domain.chars().any(char::is_alphabetic) && domain.chars().all(is_domain);
    is_name.then_some(domain).and_then(as_in_addresses)
}

/// The domain as it stands in an address: a name such as `bücher.example` is compared in ASCII letters.
fn as_in_addresses(domain: &str) -> Option<String> {
    if domain.is_ascii() {
        return Some(domain.to_owned());
    }
    let (dot, name) = domain.strip_prefix('.').map_or(("", domain), |name| (".", name));
    let url = Url::parse(&format!("http://{name}")).ok()?;
    url.host_str().map(|name| format!("{dot}{name}"))
}

/// The network whose addresses begin as in `192.168.*`.
fn beginning(entry: &str) -> Option<String> {
    let parts: Option<Vec<u8>> = entry.strip_suffix(".*")?.split('.').map(|part| part.parse().ok()).collect();
    let mut parts = parts.filter(|parts| parts.len() < 4)?;
    let bits = 8 * parts.len();
    parts.resize(4, 0);
    let address = parts.iter().map(u8::to_string).collect::<Vec<_>>().join(".");
    Some(format!("{address}/{bits}"))
}

fn is_network(entry: &str) -> bool {
    entry.split_once('/').is_some_and(|(address, bits)| match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => bits.parse::<u8>().is_ok_and(|bits| bits <= 32),
        Ok(IpAddr::V6(_)) => bits.parse::<u8>().is_ok_and(|bits| bits <= 128),
        Err(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spellings_of_exceptions_are_read() {
        for (text, known) in [
            ("localhost,127.0.0.1", "localhost,127.0.0.1"),
            (" localhost  127.0.0.1,,", "localhost,127.0.0.1"),
            ("*", EVERYTHING),
            ("*.example.com, .example.org", ".example.com,.example.org"),
            ("example.com.", "example.com"),
            ("[::1],::1", "::1,::1"),
            ("10.0.0.0/8 fd00::/8", "10.0.0.0/8,fd00::/8"),
            ("registry:5000,[::1]:80,127.0.0.1:8080", "registry,::1,127.0.0.1"),
            ("192.168.*, 10.*", "192.168.0.0/16,10.0.0.0/8"),
            ("http://localhost/", "localhost"),
            ("Bücher.example, *.bücher.example", "xn--bcher-kva.example,.xn--bcher-kva.example"),
            ("", ""),
        ] {
            assert_eq!(read(text).as_deref(), Some(known), "{text:?}");
        }
    }

    #[test]
    fn a_host_is_found_in_the_entries_that_mean_it() {
        for (text, host, is_meant) in [
            ("example.com", "example.com", true),
            (".Example.com", "api.example.com", true),
            ("*.example.com", "example.com", true),
            ("example.com", "notexample.com", false),
            ("*", "anything.example", true),
            ("*", "[::1]", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("10.0.0.0/8, 192.168.*", "192.168.7.7", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("fd00::/8", "[fd12::1]", true),
            ("fd00::/8", "10.0.0.1", false),
            ("10.1.2.3/32", "10.1.2.4", false),
            ("registry:5000", "registry", true),
            ("", "example.com", false),
        ] {
            assert_eq!(contain(&read(text).unwrap(), host), is_meant, "{text:?} {host}");
        }
    }

    #[test]
    fn entries_that_would_match_nothing_are_found() {
        for text in ["localhost:http", "192.*.1", "1.2.3.4.*", "10.0.0.0/33", "10.1", "a.*.b", "*x.com"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
