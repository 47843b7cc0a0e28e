//! The whole path without errors: sign in, restart, renew, sign out.

use crate::world::World;
use growqr_auth::{AccountChoice, OfflineReason, Persistence, Redirect, SignOutResult, Status};
use growqr_testkit::clerk;

#[tokio::test]
async fn sign_in_restart_renew_sign_out() {
    let mut world = World::new().await;
    let mut changes = world.auth.subscribe();
    assert_eq!(*changes.borrow_and_update(), Status::SignedOut);

    let attempt = world.begin().await;
    changes.changed().await.unwrap();
    assert!(matches!(&*changes.borrow_and_update(), Status::SigningIn { known: None, .. }));
    let identity = world.auth.callback(&clerk::allow(&attempt.url).await).await.unwrap();
    assert_eq!(attempt.outcome().await.unwrap(), identity);
    assert_eq!(identity.sub, "user_ada");
    assert_eq!(identity.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(identity.email.as_deref(), Some("ada+clerk_test@example.com"));
    assert!(identity.email_verified && identity.picture.is_some());
    assert!(matches!(&*changes.borrow_and_update(), Status::Online { kept: Persistence::Keychain, .. }));
    let first = world.auth.access_token().await.unwrap();

    world.restart();
    assert_eq!(world.auth.status(), Status::SignedOut);
    let status = world.auth.open(identity.clone()).await;
    assert!(matches!(status, Status::Offline { because: OfflineReason::NotAsked, .. }));
    let second = world.auth.access_token().await.unwrap();
    assert!(!second.equals(first.expose()));
    assert!(world.is_online());

    let before = world.vault.entries.lock().unwrap().clone();
    world.advance(86_350);
    let third = world.auth.access_token().await.unwrap();
    assert!(!third.equals(second.expose()));
    assert_ne!(*world.vault.entries.lock().unwrap(), before, "the rotated token was not saved");

    assert_eq!(world.auth.sign_out().await, SignOutResult { revoked: true, removed: Ok(()), was_kept: true });
    world.assert_nobody_is_signed_in();
    assert_eq!(world.clerk.count("/oauth/token/revoke"), 1);
}

#[tokio::test]
async fn a_user_signed_out_in_the_browser_signs_in_there_first() {
    let world = World::new().await;
    world.clerk.switch(|switches| switches.signed_out = true);
    world.sign_in().await.unwrap();
    let attempt = world.auth.begin(Redirect::DeepLink, AccountChoice::Other).await.unwrap();
    let page = clerk::open(&attempt.url).await.unwrap();
    assert!(page.text.contains("id=\"sign-in\""));
}

#[tokio::test]
async fn debug_output_contains_no_secret() {
    let world = World::new().await;
    let attempt = world.begin().await;
    let callback = clerk::allow(&attempt.url).await;
    world.auth.callback(&callback).await.unwrap();
    let token = world.auth.access_token().await.unwrap();
    let printed = format!("{token:?} {:?}", world.auth.status());
    let kept = world.vault.entries.lock().unwrap().values().next().unwrap().clone();
    let refresh: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert!(!printed.contains(token.expose()));
    assert!(!printed.contains(refresh["refresh_token"].as_str().unwrap()));
    let names: Vec<&String> = refresh.as_object().unwrap().keys().collect();
    assert_eq!(names, ["client_id", "issuer", "refresh_token", "since", "sub"], "the keychain entry has unexpected fields");
}
