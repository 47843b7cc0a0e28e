//! Tests of renewal, with cases 49, 52, 53 and 55 of the list that every build must pass.

use crate::world::{World, parameter, short_timeouts};
use growqr_auth::{Cause, ClockError, HttpError, OfflineReason, Persistence, RefreshError, SignInError, Status, VaultError};
use growqr_testkit::clerk::{self, Fault, User};

/// Seconds after which an access token of one day is due for renewal but not yet expired.
const NEARLY_A_DAY: i64 = 86_200;

#[tokio::test]
async fn concurrent_renewals_make_one_request() {
    let (world, _) = World::signed_in().await;
    world.advance(NEARLY_A_DAY);
    let auth = &world.auth;
    let results = tokio::join!(auth.refresh_if_due(), auth.refresh_if_due(), auth.access_token(), auth.access_token());
    assert!(results.0.is_ok() && results.1.is_ok());
    assert!(results.2.unwrap().equals(results.3.unwrap().expose()));
    assert_eq!(world.exchanges(), 2);
    let forced = tokio::join!(auth.refresh_now(), auth.refresh_now());
    assert!(forced.0.is_ok() && forced.1.is_ok());
    assert_eq!(world.exchanges(), 3);
}

#[tokio::test]
async fn nothing_is_renewed_before_it_is_due() {
    let (world, _) = World::signed_in().await;
    world.auth.refresh_if_due().await.unwrap();
    world.auth.access_token().await.unwrap();
    assert_eq!(world.exchanges(), 1);
    let due = world.auth.next_refresh().unwrap();
    world.advance(86_100);
    assert_eq!(due.seconds(), 1_795_305_600 + 86_100);
    world.auth.refresh_if_due().await.unwrap();
    assert_eq!(world.exchanges(), 2);
}

#[tokio::test]
async fn a_renewal_continues_if_its_caller_is_dropped() {
    let (world, _) = World::signed_in().await;
    world.advance(NEARLY_A_DAY);
    {
        let auth = world.auth.clone();
        let caller = tokio::spawn(async move { auth.refresh_now().await });
        world.clerk.until("/oauth/token", 2).await;
        caller.abort();
    }
    world.auth.shut_down().await;
    let another = world.another_program();
    another.open(known(&world)).await;
    another.refresh_now().await.unwrap();
}

fn known(world: &World) -> growqr_auth::Identity {
    match world.auth.status() {
        Status::Online { identity, .. } | Status::Offline { identity, .. } | Status::NeedsSignIn { identity } => identity,
        other => panic!("nobody is known: {other:?}"),
    }
}

#[tokio::test]
async fn case_49_a_refresh_token_used_twice_ends_the_sign_in() {
    let (mut world, identity) = World::signed_in().await;
    let old_copy = world.vault.entries.lock().unwrap().clone();
    world.auth.refresh_now().await.unwrap();
    // An old copy of the keychain is restored.
    *world.vault.entries.lock().unwrap() = old_copy;
    world.restart();
    world.auth.open(identity.clone()).await;
    assert_eq!(world.auth.refresh_now().await, Err(RefreshError::NeedsSignIn));
    assert_eq!(world.auth.status(), Status::NeedsSignIn { identity });
    assert!(world.vault.is_empty());
    assert_eq!(world.clerk.valid_grants(), 0);
}

#[tokio::test]
async fn a_token_renewed_by_another_program_is_read_from_the_keychain() {
    let (world, identity) = World::signed_in().await;
    let another = world.another_program();
    another.open(identity).await;
    another.refresh_now().await.unwrap();
    // Clerk ends the sign-in at the second use of a token, so the old token must not be used.
    world.auth.refresh_now().await.unwrap();
    assert!(world.is_online());
}

#[tokio::test]
async fn two_programs_that_renew_concurrently_use_no_token_twice() {
    let (world, identity) = World::signed_in().await;
    let another = world.another_program();
    another.open(identity).await;
    world.advance(NEARLY_A_DAY);
    for _ in 0..5 {
        let (here, there) = tokio::join!(world.auth.refresh_now(), another.refresh_now());
        assert_eq!((here, there), (Ok(()), Ok(())));
    }
    assert_eq!(world.clerk.valid_grants(), 1);
}

