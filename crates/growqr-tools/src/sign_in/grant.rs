//! What a sign-in has brought, and its form in the keychain.

use super::client::Client;
use growqr_core::clock::Timestamp;
use growqr_core::secret::Secret;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The most time before its end at which an access token is renewed, in ms.
const RENEW_BEFORE: i64 = 60_000;

/// A sign-in at a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The address of the server: the token goes nowhere else.
    pub url: String,
    /// What the token is for, in the words of the server.
    pub resource: String,
    pub token_endpoint: String,
    pub revocation_endpoint: Option<String>,
    pub client: Client,
    pub tokens: Tokens,
}

/// The tokens of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub access: Secret,
    pub refresh: Option<Secret>,
    /// From when and until when the access token holds, if that is known.
    pub times: Option<(Timestamp, Timestamp)>,
}

impl Tokens {
    /// Whether the access token is to be renewed.
    pub(crate) fn are_due(&self, now: Timestamp) -> bool {
        self.times.is_some_and(|(from, until)| {
            let before = RENEW_BEFORE.min((until.0.saturating_sub(from.0)) / 2);
            now.0 >= until.0.saturating_sub(before) || now < from
        })
    }

    /// Whether the access token has expired.
    pub(crate) fn have_expired(&self, now: Timestamp) -> bool {
        self.times.is_some_and(|(_, until)| now >= until)
    }
}

/// The form in the keychain. It borrows, so that writing it copies no token twice.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    url: Cow<'a, str>,
    resource: Cow<'a, str>,
    token_endpoint: Cow<'a, str>,
    revocation_endpoint: Option<Cow<'a, str>>,
    client_id: Cow<'a, str>,
    client_secret: Option<Cow<'a, str>>,
    is_secret_in_body: bool,
    access: Cow<'a, str>,
    refresh: Option<Cow<'a, str>>,
    times: Option<(i64, i64)>,
}

impl Grant {
    /// The text for the keychain.
    pub(crate) fn text(&self) -> Secret {
        let stored = Stored {
            url: Cow::Borrowed(&self.url),
            resource: Cow::Borrowed(&self.resource),
            token_endpoint: Cow::Borrowed(&self.token_endpoint),
            revocation_endpoint: self.revocation_endpoint.as_deref().map(Cow::Borrowed),
            client_id: Cow::Borrowed(&self.client.id),
            client_secret: self.client.secret.as_ref().map(|secret| Cow::Borrowed(secret.expose())),
            is_secret_in_body: self.client.is_secret_in_body,
            access: Cow::Borrowed(self.tokens.access.expose()),
            refresh: self.tokens.refresh.as_ref().map(|secret| Cow::Borrowed(secret.expose())),
            times: self.tokens.times.map(|(from, until)| (from.0, until.0)),
        };
        Secret::new(serde_json::to_string(&stored).expect("texts and numbers are JSON"))
    }

    /// Reads a text of the keychain. `None` if it is none, or is for another server or client than this one: it counts as none.
    pub(crate) fn read(text: &Secret, url: &str, client_id: Option<&str>) -> Option<Grant> {
        let stored: Stored<'_> = serde_json::from_str(text.expose()).ok()?;
        let is_for_these = stored.url == url && client_id.is_none_or(|id| id == stored.client_id);
        is_for_these.then(|| Grant {
            url: stored.url.into_owned(),
            resource: stored.resource.into_owned(),
            token_endpoint: stored.token_endpoint.into_owned(),
            revocation_endpoint: stored.revocation_endpoint.map(Cow::into_owned),
            client: Client {
                id: stored.client_id.into_owned(),
                secret: stored.client_secret.map(|secret| Secret::new(secret.into_owned())),
                is_secret_in_body: stored.is_secret_in_body,
            },
            tokens: Tokens {
                access: Secret::new(stored.access.into_owned()),
                refresh: stored.refresh.map(|secret| Secret::new(secret.into_owned())),
                times: stored.times.map(|(from, until)| (Timestamp(from), Timestamp(until))),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            url: "https://mcp.example.com/mcp".to_owned(),
            resource: "https://mcp.example.com".to_owned(),
            token_endpoint: "https://auth.example.com/token".to_owned(),
            revocation_endpoint: None,
            client: Client { id: "one".to_owned(), secret: Some(Secret::new("canary-1")), is_secret_in_body: true },
            tokens: Tokens {
                access: Secret::new("canary-2"),
                refresh: Some(Secret::new("canary-3")),
                times: Some((Timestamp(0), Timestamp(600_000))),
            },
        }
    }

    #[test]
    fn a_sign_in_is_read_as_it_was_written_and_only_for_its_server_and_client() {
        let (grant, text) = (grant(), grant().text());
        assert_eq!(Grant::read(&text, &grant.url, None), Some(grant.clone()));
        assert_eq!(Grant::read(&text, &grant.url, Some("one")), Some(grant));
        assert_eq!(Grant::read(&text, "https://mcp.example.com/other", None), None);
        assert_eq!(Grant::read(&text, "https://mcp.example.com/mcp", Some("two")), None);
        assert_eq!(Grant::read(&Secret::new("{}"), "https://mcp.example.com/mcp", None), None);
    }

    #[test]
    fn no_token_and_no_secret_is_in_a_debug_text() {
        let shown = format!("{:?} {:#?}", grant(), grant());
        assert!(!shown.contains("canary"), "{shown}");
    }

    #[test]
    fn a_token_is_renewed_before_it_ends_also_one_that_ends_soon() {
        let tokens = grant().tokens;
        assert!(
            !tokens.are_due(Timestamp(500_000)) && tokens.are_due(Timestamp(540_000)) && !tokens.have_expired(Timestamp(599_999))
        );
        let short = Tokens { times: Some((Timestamp(0), Timestamp(10_000))), ..tokens };
        assert!(!short.are_due(Timestamp(4_000)) && short.are_due(Timestamp(5_000)) && short.have_expired(Timestamp(10_000)));
        assert!(!Tokens { times: None, ..short }.are_due(Timestamp(i64::MAX)));
    }
}
