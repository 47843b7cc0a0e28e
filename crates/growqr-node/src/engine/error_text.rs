//! Errors of the engine's library as text. It puts the engine's token into the addresses of its requests, and these into its errors.

/// Before the token in an address.
const PARAMETER: &str = "rvt-token=";

/// What stands in its place.
const HIDDEN: &str = "…";

/// The error and its causes, without the engine's token.
pub(super) fn error_text(error: &anyhow::Error) -> String {
    hide_token(&format!("{error:#}"))
}

fn hide_token(text: &str) -> String {
    let mut parts = text.split(PARAMETER);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // The address is percent-encoded: these end the token.
        let rest = part.find(['&', '#', ')', '"', '\'', ' ', '\n']).map_or("", |end| &part[end..]);
        shown.extend([PARAMETER, HIDDEN, rest]);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_token() {
        for (text, shown) in [
            ("no answer", "no answer"),
            (
                "error sending request for url (http://127.0.0.1:1/gateway/agent/ping?rvt-key=1&rvt-token=a%20b): refused",
                "error sending request for url (http://127.0.0.1:1/gateway/agent/ping?rvt-key=1&rvt-token=…): refused",
            ),
            ("?rvt-token=a&b=1, then ?rvt-token=a", "?rvt-token=…&b=1, then ?rvt-token=…"),
        ] {
            assert_eq!(hide_token(text), shown);
        }
    }
}
