//! Cases 43 to 51 of the list of inputs that every build must refuse: responses of Clerk's endpoints.

use crate::world::{World, parameter, with};
use growqr_auth::{
    AccountChoice, BeginError, CallbackError, Cause, DiscoveryError, HttpError, Redirect, SignInError, Status, TokenError,
    VaultError,
};
use growqr_testkit::clerk::{self, ClerkStub, Fault};
use serde_json::json;

async fn begin_error(world: &World) -> DiscoveryError {
    match world.auth.begin(Redirect::DeepLink, AccountChoice::Any).await {
        Err(BeginError::Discovery(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn case_43_a_discovery_document_of_another_issuer() {
    for wrong in ["https://clerk.evil.example", "/", "UPPER"] {
        let world = World::new().await;
        world.clerk.alter_discovery(move |document| {
            let issuer = document["issuer"].as_str().unwrap().to_owned();
            document["issuer"] = json!(match wrong {
                "/" => format!("{issuer}/"),
                "UPPER" => issuer.to_uppercase(),
                wrong => wrong.to_owned(),
            });
        });
        assert_eq!(begin_error(&world).await, DiscoveryError::Issuer);
        assert_eq!(world.auth.status(), Status::SignedOut);
    }
}

#[tokio::test]
async fn case_44_an_endpoint_without_https() {
    for (field, name) in [
        ("authorization_endpoint", "authorization"),
        ("token_endpoint", "token"),
        ("jwks_uri", "keys"),
        ("userinfo_endpoint", "userinfo"),
        ("revocation_endpoint", "revocation"),
    ] {
        for address in ["http://clerk.example.com/x", "http://localhost/x", "file:///x", "javascript:alert(1)", "x", ""] {
            let world = World::new().await;
            world.clerk.alter_discovery(move |document| document[field] = json!(address));
            assert_eq!(begin_error(&world).await, DiscoveryError::Insecure(name), "{address}");
        }
    }
}

#[tokio::test]
async fn a_server_without_s256_is_not_used() {
    let world = World::new().await;
    world.clerk.alter_discovery(|document| document["code_challenge_methods_supported"] = json!(["plain"]));
    assert_eq!(begin_error(&world).await, DiscoveryError::Pkce);
}

#[tokio::test]
async fn without_a_network_an_attempt_cannot_begin() {
    let world = World::new().await;
    world.clerk.fail_at("/.well-known/openid-configuration", Fault::Cut);
    assert_eq!(begin_error(&world).await, DiscoveryError::Http(HttpError::Unreachable(Cause::Network)));
}

#[tokio::test]
async fn case_45_a_token_endpoint_that_redirects() {
    let (world, elsewhere) = (World::new().await, ClerkStub::start().await);
    world.clerk.fail_at("/oauth/token", Fault::Redirect(format!("{}/oauth/token", elsewhere.issuer())));
    assert_eq!(world.sign_in().await, Err(SignInError::Exchange(TokenError::Http(HttpError::Redirected))));
    assert_eq!(elsewhere.requests().len(), 0);
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn case_46_a_code_for_another_verifier() {
    let world = World::new().await;
    let stolen = clerk::allow(&world.another_program().begin(Redirect::DeepLink, AccountChoice::Any).await.unwrap().url).await;
    let url = with(&world.allowed().await, "code", &parameter(&stolen, "code"));
    let failed = CallbackError::Failed(SignInError::Exchange(TokenError::InvalidGrant));
    assert_eq!(world.auth.callback(&url).await, Err(failed));
    assert_eq!(world.auth.status(), Status::SignedOut);
    assert!(world.vault.is_empty());
}

#[tokio::test]
async fn case_47_a_code_is_used_once() {
    let world = World::new().await;
    let first = world.allowed().await;
    world.auth.callback(&first).await.unwrap();
    let url = with(&world.allowed().await, "code", &parameter(&first, "code"));
    let failed = CallbackError::Failed(SignInError::Exchange(TokenError::InvalidGrant));
    assert_eq!(world.auth.callback(&url).await, Err(failed));
    assert_eq!(world.exchanges(), 2);
}

#[tokio::test]
async fn a_lost_response_to_an_exchange_is_not_retried() {
    let world = World::new().await;
    world.clerk.fail_at("/oauth/token", Fault::LoseAnswer);
    assert_eq!(world.sign_in().await, Err(SignInError::Exchange(TokenError::Http(HttpError::Unreachable(Cause::Network)))));
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn case_48_a_code_for_another_redirect_uri() {
    let world = World::new().await;
    let by_link = world.allowed().await;
    let attempt = world.auth.begin(Redirect::Loopback, AccountChoice::Any).await.unwrap();
    let by_port = clerk::allow(&attempt.url).await;
    let state = parameter(&by_port, "state");
    // The redirect URI of the old attempt is refused in this one, even with the right state.
    let refused = world.auth.callback(&with(&by_link, "state", &state)).await;
    assert!(matches!(refused, Err(CallbackError::Malformed(_))));
    clerk::open(&with(&by_port, "code", &parameter(&by_link, "code"))).await.unwrap();
    assert_eq!(attempt.outcome().await, Err(SignInError::Exchange(TokenError::InvalidGrant)));
}

#[tokio::test]
async fn case_50_tokens_of_another_type() {
    for kind in ["mac", "DPoP", ""] {
        let world = World::new().await;
        world.clerk.switch(|switches| switches.token_type = kind.to_owned());
        assert_eq!(world.sign_in().await, Err(SignInError::Exchange(TokenError::NotBearer)));
        assert!(world.vault.is_empty());
    }
}

#[tokio::test]
async fn case_51_a_success_response_that_is_not_json() {
    let world = World::new().await;
    world.clerk.fail_at("/oauth/token", Fault::Garbage);
    assert_eq!(world.sign_in().await, Err(SignInError::Exchange(TokenError::Http(HttpError::Unreadable))));
    world.clerk.clear_faults();
    world.clerk.fail_at("/.well-known/openid-configuration", Fault::Garbage);
    assert_eq!(begin_error(&world).await, DiscoveryError::Http(HttpError::Unreadable));
}

#[tokio::test]
async fn a_keychain_that_cannot_store_is_reported_before_sign_in() {
    let world = World::new().await;
    assert_eq!(world.begin().await.vault, Ok(()));
    assert!(world.vault.is_empty(), "the probe left something");
    world.vault.fail(VaultError::Locked);
    assert_eq!(world.begin().await.vault, Err(VaultError::Locked));
}

#[tokio::test]
async fn the_authorization_request_has_all_parameters_and_no_verifier() {
    let world = World::new().await;
    let url = world.begin().await.url;
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", world.clerk.client_id()),
        ("redirect_uri", "ai.growqr.desktop://auth/callback"),
        ("scope", "openid profile email offline_access"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(parameter(&url, name), value);
    }
    world.auth.callback(&clerk::allow(&url).await).await.unwrap();
    let requests = world.clerk.requests();
    let exchange = requests.iter().find(|request| request.path == "/oauth/token").unwrap();
    let verifier = exchange.field("code_verifier").unwrap();
    assert!(!url.contains(verifier));
    assert_eq!([verifier.len(), parameter(&url, "state").len(), parameter(&url, "nonce").len()], [43; 3]);
    assert_eq!(exchange.header("authorization"), None);
}
