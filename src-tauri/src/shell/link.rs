//! Checks the addresses that the page asks to open. They come from models, memory pages and the web, so they are untrusted.

use growqr_wire as wire;
use tauri::Url;

/// The allowed parameters of a `mailto:` address. Others, such as `attach`, could attach a file of the user.
const MAIL_PARAMETERS: [&str; 2] = ["subject", "body"];

/// The maximum length. Nobody can check a longer address by eye.
const MAX_BYTES: usize = 2_048;

/// The maximum length of a page for signing in: its scopes and the names of the program may be long, and the host has checked it.
const MAX_SIGN_IN_BYTES: usize = 16_384;

/// Parses an address and checks that it is safe to open: `http`, `https` or `mailto`, without a user name and password.
///
/// # Errors
/// [`wire::ErrorCode::BadRequest`] with the reason.
pub fn parse_safe(text: &str) -> Result<Url, wire::Error> {
    parse(text, MAX_BYTES)
}

/// The same for a page for signing in, which may be longer.
///
/// # Errors
/// As [`parse_safe`].
pub fn parse_sign_in_page(text: &str) -> Result<Url, wire::Error> {
    parse(text, MAX_SIGN_IN_BYTES)
}

fn parse(text: &str, max_bytes: usize) -> Result<Url, wire::Error> {
    if text.len() > max_bytes {
        return Err(bad_request("is too long"));
    }
    let address = Url::parse(text).map_err(|_| bad_request("is no web address"))?;
    match address.scheme() {
        "http" | "https" => web(address),
        "mailto" => mail(address),
        _ => Err(bad_request("is neither a web page nor a mail address")),
    }
}

/// Rejects a user name: `https://bank.example@evil.example` opens `evil.example`.
fn web(address: Url) -> Result<Url, wire::Error> {
    if !address.username().is_empty() || address.password().is_some() {
        return Err(bad_request("has a name or password in it"));
    }
    Ok(address)
}

fn mail(address: Url) -> Result<Url, wire::Error> {
    if address.query_pairs().any(|(name, _)| !MAIL_PARAMETERS.contains(&name.to_ascii_lowercase().as_str())) {
        return Err(bad_request("sets more than the subject and the text of a mail"));
    }
    Ok(address)
}

fn bad_request(why: &str) -> wire::Error {
    wire::Error::new(wire::ErrorCode::BadRequest, format!("this link was not opened: it {why}"))
        .next("Copy the address and open it yourself, if you trust it.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_and_mail_addresses_are_accepted_and_normalized() {
        let table = [
            ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
            ("HTTP://EXAMPLE.org", "http://example.org/"),
            ("https://b\u{fc}cher.example/", "https://xn--bcher-kva.example/"),
            (" https://example.org/\n", "https://example.org/"),
            ("mailto:you@example.org?subject=Hello&Body=There", "mailto:you@example.org?subject=Hello&Body=There"),
        ];
        for (given, opened) in table {
            assert_eq!(parse_safe(given).map(String::from), Ok(opened.to_owned()), "{given:?}");
        }
    }

    #[test]
    fn other_addresses_are_rejected() {
        let long = format!("https://example.org/{}", "a".repeat(MAX_BYTES));
        let table = [
            "",
            "notes.md",
            "//example.org",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "smb://server/share",
            "ms-msdt:/id",
            "growqr://login?code=1",
            "https://",
            "https://bank.example@evil.example/",
            "https://:secret@evil.example/",
            "mailto:you@example.org?attach=/etc/passwd",
            "mailto:you@example.org?subject=x&ATTACHMENT=key.pem",
            &long,
        ];
        for given in table {
            let refusal = parse_safe(given).expect_err(given);
            assert_eq!(refusal.code, wire::ErrorCode::BadRequest, "{given:?}");
        }
        assert!(parse_sign_in_page(&long).is_ok());
        assert!(parse_sign_in_page(&long.repeat(8)).is_err() && parse_sign_in_page("file:///etc/passwd").is_err());
    }
}