#[tokio::test]
async fn a_new_sign_in_by_another_program_is_taken_over() {
    let (world, _) = World::signed_in().await;
    let another = world.another_program();
    let attempt = another.begin(growqr_auth::Redirect::DeepLink, growqr_auth::AccountChoice::Any).await.unwrap();
    another.callback(&clerk::allow(&attempt.url).await).await.unwrap();
    world.auth.refresh_now().await.unwrap();
    assert!(world.is_online());
}

#[tokio::test]
async fn leaving_an_account_keeps_its_sign_in() {
    let (world, identity) = World::signed_in().await;
    world.auth.leave().await;
    assert_eq!(world.auth.status(), Status::SignedOut);
    assert_eq!(world.clerk.valid_grants(), 1);
    world.auth.open(identity).await;
    world.auth.refresh_now().await.unwrap();
    assert!(world.is_online());
}

#[tokio::test]
async fn case_52_network_failures_do_not_sign_out() {
    for (fault, expected) in [
        (Fault::Status(500), HttpError::Busy { status: 500, retry_after: None }),
        (Fault::Status(503), HttpError::Busy { status: 503, retry_after: None }),
        (Fault::TooMany(30), HttpError::Busy { status: 429, retry_after: Some(30) }),
        (Fault::Cut, HttpError::Unreachable(Cause::Network)),
        (Fault::Hang, HttpError::Unreachable(Cause::Timeout)),
        (Fault::Garbage, HttpError::Unreadable),
        (Fault::Huge, HttpError::TooLarge),
        (Fault::Status(404), HttpError::Refused(404)),
        (Fault::Redirect("https://clerk.evil.example/".to_owned()), HttpError::Redirected),
    ] {
        let (mut world, identity) = World::signed_in().await;
        for path in ["/oauth/token", "/.well-known/openid-configuration"] {
            world.restart_with(short_timeouts());
            world.auth.open(identity.clone()).await;
            world.clerk.fail_at(path, fault.clone());
            let offline = OfflineReason::Network(expected);
            assert_eq!(world.auth.refresh_now().await, Err(RefreshError::Offline(offline)), "{path}: {fault:?}");
            let Status::Offline { identity: known, because, .. } = world.auth.status() else { panic!("{fault:?}") };
            assert_eq!((known, because), (identity.clone(), offline));
            assert!(!world.vault.is_empty());
            world.clerk.clear_faults();
        }
        world.auth.refresh_now().await.unwrap();
        assert!(world.is_online());
    }
}

#[tokio::test]
async fn an_unreachable_token_endpoint_does_not_sign_out() {
    let (mut world, identity) = World::signed_in().await;
    let gone = growqr_testkit::clerk::ClerkStub::start().await;
    let elsewhere = gone.issuer().to_owned();
    drop(gone);
    world
        .clerk
        .alter_discovery(move |document| document["token_endpoint"] = serde_json::json!(format!("{elsewhere}/oauth/token")));
    world.restart();
    world.auth.open(identity).await;
    let offline = RefreshError::Offline(OfflineReason::Network(HttpError::Unreachable(Cause::Refused)));
    assert_eq!(world.auth.refresh_if_due().await, Err(offline));
    assert!(!world.vault.is_empty());
}

#[tokio::test]
async fn after_a_failure_retries_wait_for_retry_after() {
    let (world, _) = World::signed_in().await;
    world.advance(86_390);
    world.clerk.fail_at("/oauth/token", Fault::TooMany(30));
    // The old token has not yet expired.
    world.auth.access_token().await.unwrap();
    world.clerk.clear_faults();
    world.advance(20);
    assert!(world.auth.access_token().await.is_err());
    assert_eq!(world.exchanges(), 2);
    world.advance(11);
    world.auth.access_token().await.unwrap();
    assert_eq!(world.exchanges(), 3);
}

