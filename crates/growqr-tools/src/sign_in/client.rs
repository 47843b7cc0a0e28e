//! What this program is to an authorization server: a client that the person has registered, or that registers itself (RFC 7591).

use super::discovery::AuthorizationServer;
use super::error::{ErrorCode, SignInError};
use super::requests::{Answer, Requests};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use growqr_core::secret::Secret;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use serde_json::json;
use url::{Url, form_urlencoded};

/// A client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub id: String,
    /// Few authorization servers give one to a program that cannot keep it from its person.
    pub secret: Option<Secret>,
    /// The secret is sent in the body, and not in the header `Authorization`.
    pub is_secret_in_body: bool,
}

#[derive(Deserialize)]
struct Registration {
    client_id: String,
    client_secret: Option<String>,
    token_endpoint_auth_method: Option<String>,
}

impl Client {
    /// A client that the person has registered.
    pub(crate) fn known(id: String) -> Client {
        Client { id, secret: None, is_secret_in_body: false }
    }

    /// Registers this program for one way back from the browser.
    ///
    /// # Errors
    /// [`SignInError`].
    pub(crate) async fn register(
        requests: Requests<'_>,
        server: &AuthorizationServer,
        redirect_uri: &str,
        scope: Option<&str>,
    ) -> Result<Client, SignInError> {
        let address = server.register.as_ref().ok_or(SignInError::NoRegistration)?;
        let mut wanted = json!({
            "client_name": "GrowQR",
            "redirect_uris": [redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        });
        if let Some(scope) = scope {
            wanted["scope"] = json!(scope);
        }
        let answer = requests.post_json(address, wanted.to_string()).await?;
        if !answer.is_success() {
            return Err(refusal(&answer));
        }
        let registered: Registration = answer.json()?;
        let method = registered.token_endpoint_auth_method.unwrap_or_default();
        let secret = registered.client_secret.filter(|secret| !secret.is_empty() && method != "none").map(Secret::new);
        Ok(Client { id: registered.client_id, secret, is_secret_in_body: method == "client_secret_post" })
    }

    /// Posts a form for this client.
    ///
    /// # Errors
    /// [`SignInError`].
    pub(crate) async fn post(
        &self,
        requests: Requests<'_>,
        address: &Url,
        fields: &[(&str, &str)],
    ) -> Result<Answer, SignInError> {
        let mut fields = fields.to_vec();
        let mut login = None;
        match &self.secret {
            Some(secret) if !self.is_secret_in_body => login = basic(&self.id, secret),
            secret => {
                fields.push(("client_id", self.id.as_str()));
                if let Some(secret) = secret {
                    fields.push(("client_secret", secret.expose()));
                }
            }
        }
        requests.post_form(address, &fields, login).await
    }
}

/// The header `Authorization` of a client with a secret (RFC 6749, section 2.3.1).
fn basic(id: &str, secret: &Secret) -> Option<HeaderValue> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let login = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret.expose())));
    let mut value = HeaderValue::from_str(&format!("Basic {login}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// What a refusal says, as far as it is an error code of OAuth.
pub(crate) fn refusal(answer: &Answer) -> SignInError {
    if answer.status == 429 || answer.status >= 500 {
        return answer.unexpected();
    }
    error_code(answer).map_or_else(|| answer.unexpected(), SignInError::Refused)
}

/// The error code of OAuth in an answer, if it has one.
pub(crate) fn error_code(answer: &Answer) -> Option<ErrorCode> {
    #[derive(Deserialize)]
    struct Body {
        error: String,
    }
    answer.json::<Body>().ok().map(|body| ErrorCode::read(&body.error))
}
