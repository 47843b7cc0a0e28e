//! Which key is used and where a key is stored, with a keychain that the test locks and unlocks.

use super::*;
use async_trait::async_trait;

/// A keychain that the test controls.
struct FakeKeychain {
    entries: RwLock<BTreeMap<String, Secret>>,
    state: RwLock<StoreState>,
    /// Whether it refuses every write.
    refuses: RwLock<bool>,
    /// Number of calls to it.
    calls: RwLock<usize>,
}

impl FakeKeychain {
    fn new(state: StoreState) -> Arc<FakeKeychain> {
        Arc::new(FakeKeychain {
            entries: RwLock::default(),
            state: RwLock::new(state),
            refuses: RwLock::default(),
            calls: RwLock::default(),
        })
    }

    fn set_state(&self, state: StoreState) {
        *self.state.write().unwrap() = state;
    }

    fn entry(&self, name: &str) -> Option<String> {
        self.entries.read().unwrap().get(name).map(|secret| secret.expose().to_owned())
    }

    fn count_call(&self) -> Result<(), SecretError> {
        *self.calls.write().unwrap() += 1;
        match *self.state.read().unwrap() {
            StoreState::Ready => Ok(()),
            StoreState::Locked => Err(SecretError::Locked),
            StoreState::NotSetUp => Err(SecretError::NotSetUp),
            StoreState::Absent => Err(SecretError::Absent),
        }
    }
}

#[async_trait]
impl SecretStore for FakeKeychain {
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        self.count_call()?;
        Ok(self.entries.read().unwrap().get(name).cloned())
    }

    async fn set(&self, name: &str, value: &Secret) -> Result<(), SecretError> {
        self.count_call()?;
        if *self.refuses.read().unwrap() {
            return Err(SecretError::Refused("it is full".to_owned()));
        }
        self.entries.write().unwrap().insert(name.to_owned(), value.clone());
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<(), SecretError> {
        self.count_call()?;
        self.entries.write().unwrap().remove(name);
        Ok(())
    }

    async fn state(&self) -> StoreState {
        *self.state.read().unwrap()
    }

    /// The person unlocks the keychain at once.
    async fn unlock(&self) -> Result<(), SecretError> {
        self.set_state(StoreState::Ready);
        Ok(())
    }
}

fn keys(environment: &[(&str, &str)], fake: &Arc<FakeKeychain>) -> Keys {
    Keys::new(&Environment::from_variables(environment), Arc::clone(fake) as Arc<dyn SecretStore>)
}

fn value(keys: &Keys) -> Option<String> {
    keys.get("anthropic").map(|secret| secret.expose().to_owned())
}

fn source(keys: &Keys) -> Option<KeySource> {
    keys.list().first().map(|key| key.source)
}

#[tokio::test]
async fn a_key_is_stored_in_the_keychain_for_the_next_run() {
    let fake = FakeKeychain::new(StoreState::Ready);
    keys(&[], &fake).set("anthropic", " sk-one\n").await.unwrap();
    assert_eq!(fake.entry("anthropic").as_deref(), Some("sk-one"));
    let next = keys(&[], &fake);
    assert_eq!(value(&next), None, "the keychain is read only by refresh");
    next.refresh().await;
    assert_eq!((value(&next).as_deref(), source(&next)), (Some("sk-one"), Some(KeySource::Keychain)));
    next.remove("anthropic").await.unwrap();
    assert_eq!((value(&next), fake.entry("anthropic")), (None, None));
}

#[tokio::test]
async fn the_environment_takes_precedence_and_the_keychain_is_not_read() {
    let fake = FakeKeychain::new(StoreState::Ready);
    let keys = keys(&[("ANTHROPIC_API_KEY", "sk-environment "), ("OPENAI_API_KEY", "sk-other")], &fake);
    keys.refresh().await;
    assert_eq!(*fake.calls.read().unwrap(), 0);
    keys.set("anthropic", "sk-stored").await.unwrap();
    assert_eq!((value(&keys).as_deref(), source(&keys)), (Some("sk-environment"), Some(KeySource::Environment)));
    assert_eq!(fake.entry("anthropic").as_deref(), Some("sk-stored"));
    keys.remove("anthropic").await.unwrap();
    assert_eq!((value(&keys).as_deref(), fake.entry("anthropic")), (Some("sk-environment"), None));
}

