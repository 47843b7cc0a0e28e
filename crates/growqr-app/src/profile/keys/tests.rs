//! Which key is used and where a key is stored, with a keychain that the test locks and unlocks.

use super::*;
use async_trait::async_trait;

/// A keychain that the test controls.
struct Fake {
    entries: RwLock<BTreeMap<String, Secret>>,
    state: RwLock<StoreState>,
    /// Number of calls to it.
    asked: RwLock<usize>,
}

impl Fake {
    fn new(state: StoreState) -> Arc<Fake> {
        Arc::new(Fake { entries: RwLock::default(), state: RwLock::new(state), asked: RwLock::default() })
    }

    fn is_now(&self, state: StoreState) {
        *self.state.write().unwrap() = state;
    }

    fn has(&self, name: &str) -> Option<String> {
        self.entries.read().unwrap().get(name).map(|secret| secret.expose().to_owned())
    }

    fn asked(&self) -> Result<(), SecretError> {
        *self.asked.write().unwrap() += 1;
        match *self.state.read().unwrap() {
            StoreState::Ready => Ok(()),
            StoreState::Locked => Err(SecretError::Locked),
            StoreState::Absent => Err(SecretError::Absent),
        }
    }
}

#[async_trait]
impl SecretStore for Fake {
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        self.asked()?;
        Ok(self.entries.read().unwrap().get(name).cloned())
    }

    async fn set(&self, name: &str, value: &Secret) -> Result<(), SecretError> {
        self.asked()?;
        self.entries.write().unwrap().insert(name.to_owned(), value.clone());
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<(), SecretError> {
        self.asked()?;
        self.entries.write().unwrap().remove(name);
        Ok(())
    }

    async fn state(&self) -> StoreState {
        *self.state.read().unwrap()
    }

    /// The person unlocks the keychain at once.
    async fn unlock(&self) -> Result<(), SecretError> {
        self.is_now(StoreState::Ready);
        Ok(())
    }
}

fn keys(environment: &[(&str, &str)], fake: &Arc<Fake>) -> Keys {
    Keys::new(&Environment::from_variables(environment), Arc::clone(fake) as Arc<dyn SecretStore>)
}

fn value(keys: &Keys) -> Option<String> {
    keys.get("anthropic").map(|secret| secret.expose().to_owned())
}

fn source(keys: &Keys) -> Option<KeySource> {
    keys.list().first().map(|key| key.source)
}

#[tokio::test]
async fn a_key_goes_into_the_keychain_and_is_there_for_the_next_run() {
    let fake = Fake::new(StoreState::Ready);
    keys(&[], &fake).set("anthropic", " sk-one\n").await.unwrap();
    assert_eq!(fake.has("anthropic").as_deref(), Some("sk-one"));
    let next = keys(&[], &fake);
    assert_eq!(value(&next), None, "the keychain is read when that is asked for");
    next.refresh().await;
    assert_eq!((value(&next).as_deref(), source(&next)), (Some("sk-one"), Some(KeySource::Keychain)));
    next.remove("anthropic").await.unwrap();
    assert_eq!((value(&next), fake.has("anthropic")), (None, None));
}

#[tokio::test]
async fn the_environment_comes_first_and_leaves_the_keychain_alone() {
    let fake = Fake::new(StoreState::Ready);
    let keys = keys(&[("ANTHROPIC_API_KEY", "sk-environment "), ("OPENAI_API_KEY", "sk-other")], &fake);
    keys.refresh().await;
    assert_eq!(*fake.asked.read().unwrap(), 0);
    keys.set("anthropic", "sk-kept").await.unwrap();
    assert_eq!((value(&keys).as_deref(), source(&keys)), (Some("sk-environment"), Some(KeySource::Environment)));
    assert_eq!(fake.has("anthropic").as_deref(), Some("sk-kept"));
    keys.remove("anthropic").await.unwrap();
    assert_eq!((value(&keys).as_deref(), fake.has("anthropic")), (Some("sk-environment"), None));
}

#[tokio::test]
async fn a_locked_keychain_gets_the_key_once_it_is_unlocked() {
    let fake = Fake::new(StoreState::Locked);
    let keys = keys(&[], &fake);
    keys.set("anthropic", "sk-one").await.unwrap();
    assert_eq!((value(&keys).as_deref(), source(&keys)), (Some("sk-one"), Some(KeySource::Memory)));
    assert!(keys.is_waiting_for_unlock().await);
    keys.refresh().await;
    assert_eq!(source(&keys), Some(KeySource::Memory));
    keys.unlock().await;
    assert_eq!((source(&keys), fake.has("anthropic").as_deref()), (Some(KeySource::Keychain), Some("sk-one")));
    assert!(!keys.is_waiting_for_unlock().await);
}

#[tokio::test]
async fn without_a_keychain_a_key_lives_in_memory() {
    let fake = Fake::new(StoreState::Absent);
    let keys = keys(&[], &fake);
    keys.set("anthropic", "sk-one").await.unwrap();
    assert_eq!((value(&keys).as_deref(), source(&keys)), (Some("sk-one"), Some(KeySource::Memory)));
    assert!(!keys.is_waiting_for_unlock().await);
    keys.remove("anthropic").await.unwrap();
    assert_eq!(value(&keys), None);
}

#[tokio::test]
async fn a_key_that_may_still_be_kept_is_not_called_removed() {
    let fake = Fake::new(StoreState::Ready);
    let keys = keys(&[], &fake);
    keys.set("anthropic", "sk-one").await.unwrap();
    fake.is_now(StoreState::Locked);
    let error = keys.remove("anthropic").await.unwrap_err();
    assert!(error.to_string().contains("may still be kept"), "{error}");
    assert_eq!(value(&keys), None, "it is not used any more");
}

#[tokio::test]
async fn what_is_no_key_is_refused_and_never_repeated() {
    let keys = keys(&[], &Fake::new(StoreState::Ready));
    for (name, value) in [("anthropic", ""), ("anthropic", "sk canary"), ("sk-canary", "x")] {
        let error = wire::Error::from(keys.set(name, value).await.unwrap_err());
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}
