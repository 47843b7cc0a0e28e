//! Tests of the Clerk stub: it refuses what Clerk refuses. Requests are raw bytes, so that no client library corrects them.

use growqr_testkit::clerk::{self, ClerkStub, Fault, Page};
use serde_json::Value;

/// RFC 7636, Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const BACK: &str = "ai.growqr.desktop%3A%2F%2Fauth%2Fcallback";

/// A valid authorization request with some parameters replaced. An empty value removes the parameter.
fn request(clerk: &ClerkStub, changes: &[(&str, &str)]) -> String {
    let client_id = clerk.client_id().to_owned();
    let valid = [
        ("response_type", "code"),
        ("client_id", &client_id),
        ("redirect_uri", BACK),
        ("scope", "openid+profile+email+offline_access"),
        ("state", "state-0123456789"),
        ("nonce", "nonce-0123456789"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let changed = |name: &str| changes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let more = changes.iter().filter(|(name, _)| !valid.iter().any(|(known, _)| known == name)).copied();
    let all = valid.iter().map(|(name, value)| (*name, changed(name).unwrap_or(value))).chain(more);
    let query: Vec<String> = all.filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}/oauth/authorize?{}", clerk.issuer(), query.join("&"))
}

async fn post(clerk: &ClerkStub, path: &str, headers: &str, body: &str) -> Page {
    let address = clerk.issuer().strip_prefix("http://").unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\n{headers}content-length: {}\r\n\r\n", body.len());
    clerk::send(address, &format!("{head}{body}")).await.unwrap()
}

const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";

/// The status and the OAuth error code.
fn error(page: &Page) -> (u16, String) {
    let body: Value = serde_json::from_str(&page.text).unwrap_or_default();
    (page.status, body["error"].as_str().unwrap_or_default().to_owned())
}

fn json(page: &Page) -> Value {
    assert_eq!(page.status, 200, "{}", page.text);
    serde_json::from_str(&page.text).unwrap()
}

fn parameter(url: &str, name: &str) -> String {
    let query = url.split_once('?').unwrap().1;
    form_urlencoded::parse(query.as_bytes())
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// The form of a code exchange, with changes.
fn exchange(clerk: &ClerkStub, code: &str, changes: &[(&str, &str)]) -> String {
    let valid = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("client_id", clerk.client_id()),
        ("code_verifier", VERIFIER),
    ];
    let changed = |name: &str| changes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let more = changes.iter().filter(|(name, _)| !valid.iter().any(|(known, _)| known == name)).copied();
    let all = valid.iter().map(|(name, value)| (*name, changed(name).unwrap_or(value))).chain(more);
    all.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

async fn code(clerk: &ClerkStub) -> String {
    parameter(&clerk::allow(&request(clerk, &[])).await, "code")
}

async fn token(clerk: &ClerkStub, body: &str) -> Page {
    post(clerk, "/oauth/token", FORM, body).await
}

async fn refresh(clerk: &ClerkStub, token_text: &str) -> Page {
    token(clerk, &format!("grant_type=refresh_token&refresh_token={token_text}&client_id={}", clerk.client_id())).await
}

#[tokio::test]
async fn an_unknown_client_or_redirect_uri_is_not_redirected() {
    let clerk = ClerkStub::start().await;
    for (change, expected) in [
        (("client_id", "stranger"), (401, "invalid_client")),
        (("client_id", ""), (401, "invalid_client")),
        (("redirect_uri", "https%3A%2F%2Fevil.example%2F"), (400, "invalid_request")),
        (("redirect_uri", "ai.growqr.desktop%3A%2F%2Fauth%2Fcallback%2F"), (400, "invalid_request")),
        (("redirect_uri", "http%3A%2F%2Flocalhost%3A5000%2Fcallback"), (400, "invalid_request")),
        (("redirect_uri", "http%3A%2F%2F127.0.0.1%3A5000%2Fother"), (400, "invalid_request")),
        (("redirect_uri", "http%3A%2F%2F127.0.0.1%3A5000.evil.example%2Fcallback"), (400, "invalid_request")),
        (("redirect_uri", ""), (400, "invalid_request")),
    ] {
        let page = clerk::open(&request(&clerk, &[change])).await.unwrap();
        assert_eq!((page.status, page.location.as_deref()), (expected.0, None), "{change:?}");
        assert_eq!(error(&page).1, expected.1);
    }
    let any_port = request(&clerk, &[("redirect_uri", "http%3A%2F%2F127.0.0.1%3A50123%2Fcallback")]);
    assert!(clerk::allow(&any_port).await.starts_with("http://127.0.0.1:50123/callback?"));
}

#[tokio::test]
async fn every_other_error_is_redirected_with_the_state() {
    let clerk = ClerkStub::start().await;
    for (changes, expected) in [
        (vec![("response_type", "token")], "unsupported_response_type"),
        (vec![("response_type", "")], "unsupported_response_type"),
        (vec![("state", "short")], "invalid_state"),
        (vec![("state", "")], "invalid_state"),
        (vec![("code_challenge", "")], "invalid_request"),
        (vec![("code_challenge_method", "plain")], "invalid_request"),
        (vec![("code_challenge_method", "")], "invalid_request"),
        (vec![("scope", "openid+private_metadata")], "invalid_scope"),
        (vec![("nonce", "")], "invalid_request"),
        (vec![("nonce", "short")], "invalid_request"),
        (vec![("prompt", "none")], "invalid_request"),
        (vec![("prompt", "create")], "invalid_request"),
    ] {
        let page = clerk::open(&request(&clerk, &changes)).await.unwrap();
        let location = page.location.unwrap();
        assert_eq!((page.status, parameter(&location, "error").as_str()), (303, expected), "{changes:?}");
        let state = changes.iter().find(|(name, _)| *name == "state").map_or("state-0123456789", |(_, value)| value);
        assert_eq!(parameter(&location, "state"), state);
        assert_eq!(parameter(&location, "iss"), clerk.issuer());
    }
    let denied = clerk::deny(&request(&clerk, &[])).await;
    assert_eq!(parameter(&denied, "error"), "access_denied");
}

#[tokio::test]
async fn an_exchange_must_match_the_authorization_request() {
    let clerk = ClerkStub::start().await;
    let code = code(&clerk).await;
    for (change, expected) in [
        (("client_id", "stranger"), (401, "invalid_client")),
        (("client_id", ""), (401, "invalid_client")),
        (("client_secret", "x"), (401, "invalid_client")),
        (("grant_type", "password"), (401, "unsupported_grant_type")),
        (("code", "unknown"), (401, "invalid_grant")),
        (("redirect_uri", "http%3A%2F%2F127.0.0.1%2Fcallback"), (401, "invalid_grant")),
        (("redirect_uri", ""), (401, "invalid_grant")),
        (("code_verifier", ""), (401, "invalid_grant")),
        (("code_verifier", CHALLENGE), (401, "invalid_grant")),
        (("state&code", "other"), (400, "invalid_request")),
    ] {
        let page = token(&clerk, &exchange(&clerk, &code, &[change])).await;
        assert_eq!(error(&page), (expected.0, expected.1.to_owned()), "{change:?}");
    }
    let good = exchange(&clerk, &code, &[]);
    assert_eq!(error(&post(&clerk, "/oauth/token", "content-type: application/json\r\n", &good).await).1, "invalid_request");
    let basic = format!("{FORM}authorization: Basic eDp5\r\n");
    assert_eq!(error(&post(&clerk, "/oauth/token", &basic, &good).await).1, "invalid_client");
    let tokens = json(&token(&clerk, &good).await);
    assert_eq!(tokens["token_type"], "Bearer");
    assert!(tokens["id_token"].is_string() && tokens["refresh_token"].is_string());
}

#[tokio::test]
async fn a_code_is_valid_once_and_for_ten_minutes() {
    let clerk = ClerkStub::start().await;
    clerk.set_time(1_000_000);
    let late = code(&clerk).await;
    clerk.set_time(1_000_601);
    assert_eq!(error(&token(&clerk, &exchange(&clerk, &late, &[])).await).1, "invalid_grant");
    let code = code(&clerk).await;
    let tokens = json(&token(&clerk, &exchange(&clerk, &code, &[])).await);
    assert_eq!(error(&token(&clerk, &exchange(&clerk, &code, &[])).await).1, "invalid_grant");
    // The second use has revoked the grant.
    assert_eq!(error(&refresh(&clerk, tokens["refresh_token"].as_str().unwrap()).await).1, "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_rotates_and_a_replay_revokes_the_grant() {
    let clerk = ClerkStub::start().await;
    let tokens = json(&token(&clerk, &exchange(&clerk, &code(&clerk).await, &[])).await);
    let first = tokens["refresh_token"].as_str().unwrap();
    let second = json(&refresh(&clerk, first).await);
    let second = second["refresh_token"].as_str().unwrap();
    assert_ne!(first, second);
    assert_eq!(error(&refresh(&clerk, first).await), (401, "invalid_grant".to_owned()));
    clerk.switch(|switches| switches.grant_error_status = 400);
    assert_eq!(error(&refresh(&clerk, second).await), (400, "invalid_grant".to_owned()));
    assert_eq!(clerk.valid_grants(), 0);
}

#[tokio::test]
async fn revocation_userinfo_and_introspection_behave_like_clerk() {
    let clerk = ClerkStub::start().await;
    let tokens = json(&token(&clerk, &exchange(&clerk, &code(&clerk).await, &[])).await);
    let (access, refresh_token) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let userinfo = async |bearer: &str| post(&clerk, "/oauth/userinfo", &format!("authorization: Bearer {bearer}\r\n"), "").await;
    assert_eq!(json(&userinfo(access).await)["sub"], "user_ada");
    let refused = userinfo("stranger").await;
    assert_eq!(refused.status, 401);
    assert!(refused.text.contains("\"errors\":[{"));
    assert_eq!(
        error(&post(&clerk, "/oauth/token_info", FORM, &format!("token={access}")).await),
        (401, "invalid_client".to_owned())
    );
    let revoke = async |text: &str| {
        post(&clerk, "/oauth/token/revoke", FORM, &format!("token={text}&client_id={}", clerk.client_id())).await
    };
    assert_eq!(error(&revoke(access).await), (400, "unsupported_token_type".to_owned()));
    assert_eq!(revoke("unknown").await.status, 200);
    assert_eq!(clerk.valid_grants(), 1);
    assert_eq!(revoke(refresh_token).await.status, 200);
    assert_eq!(error(&refresh(&clerk, refresh_token).await).1, "invalid_grant");
}

#[tokio::test]
async fn a_consent_page_can_be_submitted_once() {
    let clerk = ClerkStub::start().await;
    let page = clerk::open(&request(&clerk, &[])).await.unwrap();
    assert!(page.text.contains("id=\"allow\"") && page.text.contains("id=\"deny\""));
    assert_eq!(post(&clerk, "/oauth/consent", FORM, "ticket=ticket-1&decision=allow").await.status, 303);
    assert_eq!(post(&clerk, "/oauth/consent", FORM, "ticket=ticket-1&decision=allow").await.status, 404);
    assert_eq!(post(&clerk, "/oauth/consent", FORM, "ticket=ticket-9&decision=allow").await.status, 404);
}

#[tokio::test]
async fn discovery_metadata_and_the_key_set_are_served() {
    let clerk = ClerkStub::start().await;
    let get = async |path: &str| json(&clerk::open(&format!("{}{path}", clerk.issuer())).await.unwrap());
    let discovery = get("/.well-known/openid-configuration").await;
    assert_eq!(discovery["issuer"], clerk.issuer());
    assert_eq!(discovery["authorization_response_iss_parameter_supported"], true);
    let metadata = get("/.well-known/oauth-authorization-server").await;
    assert!(metadata["userinfo_endpoint"].is_null() && metadata["introspection_endpoint"].is_null());
    let before = get("/.well-known/jwks.json").await;
    assert_eq!(before["keys"][0]["kid"], "ins_test1");
    clerk.rotate_keys();
    let after = get("/.well-known/jwks.json").await;
    assert_eq!(after["keys"].as_array().unwrap().len(), 1);
    assert_ne!(before["keys"][0]["n"], after["keys"][0]["n"]);
}

#[tokio::test]
async fn faults_are_played_and_requests_are_recorded() {
    let clerk = ClerkStub::start().await;
    clerk.fail_at("/oauth/token", Fault::TooMany(7));
    let page = token(&clerk, "grant_type=refresh_token").await;
    assert_eq!(page.status, 429);
    assert!(page.head.contains("retry-after: 7"));
    assert_eq!(clerk.count("/oauth/token"), 1);
    assert_eq!(clerk.requests()[0].field("grant_type"), Some("refresh_token"));
    clerk.clear_faults();
    assert_eq!(token(&clerk, "").await.status, 401);
}
