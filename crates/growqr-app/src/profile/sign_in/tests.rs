//! Who is signed in and which profile is open, with a keychain that the test locks and unlocks.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail a test as the tests themselves do")]

use super::*;
use growqr_core::secret::{Secret, SecretError, StoreState};
use growqr_testkit::clerk::{ClerkStub, User, allow};
use growqr_wire::{Request, SignInState};
use std::collections::HashMap;
use tempfile::TempDir;

/// A keychain that the test controls.
struct FakeKeychain {
    entries: Mutex<HashMap<String, Secret>>,
    state: Mutex<StoreState>,
}

impl FakeKeychain {
    fn set_state(&self, state: StoreState) {
        *locked(&self.state) = state;
    }

    fn is_empty(&self) -> bool {
        locked(&self.entries).is_empty()
    }

    fn check(&self) -> Result<(), SecretError> {
        match *locked(&self.state) {
            StoreState::Ready => Ok(()),
            StoreState::Locked => Err(SecretError::Locked),
            StoreState::NotSetUp => Err(SecretError::NotSetUp),
            StoreState::Absent => Err(SecretError::Absent),
        }
    }
}

#[async_trait::async_trait]
impl SecretStore for FakeKeychain {
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        self.check()?;
        Ok(locked(&self.entries).get(name).cloned())
    }

    async fn set(&self, name: &str, value: &Secret) -> Result<(), SecretError> {
        self.check()?;
        locked(&self.entries).insert(name.to_owned(), value.clone());
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<(), SecretError> {
        self.check()?;
        locked(&self.entries).remove(name);
        Ok(())
    }

    async fn state(&self) -> StoreState {
        *locked(&self.state)
    }

    async fn unlock(&self) -> Result<(), SecretError> {
        self.check()
    }
}

struct World {
    folder: TempDir,
    clerk: ClerkStub,
    keychain: Arc<FakeKeychain>,
    service: SignIn,
}

impl World {
    async fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let clerk = ClerkStub::start().await;
        let keychain = Arc::new(FakeKeychain { entries: Mutex::default(), state: Mutex::new(StoreState::Ready) });
        let service = start(&folder, &clerk, &keychain);
        World { folder, clerk, keychain, service }
    }

    /// Restarts the program.
    async fn restart(&mut self) {
        self.service.close().await;
        self.service = start(&self.folder, &self.clerk, &self.keychain);
        self.service.resume().await.unwrap();
    }

    /// Puts data into the local profile: a changed setting.
    async fn add_data(&self) {
        let environment = Environment::default();
        let set = Request::SetSetting { name: "budget.per_day".to_owned(), value: Some("3".to_owned()) };
        crate::host::client::send_request(self.profile(), &environment, set).await.unwrap();
    }

    fn profile(&self) -> Profile {
        Profile::find(Some(self.folder.path()), &Environment::default()).unwrap()
    }

    async fn sign_in(&self) -> Result<SignInOutcome, AppError> {
        let attempt = self.service.begin(CallbackRoute::DeepLink, false).await?;
        self.service.callback(&allow(&attempt.url).await).await?;
        self.service.complete(attempt, None).await
    }

    fn state(&self) -> SignInState {
        self.service.view().unwrap().state
    }

    /// Makes the disk full or not. While it is full, the accounts cannot be written.
    fn set_disk_full(&self, is_full: bool) {
        let blocking_folder = self.folder.path().join("accounts.json.new");
        if is_full { std::fs::create_dir(blocking_folder).unwrap() } else { std::fs::remove_dir(blocking_folder).unwrap() }
    }
}

fn start(folder: &TempDir, clerk: &ClerkStub, keychain: &Arc<FakeKeychain>) -> SignIn {
    let profile = Profile::find(Some(folder.path()), &Environment::default()).unwrap();
    let config = Config::from_issuer(clerk.issuer(), clerk.client_id()).unwrap();
    SignIn::with_keychain(config, &profile, keychain.clone())
}

#[tokio::test]
async fn an_unanswered_question_is_asked_again_after_a_restart() {
    let mut world = World::new().await;
    world.add_data().await;
    assert!(matches!(world.sign_in().await.unwrap(), SignInOutcome::NeedsChoice), "a changed setting counts as data");
    world.restart().await;
    assert_eq!(world.state(), SignInState::Choosing);
    world.service.choose(false).await.unwrap();
    world.restart().await;
    assert_eq!(world.state(), SignInState::Online);
    assert_eq!(world.clerk.valid_grants(), 1);
}

#[tokio::test]
async fn cancelling_the_question_after_a_restart_removes_the_sign_in() {
    let mut world = World::new().await;
    world.add_data().await;
    world.sign_in().await.unwrap();
    world.restart().await;
    world.service.cancel().await.unwrap();
    world.restart().await;
    assert_eq!(world.state(), SignInState::SignedOut);
    assert!(world.keychain.is_empty());
    assert_eq!(world.clerk.valid_grants(), 0);
}

#[tokio::test]
async fn a_sign_out_while_the_keychain_was_locked_is_not_resumed() {
    let mut world = World::new().await;
    world.sign_in().await.unwrap();
    let ada = world.profile().id().to_string();
    world.keychain.set_state(StoreState::Locked);
    world.restart().await;
    world.service.sign_out().await.unwrap();
    assert!(world.service.view().unwrap().notice.is_some_and(|notice| notice.contains("still contains")));
    world.service.sign_out().await.unwrap();
    world.service.switch(&ada).await.unwrap();
    assert_eq!(world.state(), SignInState::NeedsSignIn);
    world.restart().await;
    assert_eq!(world.state(), SignInState::NeedsSignIn);
    world.keychain.set_state(StoreState::Absent);
    world.restart().await;
    world.keychain.set_state(StoreState::Ready);
    world.restart().await;
    assert_eq!(world.state(), SignInState::NeedsSignIn);
    assert!(world.keychain.is_empty());
    assert_eq!(world.clerk.valid_grants(), 0);
    assert_eq!(Accounts::read(world.folder.path()).unwrap().pending_sign_outs, []);
}

