//! Cases 32 to 42 of the list of inputs that every build must refuse: callbacks. After each, the valid callback still works.

use crate::world::{World, parameter, with, without};
use growqr_auth::{AccountChoice, CallbackError, ErrorCode, LinkError, Redirect, SignInError, Status};
use growqr_testkit::clerk::{self, Iss};

/// Asserts that the service refuses the callback with this error and that the attempt continues.
async fn refused(world: &World, url: &str, expected: CallbackError) {
    assert_eq!(world.auth.callback(url).await, Err(expected), "{url}");
    assert!(matches!(world.auth.status(), Status::SigningIn { .. }), "{url} ended the attempt");
    assert_eq!(world.exchanges(), 0, "{url} led to an exchange");
}

#[tokio::test]
async fn case_32_a_callback_without_an_attempt() {
    let world = World::new().await;
    let url = "ai.growqr.desktop://auth/callback?code=abc&state=0123456789";
    assert_eq!(world.auth.callback(url).await, Err(CallbackError::NoAttempt));
    assert_eq!(world.clerk.requests().len(), 0);
}

#[tokio::test]
async fn case_33_a_state_that_is_wrong_missing_or_repeated() {
    let world = World::new().await;
    let good = world.allowed().await;
    let state = parameter(&good, "state");
    for wrong in [
        with(&good, "state", "wrong-state"),
        with(&good, "state", ""),
        without(&good, "state"),
        with(&good, "state", &state[1..]),
    ] {
        refused(&world, &wrong, CallbackError::State).await;
    }
    for twice in [format!("{good}&state={state}"), format!("{good}&state=x"), format!("{good}&st%61te={state}")] {
        refused(&world, &twice, CallbackError::Malformed(LinkError::Parameters)).await;
    }
    world.auth.callback(&good).await.unwrap();
}

#[tokio::test]
async fn case_34_the_same_callback_twice() {
    let world = World::new().await;
    let good = world.allowed().await;
    world.auth.callback(&good).await.unwrap();
    assert_eq!(world.auth.callback(&good).await, Err(CallbackError::NoAttempt));
    assert_eq!(world.exchanges(), 1);
    assert!(world.is_online());
}

#[tokio::test]
async fn two_concurrent_copies_of_a_callback_make_one_exchange() {
    let world = World::new().await;
    let good = world.allowed().await;
    let (one, other) = tokio::join!(world.auth.callback(&good), world.auth.callback(&good));
    assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|ok| **ok).count(), 1);
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn case_35_a_callback_after_the_deadline() {
    let world = World::new().await;
    let attempt = world.begin().await;
    let good = clerk::allow(&attempt.url).await;
    world.advance(600);
    assert_eq!(world.auth.callback(&good).await, Err(CallbackError::Late));
    assert_eq!(attempt.outcome().await, Err(SignInError::Late));
    assert_eq!(world.auth.status(), Status::SignedOut);
    assert_eq!(world.exchanges(), 0);
}

#[tokio::test]
async fn an_attempt_times_out_after_ten_minutes() {
    let world = World::new().await;
    let mut changes = world.auth.subscribe();
    let attempt = world.begin().await;
    // From here on only timers are pending. With paused time they fire immediately.
    tokio::time::pause();
    assert_eq!(attempt.outcome().await, Err(SignInError::Late));
    assert_eq!(*changes.borrow_and_update(), Status::SignedOut);
}

#[tokio::test]
async fn case_36_a_callback_after_cancel() {
    let world = World::new().await;
    let attempt = world.begin().await;
    let good = clerk::allow(&attempt.url).await;
    world.auth.cancel();
    assert_eq!(world.auth.callback(&good).await, Err(CallbackError::NoAttempt));
    assert_eq!(attempt.outcome().await, Err(SignInError::Cancelled));
    assert_eq!(world.auth.status(), Status::SignedOut);
    assert_eq!(world.exchanges(), 0);
}

#[tokio::test]
async fn case_37_the_state_of_the_previous_attempt() {
    let world = World::new().await;
    let first = world.begin().await;
    let old = clerk::allow(&first.url).await;
    let good = world.allowed().await;
    assert_eq!(first.outcome().await, Err(SignInError::Replaced));
    refused(&world, &old, CallbackError::State).await;
    world.auth.callback(&good).await.unwrap();
}

#[tokio::test]
async fn case_38_a_wrong_or_missing_issuer() {
    let world = World::new().await;
    let good = world.allowed().await;
    let issuer = world.clerk.issuer().to_owned();
    for wrong in ["https://clerk.evil.example", "", &format!("{issuer}/"), &issuer.to_uppercase()] {
        refused(&world, &with(&good, "iss", wrong), CallbackError::Issuer).await;
    }
    refused(&world, &without(&good, "iss"), CallbackError::Issuer).await;
    let state = parameter(&good, "state");
    let error = format!("ai.growqr.desktop://auth/callback?error=access_denied&state={state}");
    refused(&world, &error, CallbackError::Issuer).await;
    world.auth.callback(&good).await.unwrap();
}

