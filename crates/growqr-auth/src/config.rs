//! The configuration: the Clerk instance and its OAuth application.

use crate::http::HttpTimeouts;
use crate::issuer;
use crate::link::Schemes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_PAD_INDIFFERENT;

/// The settings of sign-in. None of them is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    issuer: String,
    client_id: String,
    /// The URI schemes of this build.
    pub schemes: Schemes,
    /// Timeouts of requests to Clerk.
    pub http: HttpTimeouts,
}

/// Why the configuration is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// `sk_…`: this key belongs on servers and must not be on this machine.
    #[error("this is Clerk's secret key; the app needs the publishable key (pk_test_… or pk_live_…)")]
    SecretKey,
    /// Not `pk_test_…` or `pk_live_…` with a host inside.
    #[error("this is not a publishable key of Clerk (pk_test_… or pk_live_…)")]
    PublishableKey,
    /// Not an https origin without a slash at its end.
    #[error("the issuer must be Clerk's Frontend API URL: https, a host, nothing after it")]
    Issuer,
    /// Empty, or with characters that are not allowed in a client id.
    #[error("the client id of the OAuth application is missing or malformed")]
    ClientId,
    /// A client id without a key or an issuer.
    #[error("a client id is set, but neither a publishable key nor an issuer")]
    NoIssuer,
}

/// The names of the settings that [`Config::find`] reads.
pub const SETTING_NAMES: [&str; 3] = ["CLERK_PUBLISHABLE_KEY", "CLERK_ISSUER", "CLERK_OAUTH_CLIENT_ID"];

impl Config {
    /// The configuration for the instance in a publishable key.
    pub fn from_key(publishable_key: &str, client_id: &str) -> Result<Self, ConfigError> {
        Self::from_issuer(&format!("https://{}", host_in(publishable_key)?), client_id)
    }

    /// The configuration for an issuer such as `https://clerk.example.com`.
    pub fn from_issuer(issuer: &str, client_id: &str) -> Result<Self, ConfigError> {
        if !issuer::is_valid(issuer) {
            return Err(ConfigError::Issuer);
        }
        let is_id = |c: char| c.is_ascii_alphanumeric() || "_-.~".contains(c);
        if client_id.is_empty() || client_id.len() > 255 || !client_id.chars().all(is_id) {
            return Err(ConfigError::ClientId);
        }
        let (issuer, client_id) = (issuer.to_owned(), client_id.to_owned());
        Ok(Self { issuer, client_id, schemes: Schemes::RELEASE, http: HttpTimeouts::default() })
    }