#[tokio::test]
async fn without_a_keychain_no_sign_out_stays_pending() {
    let world = World::new().await;
    world.keychain.set_state(StoreState::Absent);
    world.sign_in().await.unwrap();
    assert_eq!(world.service.sign_out().await.unwrap().1, None);
    assert_eq!(world.service.view().unwrap().notice, None);
    let again = world.service.sign_out().await;
    assert!(matches!(again, Err(AppError::SignIn(SignInFailure::NotSignedIn))), "{again:?}");
}

#[tokio::test]
async fn signing_in_again_removes_the_pending_sign_out() {
    let mut world = World::new().await;
    world.sign_in().await.unwrap();
    world.keychain.set_state(StoreState::Locked);
    world.service.sign_out().await.unwrap();
    world.keychain.set_state(StoreState::Ready);
    world.sign_in().await.unwrap();
    world.restart().await;
    assert_eq!(world.state(), SignInState::Online);
    assert_eq!(world.clerk.valid_grants(), 1);
}

#[tokio::test]
async fn a_change_that_cannot_be_recorded_changes_nothing() {
    let world = World::new().await;
    world.sign_in().await.unwrap();
    let ada = world.service.view().unwrap().person.unwrap();
    world.set_disk_full(true);
    assert!(world.service.switch(LOCAL_PROFILE).await.is_err());
    assert!(world.service.sign_out().await.is_err());
    world.clerk.sign_in_as(User::grace());
    assert!(world.sign_in().await.is_err());
    world.set_disk_full(false);
    let view = world.service.view().unwrap();
    assert_eq!((view.state, view.person.unwrap().id), (SignInState::Online, ada.id));
    assert_eq!(world.clerk.valid_grants(), 1, "the new person is signed out again");
    world.service.switch(LOCAL_PROFILE).await.unwrap();
    assert_eq!(world.state(), SignInState::SignedOut);
}

#[tokio::test]
async fn a_confirmation_is_known_to_the_next_run() {
    let mut world = World::new().await;
    world.sign_in().await.unwrap();
    let before = world.service.view().unwrap();
    world.restart().await;
    let after = world.service.view().unwrap();
    assert_eq!((after.state, after.until), (SignInState::Online, before.until));
    assert_eq!(world.clerk.count("/oauth/token"), 1, "the service was not called again");
    let root = world.folder.path();
    Accounts::change(root, |accounts| accounts.accounts[0].valid_until = Some(1)).await.unwrap();
    assert_eq!(world.state(), SignInState::Offline, "the confirmation has expired");
    world.service.renew_if_expired().await.unwrap();
    let renewed = world.service.view().unwrap();
    assert_eq!(renewed.state, SignInState::Online);
    assert!(renewed.until.is_some_and(|until| until > SystemClock.now().0));
    world.service.renew_if_expired().await.unwrap();
    assert_eq!(world.clerk.count("/oauth/token"), 2, "it is asked only if the confirmation has expired");
}

#[tokio::test]
async fn a_confirmation_that_cannot_be_renewed_is_never_valid_until_a_time_in_the_past() {
    let mut world = World::new().await;
    world.sign_in().await.unwrap();
    world.restart().await;
    world.clerk.fail_at("/oauth/token", growqr_testkit::clerk::Fault::Status(503));
    assert!(world.service.refresh().await.is_err());
    let offline = world.service.view().unwrap();
    assert_eq!((offline.state, offline.until), (SignInState::Offline, None), "it has not expired yet");
    let notice = offline.notice.unwrap();
    assert!(notice.starts_with("The sign-in service cannot be reached") && notice.contains("503"), "{notice}");
}

#[tokio::test]
async fn a_strict_service_is_asked_for_consent_so_that_the_sign_in_lasts() {
    let mut world = World::new().await;
    world.clerk.switch(|switches| switches.needs_consent_for_refresh_token = true);
    world.sign_in().await.unwrap();
    let view = world.service.view().unwrap();
    assert!(view.notice.is_some_and(|notice| notice.contains("this run only")) && world.service.needs_consent());
    world.sign_in().await.unwrap();
    assert_eq!((world.service.view().unwrap().notice, world.service.needs_consent()), (None, false));
    world.restart().await;
    assert_eq!(world.state(), SignInState::Online);
}

#[tokio::test]
async fn a_clock_that_refuses_a_sign_in_is_named_with_the_amount() {
    let world = World::new().await;
    world.clerk.set_time(SystemClock.now().seconds() + 86_400 * 400 + 3_600);
    let error = growqr_wire::Error::from(world.sign_in().await.unwrap_err());
    assert_eq!(error.code, growqr_wire::ErrorCode::Clock);
    assert!(error.message.contains("clock is 400 days behind"), "{error:?}");
}

#[tokio::test]
async fn a_retry_over_the_port_keeps_the_choice_of_another_account() {
    let world = World::new().await;
    let asks_for_login = |attempt: &SignInAttempt| attempt.url.contains("prompt=login");
    let first = world.service.begin(CallbackRoute::DeepLink, true).await.unwrap();
    let retry = world.service.begin(CallbackRoute::LoopbackPort, false).await.unwrap();
    assert!(asks_for_login(&first) && asks_for_login(&retry));
    world.service.cancel().await.unwrap();
    assert!(!asks_for_login(&world.service.begin(CallbackRoute::LoopbackPort, false).await.unwrap()));
}