#[tokio::test]
async fn a_locked_keychain_gets_the_key_once_it_is_unlocked() {
    let fake = FakeKeychain::new(StoreState::Locked);
    let keys = keys(&[], &fake);
    keys.set("anthropic", "sk-one").await.unwrap();
    assert_eq!((value(&keys).as_deref(), source(&keys)), (Some("sk-one"), Some(KeySource::Memory)));
    assert!(keys.is_waiting_for_unlock().await);
    keys.refresh().await;
    assert_eq!(source(&keys), Some(KeySource::Memory));
    keys.unlock().await;
    assert_eq!((source(&keys), fake.entry("anthropic").as_deref()), (Some(KeySource::Keychain), Some("sk-one")));
    assert!(!keys.is_waiting_for_unlock().await);
}

#[tokio::test]
async fn without_a_keychain_a_key_is_only_in_memory() {
    let fake = FakeKeychain::new(StoreState::Absent);
    let keys = keys(&[], &fake);
    keys.set("anthropic", "sk-one").await.unwrap();
    assert_eq!((value(&keys).as_deref(), source(&keys)), (Some("sk-one"), Some(KeySource::Memory)));
    assert!(!keys.is_waiting_for_unlock().await);
    keys.remove("anthropic").await.unwrap();
    assert_eq!(value(&keys), None);
}

#[tokio::test]
async fn removing_a_key_fails_if_the_keychain_may_still_contain_it() {
    let fake = FakeKeychain::new(StoreState::Ready);
    let keys = keys(&[], &fake);
    keys.set("anthropic", "sk-one").await.unwrap();
    fake.set_state(StoreState::Locked);
    let error = keys.remove("anthropic").await.unwrap_err();
    assert!(error.to_string().contains("may still contain it"), "{error}");
    assert_eq!(value(&keys), None, "the key is no longer used");
}

#[tokio::test]
async fn an_invalid_key_is_refused_and_not_repeated_in_the_error() {
    let keys = keys(&[], &FakeKeychain::new(StoreState::Ready));
    for (name, value) in [("anthropic", ""), ("anthropic", "sk canary"), ("sk-canary", "x")] {
        let error = wire::Error::from(keys.set(name, value).await.unwrap_err());
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn a_key_that_the_keychain_refuses_is_not_used_in_place_of_the_stored_one() {
    let fake = FakeKeychain::new(StoreState::Ready);
    let keys = keys(&[], &fake);
    keys.set("anthropic", "sk-one").await.unwrap();
    *fake.refuses.write().unwrap() = true;
    let error = keys.set("anthropic", "sk-canary").await.unwrap_err();
    assert!(error.to_string().contains("was not stored") && !format!("{error:?}").contains("canary"), "{error:?}");
    assert_eq!((value(&keys).as_deref(), fake.entry("anthropic").as_deref()), (Some("sk-one"), Some("sk-one")));
    let error = keys.set("anthropic", &"x".repeat(MAX_KEY_BYTES + 1)).await.unwrap_err();
    assert!(error.to_string().contains("longer than"), "{error}");
}

#[tokio::test]
async fn without_a_keychain_yet_the_system_offers_to_create_one() {
    let fake = FakeKeychain::new(StoreState::NotSetUp);
    let keys = keys(&[], &fake);
    keys.set("anthropic", "sk-one").await.unwrap();
    assert_eq!(keys.keychain().await.state, KeychainState::NotSetUp);
    assert!(keys.is_waiting_for_unlock().await);
    keys.unlock().await;
    assert_eq!((source(&keys), fake.entry("anthropic").as_deref()), (Some(KeySource::Keychain), Some("sk-one")));
}
