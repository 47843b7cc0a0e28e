//! One attempt to sign in: the page for the browser, and the answer that comes back. Its secrets are only in memory.

use super::client::Client;
use super::discovery::Discovered;
use super::error::{ErrorCode, SignInError};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use growqr_core::secret::Secret;
use rand::Rng;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use url::Url;
use zeroize::Zeroizing;

/// An attempt to sign in at a server.
#[derive(Debug)]
pub struct SignInAttempt {
    pub(crate) server_url: String,
    pub(crate) redirect_uri: String,
    pub(crate) discovered: Discovered,
    pub(crate) client: Client,
    pub(crate) verifier: Secret,
    state: Secret,
    page: Secret,
}

/// The code that an authorization server has sent by the browser. It is worth a token.
#[derive(Debug)]
pub struct AuthorizationCode(pub(crate) Secret);

impl SignInAttempt {
    pub(crate) fn new(server_url: String, redirect_uri: String, discovered: Discovered, client: Client) -> SignInAttempt {
        let (state, verifier) = (random_token(), random_token());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose()));
        let mut page = discovered.server.authorize.clone();
        page.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", &redirect_uri)
            .append_pair("state", state.expose())
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", &discovered.resource);
        if let Some(scope) = &discovered.scope {
            page.query_pairs_mut().append_pair("scope", scope);
        }
        let page = Secret::new(page);
        SignInAttempt { server_url, redirect_uri, discovered, client, verifier, state, page }
    }

    /// The page to open in the browser, and to show for copying: `https:`, or `http:` on this computer. Not for logs.
    #[must_use]
    pub fn page(&self) -> &str {
        self.page.expose()
    }

    /// Reads what came back from the browser: any page of the web can send the browser there. `None` if it is not the answer to this
    /// attempt, which goes on then.
    ///
    /// # Errors
    /// [`SignInError`] if it is the answer, and has no code.
    #[must_use]
    pub fn answer(&self, callback: &str) -> Option<Result<AuthorizationCode, SignInError>> {
        let url = Url::parse(callback).ok()?;
        let mut parameters = HashMap::new();
        for (name, value) in url.query_pairs() {
            // One that comes twice could be read in two ways.
            if parameters.insert(name.into_owned(), value.into_owned()).is_some() {
                return None;
            }
        }
        let state = parameters.get("state")?;
        // Digests take equally long to compare, whatever is in them.
        if Sha256::digest(state) != Sha256::digest(self.state.expose()) {
            return None;
        }
        let server = &self.discovered.server;
        let is_of_server = match parameters.get("iss") {
            Some(issuer) => *issuer == server.issuer,
            None => !server.names_itself,
        };
        if !is_of_server {
            return Some(Err(SignInError::OtherIssuer));
        }
        Some(match (parameters.remove("code"), parameters.get("error")) {
            (_, Some(error)) if error == "access_denied" => Err(SignInError::Denied),
            (_, Some(error)) => Err(SignInError::Refused(ErrorCode::read(error))),
            (Some(code), None) => Ok(AuthorizationCode(Secret::new(code))),
            (None, None) => Err(SignInError::Refused(ErrorCode::read(""))),
        })
    }
}

/// 32 random bytes as 43 characters of base64url, as RFC 7636 recommends for a verifier.
fn random_token() -> Secret {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::rng().fill_bytes(&mut *bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::super::discovery::AuthorizationServer;
    use super::*;

    fn attempt(names_itself: bool) -> SignInAttempt {
        let url = |text: &str| Url::parse(text).expect("an address");
        let server =
            AuthorizationServer::for_tests("https://auth.example.com", url("https://auth.example.com/go?tenant=1"), names_itself);
        let discovered = Discovered { resource: "https://mcp.example.com".to_owned(), scope: Some("read".to_owned()), server };
        let back = "http://127.0.0.1:9/callback".to_owned();
        SignInAttempt::new("https://mcp.example.com/mcp".to_owned(), back, discovered, Client::known("me".to_owned()))
    }

    fn answer(attempt: &SignInAttempt, rest: &str) -> Option<Result<AuthorizationCode, SignInError>> {
        let state = attempt.state.expose();
        attempt.answer(&format!("http://127.0.0.1:9/callback?state={state}{rest}"))
    }

    #[test]
    fn the_page_asks_for_what_the_rfcs_want() {
        let attempt = attempt(false);
        let page = Url::parse(attempt.page()).unwrap();
        let asked: HashMap<String, String> = page.query_pairs().into_owned().collect();
        let is = |name: &str, value: &str| assert_eq!(asked.get(name).map(String::as_str), Some(value));
        is("tenant", "1");
        is("response_type", "code");
        is("client_id", "me");
        is("redirect_uri", "http://127.0.0.1:9/callback");
        is("code_challenge_method", "S256");
        is("resource", "https://mcp.example.com");
        is("scope", "read");
        assert_eq!((asked["state"].len(), asked["code_challenge"].len()), (43, 43));
        assert!(!attempt.page().contains(attempt.verifier.expose()));
        assert!(!format!("{attempt:?}").contains(attempt.state.expose()));
    }

    #[test]
    fn only_the_answer_to_this_attempt_counts() {
        let one = attempt(false);
        for callback in ["http://127.0.0.1:9/callback", "http://127.0.0.1:9/callback?code=a", "no address"] {
            assert!(one.answer(callback).is_none(), "{callback}");
        }
        assert!(answer(&attempt(false), "").is_some() && one.answer("http://127.0.0.1:9/callback?code=a&state=other").is_none());
        assert!(answer(&one, "&code=a&code=b").is_none(), "two codes");
        assert_eq!(answer(&one, "&code=a%20b").unwrap().unwrap().0.expose(), "a b");
        assert_eq!(answer(&one, "&error=access_denied").unwrap().unwrap_err(), SignInError::Denied);
        let refused = answer(&one, "&error=%3Cscript%3E").unwrap().unwrap_err();
        assert_eq!(refused.to_string(), "its authorization server refused: unknown");
    }

    #[test]
    fn an_answer_of_another_authorization_server_is_refused() {
        for (names_itself, issuer, is_good) in [
            (false, "", true),
            (true, "", false),
            (true, "&iss=https%3A%2F%2Fauth.example.com", true),
            (false, "&iss=https%3A%2F%2Fevil.example", false),
        ] {
            let answered = answer(&attempt(names_itself), &format!("&code=a{issuer}")).unwrap();
            assert_eq!(answered.is_ok(), is_good, "{issuer}");
        }
    }
}
