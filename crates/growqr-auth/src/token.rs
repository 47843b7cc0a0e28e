//! The token endpoint: exchanges a code or a refresh token for new tokens, and revokes tokens. No request is retried.

use crate::callback::ErrorCode;
use crate::config::Config;
use crate::http::{Http, HttpError, Response};
use crate::sensitive::SensitiveString;
use reqwest::StatusCode;
use serde::Deserialize;

/// The tokens of a response.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub access: SensitiveString,
    /// Lifetime of the access token in seconds. Optional.
    pub expires_in: Option<u64>,
    pub refresh: Option<SensitiveString>,
    pub id: Option<SensitiveString>,
    /// The service's clock when it answered, in seconds.
    pub server_time: Option<i64>,
}

/// Why there are no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No usable response. Clerk may have used the code or token anyway.
    #[error("there was no response from Clerk's token endpoint")]
    Http(#[from] HttpError),
    /// The code or the refresh token is used, expired or revoked. Only this error ends a session.
    #[error("Clerk no longer accepts this sign-in")]
    InvalidGrant,
    /// Any other error code, such as for an unknown client id.
    #[error("Clerk refused ({0:?})")]
    Refused(ErrorCode),
    /// The token type is not `Bearer`.
    #[error("Clerk's tokens are not bearer tokens")]
    NotBearer,
}

#[derive(Deserialize)]
struct Granted {
    access_token: SensitiveString,
    token_type: String,
    expires_in: Option<u64>,
    refresh_token: Option<SensitiveString>,
    id_token: Option<SensitiveString>,
}

#[derive(Deserialize)]
struct Failed {
    error: String,
}

/// Exchanges a code. Redirect URI and verifier must be those of the authorization request.
pub(crate) async fn exchange(
    (http, config): (&Http, &Config),
    endpoint: &str,
    (code, verifier, redirect_uri): (&SensitiveString, &SensitiveString, &str),
) -> Result<Tokens, TokenError> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        ("redirect_uri", redirect_uri),
        ("client_id", config.client_id()),
        ("code_verifier", verifier.expose()),
    ];
    read(&http.post(endpoint, &fields).await?)
}

/// Exchanges a refresh token, which cannot be used again afterwards.
pub(crate) async fn refresh(
    (http, config): (&Http, &Config),
    endpoint: &str,
    token: &SensitiveString,
) -> Result<Tokens, TokenError> {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token.expose()), ("client_id", config.client_id())];
    read(&http.post(endpoint, &fields).await?)
}

/// Revokes a refresh token. Returns whether Clerk has accepted it; `None` if Clerk could not be reached.
pub(crate) async fn revoke((http, config): (&Http, &Config), endpoint: &str, token: &SensitiveString) -> Option<bool> {
    let fields = [("token", token.expose()), ("token_type_hint", "refresh_token"), ("client_id", config.client_id())];
    http.post_revocation(endpoint, &fields).await.ok().map(|response| response.status.is_success())
}

/// Parses a response. Decides by the error code, not the status: Clerk documents 401 for some errors for which the RFC
/// requires 400.
fn read(response: &Response) -> Result<Tokens, TokenError> {
    if response.status != StatusCode::OK {
        let Ok(failed) = response.json::<Failed>() else { return Err(HttpError::Refused(response.status.as_u16()).into()) };
        return Err(match failed.error.as_str() {
            "invalid_grant" => TokenError::InvalidGrant,
            other => TokenError::Refused(ErrorCode::parse(other)),
        });
    }
    let granted: Granted = response.json()?;
    if !granted.token_type.eq_ignore_ascii_case("bearer") {
        return Err(TokenError::NotBearer);
    }
    let non_empty = |token: Option<SensitiveString>| token.filter(|token| !token.expose().is_empty());
    let access = non_empty(Some(granted.access_token)).ok_or(HttpError::Unreadable)?;
    let (refresh, id) = (non_empty(granted.refresh_token), non_empty(granted.id_token));
    Ok(Tokens { access, expires_in: granted.expires_in, refresh, id, server_time: response.server_time })
}
