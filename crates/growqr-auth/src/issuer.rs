//! Rules for the URLs of an issuer and its endpoints.

use reqwest::Url;

/// Whether http is allowed on a loopback address, for the stub server. Decided at compile time.
const LOOPBACK: bool = cfg!(feature = "loopback-issuer");

/// Whether this is a valid issuer: an origin, with nothing after the host and no slash at the end.
pub(crate) fn is_valid(issuer: &str) -> bool {
    is_origin(issuer, LOOPBACK)
}

/// Whether this is an allowed URL for an endpoint.
pub(crate) fn allows(address: &str) -> bool {
    is_safe(address, LOOPBACK)
}

fn is_origin(issuer: &str, loopback: bool) -> bool {
    // The issuer is compared byte for byte, so text that the URL parser would change (upper case, a default port, an added
    // slash) is refused.
    Url::parse(issuer).is_ok_and(|url| url.origin().ascii_serialization() == issuer) && is_safe(issuer, loopback)
}

fn is_safe(address: &str, loopback: bool) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return false;
    }
    match url.scheme() {
        "https" => url.host_str().is_some_and(|host| !host.is_empty()),
        "http" => loopback && url.host_str() == Some("127.0.0.1"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_build_accepts_only_https() {
        assert!(is_safe("https://clerk.example.com/oauth/token", false));
        for address in ["http://127.0.0.1:1/x", "http://clerk.example.com/x", "ftp://a.b", "file:///x", "https://u:p@a.b/", "x"] {
            assert!(!is_safe(address, false), "{address}");
        }
        assert!(!is_origin("http://127.0.0.1:1", false));
    }

    #[test]
    fn a_test_build_also_accepts_one_loopback_address() {
        assert!(is_safe("http://127.0.0.1:1/x", true));
        for address in ["http://localhost:1/x", "http://127.0.0.2/x", "http://clerk.example.com/x", "http://127.0.0.1.evil.test/"]
        {
            assert!(!is_safe(address, true), "{address}");
        }
    }
}
