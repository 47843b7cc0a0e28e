//! Tests of sign-out, with case 54 of the list that every build must pass.

use crate::world::{World, short_timeouts};
use growqr_auth::{Identity, Persistence, ProcessLock, RefreshError, SignOutResult, Status, VaultError};
use growqr_core::clock::Clock;
use growqr_testkit::clerk::{self, Fault};
use std::time::Duration;

#[tokio::test]
async fn signing_out_also_ends_a_sign_in_renewed_by_another_program() {
    let (world, identity) = World::signed_in().await;
    let another = world.another_program();
    another.open(identity).await;
    another.refresh_now().await.unwrap();
    assert_eq!(world.auth.sign_out().await, SignOutResult { revoked: true, removed: Ok(()), was_kept: true });
    world.assert_nobody_is_signed_in();
    assert_eq!(another.refresh_now().await, Err(RefreshError::NeedsSignIn));
}

#[tokio::test]
async fn case_54_signing_out_works_without_clerk() {
    for fault in [Fault::Status(500), Fault::Hang, Fault::Cut] {
        let (mut world, identity) = World::signed_in().await;
        world.restart_with(short_timeouts());
        world.auth.open(identity).await;
        world.auth.refresh_now().await.unwrap();
        world.clerk.fail_at("/oauth/token/revoke", fault);
        assert_eq!(world.auth.sign_out().await, SignOutResult { revoked: false, removed: Ok(()), was_kept: true });
        assert_eq!(world.auth.status(), Status::SignedOut);
        assert!(world.vault.is_empty());
        assert_eq!(world.auth.access_token().await.unwrap_err(), RefreshError::SignedOut);
    }
}

