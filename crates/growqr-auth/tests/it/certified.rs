//! Sign-in with a certified OpenID Connect server, which is not the stub of this project.

use crate::world::{auth_for, parameter};
use growqr_auth::{AccountChoice, Persistence, Redirect, SignOutResult, Status};
use growqr_testkit::clerk;
use growqr_testkit::oidc::OidcServer;

/// Signs in through the browser and a loopback port. Returns where the sign-in is kept.
async fn sign_in(server: &OidcServer, auth: &growqr_auth::Auth, prompt: &str) -> Persistence {
    let attempt = auth.begin(Redirect::Loopback, AccountChoice::Any).await.unwrap();
    assert_eq!(parameter(&attempt.url, "prompt"), prompt);
    assert_eq!(parameter(&attempt.url, "code_challenge_method"), "S256");
    let callback = server.allow(&attempt.url).await;
    assert_eq!(clerk::open(&callback).await.unwrap().status, 200, "{callback}");
    let identity = attempt.outcome().await.unwrap();
    assert_eq!((identity.sub.as_str(), identity.name.as_deref()), ("user_ada", Some("Ada Lovelace")));
    assert_eq!(identity.email.as_deref(), Some("ada@example.com"));
    let Status::Online { kept, .. } = auth.status() else { panic!("{:?}", auth.status()) };
    kept
}

#[tokio::test]
async fn a_certified_server_keeps_a_sign_in_with_consent_and_only_for_this_run_without() {
    let Some(server) = OidcServer::start() else { return };
    let (auth, vault) = auth_for(server.issuer(), server.client_id());
    assert_eq!(sign_in(&server, &auth, "").await, Persistence::UntilExpiry, "it gave no refresh token");
    assert!(auth.needs_consent() && vault.is_empty(), "it holds for this run only");

    let (auth, vault) = auth_for(server.issuer(), server.client_id());
    sign_in(&server, &auth, "").await;
    assert_eq!(sign_in(&server, &auth, "consent").await, Persistence::Keychain);
    assert!(!auth.needs_consent());
    let before = vault.entries.lock().unwrap().clone();
    auth.refresh_now().await.unwrap();
    assert_ne!(*vault.entries.lock().unwrap(), before, "the server rotates refresh tokens");
    assert!(matches!(auth.status(), Status::Online { .. }));
    assert_eq!(auth.sign_out().await, SignOutResult { revoked: true, removed: Ok(()), was_kept: true });
    assert!(vault.is_empty());
    assert_eq!(server.count("/token/revocation"), 1);
}