    /// Builds the configuration from the settings in [`SETTING_NAMES`]. `value` returns the value of a setting; an empty value
    /// counts as missing. Returns `None` if sign-in is not configured. An issuer takes precedence over a key.
    pub fn find(value: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, ConfigError> {
        let value = |name| value(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let [key, issuer, client_id] = SETTING_NAMES.map(value);
        match (issuer, key, client_id) {
            (None, None, None) => Ok(None),
            (None, None, Some(_)) => Err(ConfigError::NoIssuer),
            (Some(issuer), _, client_id) => Self::from_issuer(&issuer, &client_id.unwrap_or_default()).map(Some),
            (None, Some(key), client_id) => Self::from_key(&key, &client_id.unwrap_or_default()).map(Some),
        }
    }

    /// The issuer. Tokens must contain it byte for byte.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The id of the public OAuth application.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }
}

/// A warning to show if Clerk's secret key is set on this machine. The key itself is never read: `is_set` returns whether a
/// variable has a value.
#[must_use]
pub fn secret_key_warning(is_set: impl FnOnce(&str) -> bool) -> Option<&'static str> {
    is_set("CLERK_SECRET_KEY").then_some(
        "CLERK_SECRET_KEY is set. GrowQR never reads it, and it must not be on this machine: remove it and, if others \
         could see it, replace it in Clerk's dashboard.",
    )
}

/// Reads the Frontend API host from a publishable key: `pk_test_` or `pk_live_`, then the host and one `$` in base64, with or
/// without padding.
fn host_in(key: &str) -> Result<String, ConfigError> {
    if key.starts_with("sk_") {
        return Err(ConfigError::SecretKey);
    }
    let coded = key.strip_prefix("pk_test_").or_else(|| key.strip_prefix("pk_live_")).ok_or(ConfigError::PublishableKey)?;
    let bytes = STANDARD_PAD_INDIFFERENT.decode(coded).map_err(|_| ConfigError::PublishableKey)?;
    let text = String::from_utf8(bytes).map_err(|_| ConfigError::PublishableKey)?;
    match text.strip_suffix('$') {
        Some(host) if host.contains('.') && !host.contains(['$', '/', ':', '@']) => Ok(host.to_owned()),
        _ => Err(ConfigError::PublishableKey),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in Clerk's documentation.
    const KEY: &str = "pk_test_ZXhhbXBsZS5hY2NvdW50cy5kZXYk";

    #[test]
    fn a_publishable_key_gives_the_issuer_with_or_without_padding() {
        assert_eq!(Config::from_key(KEY, "abc").unwrap().issuer(), "https://example.accounts.dev");
        for host in ["clerk.example.com", "clerk.example.co.uk", "clerk.example.org1"] {
            let coded = base64::engine::general_purpose::STANDARD.encode(format!("{host}$"));
            for coded in [coded.as_str(), coded.trim_end_matches('=')] {
                let config = Config::from_key(&format!("pk_live_{coded}"), "abc").unwrap();
                assert_eq!(config.issuer(), format!("https://{host}"));
            }
        }
    }

    #[test]
    fn invalid_publishable_keys_are_refused() {
        let coded = |text: &str| format!("pk_test_{}", STANDARD_PAD_INDIFFERENT.encode(text));
        for key in [
            "",
            "pk_test_",
            "pk_test_!!!",
            "pk_prod_ZXhhbXBsZS5hY2NvdW50cy5kZXYk",
            "ZXhhbXBsZS5hY2NvdW50cy5kZXYk",
            &coded("example.com"),
            &coded("example$"),
            &coded("a.b$$"),
            &coded("a$.b$"),
            &coded("a.b/c$"),
            &coded("u@a.b$"),
        ] {
            assert_eq!(Config::from_key(key, "abc"), Err(ConfigError::PublishableKey), "{key}");
        }
        assert_eq!(Config::from_key("sk_test_abc", "abc"), Err(ConfigError::SecretKey));
    }

    #[test]
    fn an_issuer_is_an_https_origin_and_nothing_else() {
        assert!(Config::from_issuer("https://clerk.example.com", "abc").is_ok());
        for issuer in [
            "",
            "clerk.example.com",
            "http://clerk.example.com",
            "https://clerk.example.com/",
            "https://clerk.example.com/x",
            "https://u@clerk.example.com",
            "https://clerk.example.com?x",
            "https://clerk.example.com#x",
            "HTTPS://clerk.example.com",
        ] {
            assert_eq!(Config::from_issuer(issuer, "abc"), Err(ConfigError::Issuer), "{issuer}");
        }
    }

    #[test]
    fn a_client_id_is_required_and_validated() {
        for id in ["", "a b", "a&b", "a\n"] {
            assert_eq!(Config::from_issuer("https://clerk.example.com", id), Err(ConfigError::ClientId), "{id:?}");
        }
    }

    #[test]
    fn missing_settings_are_accepted_and_incomplete_ones_are_refused() {
        let find = |set: &[(&str, &str)]| {
            Config::find(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(find(&[]), Ok(None));
        assert_eq!(find(&[("CLERK_PUBLISHABLE_KEY", "  ")]), Ok(None));
        assert_eq!(find(&[("CLERK_OAUTH_CLIENT_ID", "abc")]), Err(ConfigError::NoIssuer));
        assert_eq!(find(&[("CLERK_PUBLISHABLE_KEY", KEY)]), Err(ConfigError::ClientId));
        let both = [("CLERK_PUBLISHABLE_KEY", KEY), ("CLERK_ISSUER", "https://a.example"), ("CLERK_OAUTH_CLIENT_ID", "abc")];
        assert_eq!(find(&both).unwrap().unwrap().issuer(), "https://a.example");
    }

    #[test]
    fn a_secret_key_is_reported_and_never_read() {
        assert!(secret_key_warning(|name| name == "CLERK_SECRET_KEY").is_some());
        assert_eq!(secret_key_warning(|_| false), None);
    }
}
