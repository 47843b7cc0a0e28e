//! The address of a page: which are fetched, and where a redirect may lead.

use super::address::is_public;
use super::error::FetchError;
use std::net::IpAddr;
use url::{Host, Url};

/// The most bytes of an address. A long one can carry a lot of what the agent knows.
const MAX_BYTES: usize = 2_048;

/// Endings of names that never are on the internet.
const PRIVATE_ENDINGS: [&str; 6] = [".localhost", ".local", ".internal", ".home.arpa", ".lan", ".invalid"];

/// Where a redirect leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Hop {
    /// To the same host.
    Same(Url),
    /// To another host, about which rules decide as about each other one.
    Other(Url),
}

/// The address in this text, without its fragment.
///
/// # Errors
/// [`FetchError`] if it is not fetched.
pub(crate) fn parse(text: &str) -> Result<Url, FetchError> {
    let url = Url::parse(text.trim())
        .map_err(|_| FetchError::Address("url must be a whole address, such as https://example.com/page"))?;
    checked(url)
}

/// Where the address in a `Location` header leads.
///
/// # Errors
/// [`FetchError`] if it is not followed.
pub(crate) fn hop(from: &Url, location: &str) -> Result<Hop, FetchError> {
    let to = from.join(location).map_err(|_| FetchError::Redirect("it is not an address"))?;
    let to = checked(to).map_err(|error| match error {
        FetchError::Address(problem) => FetchError::Redirect(problem),
        other => other,
    })?;
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(FetchError::Redirect("it is not encrypted, and this page is"));
    }
    // Also `www.` is another host: a rule may name it.
    Ok(if from.host_str() == to.host_str() { Hop::Same(to) } else { Hop::Other(to) })
}

fn checked(mut url: Url) -> Result<Url, FetchError> {
    url.set_fragment(None);
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FetchError::Address("only http and https addresses are fetched"));
    }
    if url.as_str().len() > MAX_BYTES {
        return Err(FetchError::Address("the address is too long"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(FetchError::Address("an address with a name or password in it is not fetched"));
    }
    if !matches!(url.port(), None | Some(80 | 443)) {
        return Err(FetchError::Address("only the usual ports of the web, 80 and 443, are fetched from"));
    }
    let private = |host: &str| Err(FetchError::Private { host: host.to_owned() });
    match url.host() {
        Some(Host::Ipv4(address)) if !is_public(IpAddr::V4(address)) => private(&address.to_string()),
        Some(Host::Ipv6(address)) if !is_public(IpAddr::V6(address)) => private(&address.to_string()),
        Some(Host::Domain(name)) if is_private_name(name) => private(name),
        None => Err(FetchError::Address("the address has no host")),
        Some(_) => Ok(url),
    }
}

/// Whether a name cannot be one of the internet. A name without a dot is looked up in the network of this computer.
pub(crate) fn is_private_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    !name.contains('.') || PRIVATE_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_internet_has_an_address_that_is_fetched() {
        for (text, expected) in [
            (" https://Example.com/a?b=c#part ", "https://example.com/a?b=c"),
            ("http://example.com:80/", "http://example.com/"),
            ("https://example.com:443", "https://example.com/"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
            ("http://8.8.8.8/", "http://8.8.8.8/"),
            ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
        ] {
            assert_eq!(parse(text).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn every_spelling_of_a_private_address_is_refused() {
        for text in [
            "http://localhost/",
            "http://LOCALHOST./",
            "http://a.localhost/",
            "http://printer/",
            "http://nas.local/",
            "http://nas.local./",
            "http://metadata.google.internal/",
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://0/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://①②⑦.⓪.⓪.①/",
            "http://127。0。0。1/",
        ] {
            assert!(matches!(parse(text), Err(FetchError::Private { .. })), "{text}: {:?}", parse(text));
        }
    }

    #[test]
    fn what_is_not_a_plain_web_address_is_refused() {
        let long = format!("https://example.com/{}", "a".repeat(MAX_BYTES));
        for text in [
            "",
            "example.com",
            "/page",
            "ftp://example.com/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://me@example.com/",
            "https://me:secret@example.com/",
            "https://example.com:8443/",
            "http://example.com:22/",
            "https://",
            "gopher://example.com:80/",
            "view-source:https://example.com/",
            &long,
        ] {
            assert!(matches!(parse(text), Err(FetchError::Address(_))), "{text}: {:?}", parse(text));
        }
    }

    #[test]
    fn a_redirect_is_checked_like_an_address_and_stays_on_its_site() {
        let from = parse("https://example.com/a/b").unwrap();
        let to = |text: &str| parse(text).unwrap();
        assert_eq!(hop(&from, "../c?d").unwrap(), Hop::Same(to("https://example.com/c?d")));
        assert_eq!(hop(&from, "//www.example.com/x").unwrap(), Hop::Other(to("https://www.example.com/x")));
        assert_eq!(hop(&from, "https://other.example/x").unwrap(), Hop::Other(to("https://other.example/x")));
        assert_eq!(
            hop(&from, "https://www.example.com.evil.example/").unwrap(),
            Hop::Other(to("https://www.example.com.evil.example/"))
        );
        for location in
            ["http://example.com/", "ftp://example.com/", "https://me@example.com/", "https://example.com:1234/", "https://"]
        {
            assert!(matches!(hop(&from, location), Err(FetchError::Redirect(_))), "{location}: {:?}", hop(&from, location));
        }
        for location in ["https://127.0.0.1/", "//[::1]/", "https://localhost/", "//0x7f.1"] {
            assert!(matches!(hop(&from, location), Err(FetchError::Private { .. })), "{location}");
        }
        let plain = parse("http://example.com/").unwrap();
        assert_eq!(hop(&plain, "https://example.com/").unwrap(), Hop::Same(to("https://example.com/")));
    }
}