#[tokio::test]
async fn a_wrong_issuer_is_refused_even_if_the_parameter_is_optional() {
    let world = World::new().await;
    world.clerk.switch(|switches| {
        switches.promises_iss = false;
        switches.iss = Iss::Wrong("https://clerk.evil.example".to_owned());
    });
    let url = world.allowed().await;
    refused(&world, &url, CallbackError::Issuer).await;
    world.auth.callback(&without(&url, "iss")).await.unwrap();
}

#[tokio::test]
async fn case_39_ambiguous_or_too_long_parameters() {
    let world = World::new().await;
    let good = world.allowed().await;
    let code = parameter(&good, "code");
    let malformed = CallbackError::Malformed(LinkError::Parameters);
    for url in [
        format!("{good}&error=access_denied"),
        format!("{good}&code={code}"),
        format!("{good}&c%6fde=other"),
        with(&good, "code", ""),
        without(&good, "code"),
        format!("{good}&x=%zz"),
        format!("{good}&x=%ff"),
    ] {
        refused(&world, &url, malformed).await;
    }
    let long = format!("{good}&x={}", "a".repeat(2048));
    refused(&world, &long, CallbackError::Malformed(LinkError::TooLong)).await;
    world.auth.callback(&good).await.unwrap();
}

#[tokio::test]
async fn case_40_other_spellings_of_the_redirect_uri() {
    let world = World::new().await;
    let good = world.allowed().await;
    let query = good.split_once('?').unwrap().1;
    for base in [
        "AI.growqr.desktop://auth/callback",
        "ai.growqr.desktop://AUTH/callback",
        "ai.growqr.desktop://auth/x/../callback",
        "ai.growqr.desktop://auth/%63allback",
        "ai.growqr.desktop:/auth/callback",
        "ai.growqr.desktop:///auth/callback",
        "ai.growqr.desktop://user@auth/callback",
        "ai.growqr.desktop://auth:80/callback",
        "ai.growqr.desktop://auth/callback/",
        "growqr://auth/callback",
        "https://auth/callback",
        "ai.growqr.desktop.evil://auth/callback",
        "http://127.0.0.1/callback",
    ] {
        refused(&world, &format!("{base}?{query}"), CallbackError::Malformed(LinkError::Place)).await;
    }
    refused(&world, &format!("{good}#x"), CallbackError::Malformed(LinkError::Extra)).await;
    for url in [format!(" {good}"), format!("{good}\n"), format!("{good}\0"), good.replace("auth", "äuth")] {
        refused(&world, &url, CallbackError::Malformed(LinkError::Characters)).await;
    }
    world.auth.callback(&good).await.unwrap();
}

#[tokio::test]
async fn case_41_the_user_denies_access() {
    let world = World::new().await;
    let attempt = world.begin().await;
    let url = clerk::deny(&attempt.url).await;
    assert_eq!(world.auth.callback(&url).await, Err(CallbackError::Failed(SignInError::Denied)));
    assert_eq!(attempt.outcome().await, Err(SignInError::Denied));
    assert_eq!(SignInError::Denied.to_string(), "access was denied");
    assert_eq!(world.auth.status(), Status::SignedOut);
}

#[tokio::test]
async fn case_42_an_error_without_a_state_does_not_end_the_attempt() {
    let world = World::new().await;
    let attempt = world.begin().await;
    world.clerk.switch(|switches| switches.loses_parameters = true);
    let lost = clerk::open(&attempt.url).await.unwrap().location.unwrap();
    refused(&world, &lost, CallbackError::Notice(ErrorCode::UnsupportedResponseType)).await;
    let Status::SigningIn { notice, .. } = world.auth.status() else { panic!("it has ended") };
    assert_eq!(notice, Some(ErrorCode::UnsupportedResponseType));
    world.clerk.switch(|switches| switches.loses_parameters = false);
    world.auth.callback(&clerk::allow(&attempt.url).await).await.unwrap();
}

#[tokio::test]
async fn an_oauth_error_with_our_state_ends_the_attempt() {
    let world = World::new().await;
    world.clerk.switch(|switches| switches.scopes.retain(|scope| scope != "openid"));
    let attempt = world.begin().await;
    let url = clerk::open(&attempt.url).await.unwrap().location.unwrap();
    let error = SignInError::Refused(ErrorCode::InvalidScope);
    assert_eq!(world.auth.callback(&url).await, Err(CallbackError::Failed(error)));
}

#[tokio::test]
async fn a_bad_callback_does_not_change_the_signed_in_account() {
    let (world, identity) = World::signed_in().await;
    let url = "ai.growqr.desktop://auth/callback?error=access_denied&state=0123456789";
    assert_eq!(world.auth.callback(url).await, Err(CallbackError::NoAttempt));
    let attempt = world.auth.begin(Redirect::DeepLink, AccountChoice::Other).await.unwrap();
    assert_eq!(parameter(&attempt.url, "prompt"), "login");
    let Status::SigningIn { known, .. } = world.auth.status() else { panic!("no attempt") };
    assert_eq!(known, Some(identity));
    world.auth.cancel();
    assert!(world.is_online());
}