#[tokio::test]
async fn case_53_invalid_grant_ends_the_session_with_any_status() {
    for status in [400, 401, 403] {
        let (world, identity) = World::signed_in().await;
        world.clerk.switch(|switches| switches.grant_error_status = status);
        world.clerk.end_all_grants();
        world.advance(NEARLY_A_DAY);
        assert_eq!(world.auth.access_token().await.unwrap_err(), RefreshError::NeedsSignIn);
        assert_eq!(world.auth.status(), Status::NeedsSignIn { identity: identity.clone() });
        assert!(world.vault.is_empty());
        let exchanges = world.exchanges();
        assert_eq!(world.auth.refresh_if_due().await, Err(RefreshError::NeedsSignIn));
        assert_eq!(world.exchanges(), exchanges, "an unnecessary request was sent");
        // Signing in again works.
        world.sign_in().await.unwrap();
        assert!(world.is_online());
    }
}

#[tokio::test]
async fn a_wrong_clock_does_not_sign_out_and_is_reported() {
    let (world, _) = World::signed_in().await;
    world.skew(3 * 86_400);
    let wrong = OfflineReason::Clock(ClockError { ahead: 3 * 86_400 });
    assert_eq!(world.auth.refresh_now().await, Err(RefreshError::Offline(wrong)));
    assert!(!world.vault.is_empty());
    world.skew(-3 * 86_400);
    world.auth.refresh_now().await.unwrap();
}

#[tokio::test]
async fn case_55_a_keychain_failure_after_a_rotation_keeps_the_session() {
    let (mut world, identity) = World::signed_in().await;
    let old = world.vault.entries.lock().unwrap().clone();
    world.vault.fail(VaultError::Locked);
    world.auth.refresh_now().await.unwrap();
    // The session continues in this run, and the status says that it is not saved.
    let Status::Online { kept, .. } = world.auth.status() else { panic!("it was lost") };
    assert_eq!(kept, Persistence::ThisRun(VaultError::Locked));
    assert_eq!(*world.vault.entries.lock().unwrap(), old);
    // After unlocking, the token is saved without a request to Clerk.
    world.vault.fail(None);
    world.auth.refresh_if_due().await.unwrap();
    assert_eq!(world.exchanges(), 2);
    let Status::Online { kept, .. } = world.auth.status() else { panic!("it was lost") };
    assert_eq!(kept, Persistence::Keychain);
    world.restart();
    world.auth.open(identity).await;
    world.auth.refresh_now().await.unwrap();
}

#[tokio::test]
async fn case_55_a_crash_between_rotation_and_save_needs_a_new_sign_in() {
    let (mut world, identity) = World::signed_in().await;
    world.vault.fail(VaultError::Failed);
    world.auth.refresh_now().await.unwrap();
    world.vault.fail(None);
    world.restart();
    world.auth.open(identity.clone()).await;
    assert_eq!(world.auth.refresh_now().await, Err(RefreshError::NeedsSignIn));
    assert_eq!(world.auth.status(), Status::NeedsSignIn { identity });
    world.sign_in().await.unwrap();
}

#[tokio::test]
async fn a_lost_response_to_a_renewal_needs_a_new_sign_in() {
    let (world, _) = World::signed_in().await;
    world.clerk.fail_at("/oauth/token", Fault::LoseAnswer);
    assert!(matches!(world.auth.refresh_now().await, Err(RefreshError::Offline(_))));
    world.clerk.clear_faults();
    assert_eq!(world.auth.refresh_now().await, Err(RefreshError::NeedsSignIn));
}

#[tokio::test]
async fn a_keychain_locked_at_the_start_is_retried() {
    let (mut world, identity) = World::signed_in().await;
    world.restart();
    world.vault.fail(VaultError::Locked);
    let status = world.auth.open(identity).await;
    assert!(matches!(status, Status::Offline { because: OfflineReason::Vault(VaultError::Locked), .. }));
    world.vault.fail(None);
    world.auth.refresh_now().await.unwrap();
    assert!(world.is_online());
}