#[tokio::test]
async fn signing_out_reports_an_entry_that_stays_in_the_keychain() {
    let (world, _) = World::signed_in().await;
    world.vault.fail(VaultError::Locked);
    assert_eq!(world.auth.sign_out().await, SignOutResult { revoked: true, removed: Err(VaultError::Locked), was_kept: true });
    assert_eq!(world.auth.status(), Status::SignedOut);
    assert_eq!(world.clerk.valid_grants(), 0);
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_not_removed() {
    let (mut world, identity) = World::signed_in().await;
    world.restart();
    world.vault.fail(VaultError::Locked);
    world.auth.open(identity.clone()).await;
    world.vault.fail(None);
    world.vault.fail_one_read(VaultError::Locked);
    let until = world.clock.now();
    let out = world.auth.sign_out().await;
    assert_eq!((out.removed, world.clerk.valid_grants()), (Err(VaultError::Locked), 1));
    let forgotten = world.auth.forget(&identity.sub, until).await;
    assert_eq!(forgotten, SignOutResult { revoked: true, removed: Ok(()), was_kept: true });
    world.assert_nobody_is_signed_in();
}

#[tokio::test]
async fn signing_out_during_a_renewal_leaves_nothing_behind() {
    let (world, _) = World::signed_in().await;
    let (renewed, signed_out) = tokio::join!(world.auth.refresh_now(), async {
        world.clerk.until("/oauth/token", 2).await;
        world.auth.sign_out().await
    });
    assert!(renewed == Ok(()) || renewed == Err(RefreshError::SignedOut));
    assert_eq!(signed_out.removed, Ok(()));
    world.assert_nobody_is_signed_in();
}

#[tokio::test]
async fn cancelling_during_the_exchange_leaves_nothing_behind() {
    let world = World::new().await;
    let good = world.allowed().await;
    let (finished, ()) = tokio::join!(world.auth.callback(&good), async {
        world.clerk.until("/oauth/token", 1).await;
        world.auth.cancel();
    });
    assert_eq!(finished.unwrap_err().to_string(), "sign-in failed");
    world.assert_nobody_is_signed_in();
}

#[tokio::test]
async fn an_entry_in_a_locked_keychain_is_removed_and_revoked_after_unlock() {
    let (mut world, identity) = World::signed_in().await;
    world.restart();
    world.vault.fail(VaultError::Locked);
    world.auth.open(identity.clone()).await;
    let until = world.clock.now();
    assert_eq!(world.auth.sign_out().await, SignOutResult { revoked: false, removed: Err(VaultError::Locked), was_kept: true });
    assert_eq!(world.auth.forget(&identity.sub, until).await.removed, Err(VaultError::Locked));
    world.vault.fail(None);
    world.restart();
    assert_eq!(world.auth.forget(&identity.sub, until).await, SignOutResult { revoked: true, removed: Ok(()), was_kept: true });
    world.assert_nobody_is_signed_in();
}

#[tokio::test]
async fn forget_keeps_a_later_sign_in() {
    let (world, identity) = World::signed_in().await;
    let until = world.clock.now();
    world.advance(1);
    world.sign_in().await.unwrap();
    world.auth.refresh_now().await.unwrap();
    assert_eq!(world.auth.forget(&identity.sub, until).await, SignOutResult { revoked: false, removed: Ok(()), was_kept: true });
    world.auth.refresh_now().await.unwrap();
    assert!(world.is_online());
}

#[tokio::test]
async fn signing_out_in_another_program_ends_the_session_here() {
    let (world, identity) = World::signed_in().await;
    let forgotten = world.auth.forget(&identity.sub, world.clock.now()).await;
    assert_eq!(forgotten, SignOutResult { revoked: true, removed: Ok(()), was_kept: true });
    assert_eq!(world.auth.status(), Status::NeedsSignIn { identity });
    assert_eq!(world.clerk.valid_grants(), 0);
}

#[tokio::test]
async fn a_revocation_that_failed_is_sent_later() {
    let (mut world, identity) = World::signed_in().await;
    world.restart_with(short_timeouts());
    world.auth.open(identity).await;
    world.clerk.fail_at("/oauth/token/revoke", Fault::Cut);
    assert!(!world.auth.sign_out().await.revoked);
    world.clerk.clear_faults();
    assert_eq!(world.auth.refresh_if_due().await, Err(RefreshError::SignedOut));
    world.auth.shut_down().await;
    world.assert_nobody_is_signed_in();
}

#[tokio::test]
async fn a_remembered_ended_sign_in_is_not_resumed() {
    let (mut world, identity) = World::signed_in().await;
    world.restart();
    world.auth.remember_ended(identity.clone()).await;
    assert_eq!(world.auth.refresh_now().await, Err(RefreshError::NeedsSignIn));
    assert_eq!(world.auth.status(), Status::NeedsSignIn { identity });
    assert_eq!(world.exchanges(), 1, "no request to Clerk");
}

#[tokio::test]
async fn cancelling_during_the_save_restores_the_previous_sign_in() {
    let (world, identity) = World::signed_in().await;
    world.advance(1);
    let good = world.allowed().await;
    let auth = world.auth.clone();
    world.vault.during_next_set(move || auth.cancel());
    assert!(world.auth.callback(&good).await.is_err());
    assert_eq!(world.clerk.valid_grants(), 1);
    let another = world.another_program();
    another.open(identity).await;
    another.refresh_now().await.unwrap();
}

#[tokio::test]
async fn signing_in_again_revokes_the_previous_sign_in() {
    let (mut world, _) = World::signed_in().await;
    world.advance(1);
    world.sign_in().await.unwrap();
    world.auth.shut_down().await;
    assert_eq!(world.clerk.valid_grants(), 1);
    world.restart();
    world.advance(1);
    world.sign_in().await.unwrap();
    world.auth.shut_down().await;
    assert_eq!(world.clerk.valid_grants(), 1, "also if only the keychain had the previous sign-in");
}

/// A user who signed in once, and again while the keychain was locked.
async fn signed_in_while_locked() -> (World, Identity) {
    let (mut world, identity) = World::signed_in().await;
    world.restart();
    world.advance(1);
    world.vault.fail(VaultError::Locked);
    world.sign_in().await.unwrap();
    world.vault.fail(None);
    (world, identity)
}

#[tokio::test]
async fn a_sign_in_saved_late_replaces_an_older_entry() {
    let (mut world, identity) = signed_in_while_locked().await;
    assert_eq!(world.clerk.valid_grants(), 2);
    world.auth.refresh_if_due().await.unwrap();
    world.auth.shut_down().await;
    assert_eq!(world.clerk.valid_grants(), 1);
    world.restart();
    world.auth.open(identity).await;
    world.auth.refresh_now().await.unwrap();
}

#[tokio::test]
async fn a_sign_in_saved_late_keeps_a_newer_entry_of_another_program() {
    let (world, _) = signed_in_while_locked().await;
    let another = world.another_program();
    world.advance(1);
    let attempt = another.begin(growqr_auth::Redirect::DeepLink, growqr_auth::AccountChoice::Any).await.unwrap();
    another.callback(&clerk::allow(&attempt.url).await).await.unwrap();
    another.shut_down().await;
    let theirs = world.vault.entries.lock().unwrap().clone();
    world.auth.refresh_if_due().await.unwrap();
    assert_eq!(*world.vault.entries.lock().unwrap(), theirs);
    let Status::Online { kept, .. } = world.auth.status() else { panic!("it was lost") };
    assert_eq!(kept, Persistence::Keychain);
    world.auth.refresh_now().await.unwrap();
    world.auth.shut_down().await;
    assert_eq!(world.clerk.valid_grants(), 1);
}

#[tokio::test]
async fn shut_down_does_not_wait_long_for_another_program() {
    let (world, _) = World::signed_in().await;
    let _stuck = world.process_lock.acquire(Duration::ZERO).await;
    tokio::time::pause();
    let auth = world.auth.clone();
    let renewal = tokio::spawn(async move { auth.refresh_now().await });
    tokio::task::yield_now().await;
    let began = tokio::time::Instant::now();
    world.auth.shut_down().await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    renewal.abort();
}
