//! Codes and refresh tokens for access tokens, and the end of a sign-in (RFC 6749, RFC 7009, RFC 8707).

use super::attempt::{AuthorizationCode, SignInAttempt};
use super::client::refusal;
use super::error::SignInError;
use super::grant::{Grant, Tokens};
use super::requests::{Answer, Requests};
use growqr_core::clock::Timestamp;
use growqr_core::secret::Secret;
use reqwest::header::HeaderValue;
use serde::Deserialize;

/// The longest token.
const MAX_TOKEN_BYTES: usize = 8 << 10;

/// The longest time that an access token is believed to hold, in seconds.
const MAX_SECONDS: u64 = 400 * 24 * 3_600;

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
}

/// Exchanges a code.
///
/// # Errors
/// [`SignInError`].
pub(crate) async fn exchange(
    requests: Requests<'_>,
    attempt: &SignInAttempt,
    code: &AuthorizationCode,
    now: Timestamp,
) -> Result<Grant, SignInError> {
    let server = &attempt.discovered.server;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.0.expose()),
        ("redirect_uri", attempt.redirect_uri.as_str()),
        ("code_verifier", attempt.verifier.expose()),
        ("resource", attempt.discovered.resource.as_str()),
    ];
    let answer = attempt.client.post(requests, &server.token, &fields).await?;
    Ok(Grant {
        url: attempt.server_url.clone(),
        resource: attempt.discovered.resource.clone(),
        token_endpoint: server.token.to_string(),
        revocation_endpoint: server.revoke.as_ref().map(ToString::to_string),
        client: attempt.client.clone(),
        tokens: tokens(&answer, now, None)?,
    })
}

/// Gets new tokens. With most servers the refresh token counts only once: the new ones are to be saved before they are used.
///
/// # Errors
/// [`SignInError`]; [`SignInError::Refused`] if the sign-in has ended.
pub(crate) async fn renew(
    requests: Requests<'_>,
    grant: &Grant,
    refresh: &Secret,
    now: Timestamp,
) -> Result<Tokens, SignInError> {
    let endpoint = requests.reach.check("address for tokens", &grant.token_endpoint)?;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose()), ("resource", grant.resource.as_str())];
    let answer = grant.client.post(requests, &endpoint, &fields).await?;
    tokens(&answer, now, Some(refresh))
}

/// Tells the authorization server that the sign-in has ended. `false` if it cannot be told.
///
/// # Errors
/// [`SignInError`].
pub(crate) async fn revoke(requests: Requests<'_>, grant: &Grant) -> Result<bool, SignInError> {
    let Some(endpoint) = &grant.revocation_endpoint else { return Ok(false) };
    let endpoint = requests.reach.check("address for signing out", endpoint)?;
    let (kind, token) = match &grant.tokens.refresh {
        Some(refresh) => ("refresh_token", refresh),
        None => ("access_token", &grant.tokens.access),
    };
    let fields = [("token", token.expose()), ("token_type_hint", kind)];
    let answer = grant.client.post(requests, &endpoint, &fields).await?;
    if answer.is_success() { Ok(true) } else { Err(answer.unexpected()) }
}

fn tokens(answer: &Answer, now: Timestamp, earlier: Option<&Secret>) -> Result<Tokens, SignInError> {
    if !answer.is_success() {
        return Err(refusal(answer));
    }
    let answer: TokenAnswer = answer.json()?;
    let access = Secret::new(answer.access_token);
    let refresh = answer.refresh_token.filter(|token| !token.is_empty()).map(Secret::new);
    let is_sendable = |token: &Secret| {
        let text = token.expose();
        !text.is_empty() && text.len() <= MAX_TOKEN_BYTES && HeaderValue::from_str(text).is_ok()
    };
    if !answer.token_type.eq_ignore_ascii_case("bearer") || !is_sendable(&access) || !refresh.iter().all(is_sendable) {
        return Err(SignInError::TokenKind);
    }
    let times = answer.expires_in.map(|seconds| {
        let holds = i64::try_from(seconds.min(MAX_SECONDS) * 1_000).unwrap_or(i64::MAX);
        (now, Timestamp(now.0.saturating_add(holds)))
    });
    Ok(Tokens { access, refresh: refresh.or_else(|| earlier.cloned()), times })
}