#[tokio::test]
async fn without_a_keychain_a_sign_in_lasts_for_this_run() {
    let world = World::new().await;
    world.vault.fail(VaultError::Absent);
    world.sign_in().await.unwrap();
    let Status::Online { kept, .. } = world.auth.status() else { panic!("not signed in") };
    assert_eq!(kept, Persistence::ThisRun(VaultError::Absent));
    world.advance(NEARLY_A_DAY);
    world.auth.access_token().await.unwrap();
}

#[tokio::test]
async fn without_a_refresh_token_a_sign_in_lasts_until_its_access_token_expires() {
    let world = World::new().await;
    world.clerk.switch(|switches| switches.gives_refresh_token = false);
    world.sign_in().await.unwrap();
    let Status::Online { kept, .. } = world.auth.status() else { panic!("not signed in") };
    assert_eq!(kept, Persistence::UntilExpiry);
    assert!(world.vault.is_empty());
    world.advance(86_400);
    assert_eq!(world.auth.access_token().await.unwrap_err(), RefreshError::NeedsSignIn);
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn a_strict_server_keeps_a_user_signed_in_only_with_consent() {
    let mut world = World::new().await;
    world.clerk.switch(|switches| switches.needs_consent_for_refresh_token = true);
    world.sign_in().await.unwrap();
    assert!(world.auth.needs_consent(), "the sign-in holds for this run only");
    assert_eq!(parameter(&world.begin().await.url, "prompt"), "consent");
    let identity = world.sign_in().await.unwrap();
    let Status::Online { kept, .. } = world.auth.status() else { panic!("not signed in") };
    assert_eq!((kept, world.auth.needs_consent()), (Persistence::Keychain, false));
    world.restart();
    world.auth.open(identity).await;
    world.auth.refresh_if_due().await.unwrap();
    assert!(world.is_online());
}

#[tokio::test]
async fn consent_is_asked_only_once_if_it_does_not_help() {
    let world = World::new().await;
    world.clerk.switch(|switches| switches.gives_refresh_token = false);
    for expected in ["", "consent", ""] {
        let attempt = world.begin().await;
        assert_eq!(parameter(&attempt.url, "prompt"), expected);
        world.auth.callback(&clerk::allow(&attempt.url).await).await.unwrap();
        assert_eq!(world.auth.needs_consent(), expected.is_empty() && world.exchanges() == 1);
    }
}

#[tokio::test]
async fn without_rotation_the_refresh_token_stays_valid() {
    let (world, _) = World::signed_in().await;
    world.clerk.switch(|switches| switches.gives_refresh_token = false);
    world.auth.refresh_now().await.unwrap();
    world.auth.refresh_now().await.unwrap();
    assert!(world.is_online());
}

#[tokio::test]
async fn accounts_are_switched_without_signing_in_again() {
    let (world, ada) = World::signed_in().await;
    world.clerk.sign_in_as(User::grace());
    let grace = world.sign_in().await.unwrap();
    assert_ne!(ada.sub, grace.sub);
    assert_eq!(world.vault.entries.lock().unwrap().len(), 2);
    for person in [&ada, &grace] {
        assert!(matches!(world.auth.open(person.clone()).await, Status::Offline { because: OfflineReason::NotAsked, .. }));
        world.auth.refresh_if_due().await.unwrap();
        assert_eq!(known(&world).sub, person.sub);
    }
    world.auth.sign_out().await;
    assert_eq!(world.vault.entries.lock().unwrap().len(), 1);
    // Without an entry in the keychain the user must sign in again.
    assert_eq!(world.auth.open(grace.clone()).await, Status::NeedsSignIn { identity: grace });
}

#[tokio::test]
async fn a_denied_attempt_keeps_the_session() {
    let (world, _) = World::signed_in().await;
    let attempt = world.begin().await;
    let _ = world.auth.callback(&clerk::deny(&attempt.url).await).await;
    assert_eq!(attempt.outcome().await, Err(SignInError::Denied));
    assert!(world.is_online());
}
