//! Codes and refresh tokens for access tokens, and the end of a sign-in (RFC 6749, RFC 7009, RFC 8707).

use super::attempt::{AuthorizationCode, SignInAttempt};
use super::client::{error_code, refusal};
use super::error::SignInError;
use super::grant::{Grant, Tokens};
use super::requests::{Answer, Requests};
use growqr_core::clock::Timestamp;
use growqr_core::secret::Secret;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// The longest token.
const MAX_TOKEN_BYTES: usize = 8 << 10;

/// The longest time that an access token is believed to hold, in seconds.
const MAX_SECONDS: f64 = 400.0 * 24.0 * 3_600.0;

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    token_type: String,
    /// In seconds. Some servers send a text or a fraction, and 0 if they do not know.
    expires_in: Option<Value>,
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
    // Some servers refuse with the status of a success.
    if let (true, Some(code)) = (answer.is_success(), error_code(answer)) {
        return Err(SignInError::Refused(code));
    }
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
    let times = answer.expires_in.as_ref().and_then(seconds).map(|seconds| {
        let holds = Duration::from_secs_f64(seconds.min(MAX_SECONDS)).as_millis();
        (now, Timestamp(now.0.saturating_add(i64::try_from(holds).unwrap_or(i64::MAX))))
    });
    Ok(Tokens { access, refresh: refresh.or_else(|| earlier.cloned()), times })
}

/// How long a token holds; `None` if that is not said in a way that can be used.
fn seconds(value: &Value) -> Option<f64> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (seconds >= 1.0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: &Value) -> Result<Tokens, SignInError> {
        tokens(&Answer::for_tests(200, body), Timestamp(0), None)
    }

    #[test]
    fn the_end_of_a_token_is_read_however_it_is_written() {
        for (written, until) in [
            (json!(60), Some(60_000)),
            (json!("60"), Some(60_000)),
            (json!(60.5), Some(60_500)),
            (json!(1e300), Some(400 * 24 * 3_600_000)),
            (json!(0), None),
            (json!(-1), None),
            (json!("NaN"), None),
            (json!("soon"), None),
            (json!(null), None),
        ] {
            let tokens = read(&json!({"access_token": "a", "token_type": "bearer", "expires_in": written})).unwrap();
            assert_eq!(tokens.times.map(|(_, until)| until.0), until, "{written}");
        }
    }

    #[test]
    fn a_refusal_with_the_status_of_a_success_is_one() {
        let refused = read(&json!({"error": "invalid_grant", "error_description": "x"})).unwrap_err();
        assert_eq!(refused, SignInError::Refused(super::super::error::ErrorCode::read("invalid_grant")));
        assert!(matches!(read(&json!({"ok": true})), Err(SignInError::Unreadable { .. })));
    }
}
