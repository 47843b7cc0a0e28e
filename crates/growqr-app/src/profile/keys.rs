//! Keys for model providers: from the environment, else from the system's keychain, else from memory for this run only.
//!
//! The keys are cached in memory, so that getting a key never waits; [`Keys::refresh`] reads the keychain. This file
//! writes keys to the keychain and nowhere else.

use crate::error::AppError;
use crate::profile::location::{Environment, Profile};
use growqr_core::secret::{Secret, SecretError, SecretStore, StoreState};
use growqr_secrets::Keychain;
use growqr_wire as wire;
use growqr_wire::{Key, KeySource, KeychainState};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// The providers that take a key, and the environment variable of each.
const PROVIDERS: [(&str, &str); 2] = [("anthropic", "ANTHROPIC_API_KEY"), ("openai", "OPENAI_API_KEY")];

/// The longest key, in bytes.
const MAX_KEY_BYTES: usize = 16 * 1024;

/// The keys that a host would have, if one ran, and the state of the keychain.
pub(crate) async fn keys_without_host(profile: &Profile, environment: &Environment) -> (Vec<Key>, wire::Keychain) {
    let keys = Keys::new(environment, keychain(profile));
    keys.refresh().await;
    (keys.list(), keys.keychain().await)
}

/// Lets the system ask the person to unlock the keychain. Returns false if it is still locked after a while.
pub async fn unlock_keychain(profile: &Profile) -> bool {
    keychain(profile).unlock().await.is_ok()
}

/// True if the keychain has a key of this profile. Also false if the keychain cannot be read, for example because it is
/// locked.
pub(crate) async fn has_stored_key(profile: &Profile) -> bool {
    let keychain = keychain(profile);
    for (name, _) in PROVIDERS {
        match keychain.get(name).await {
            Ok(Some(_)) => return true,
            Ok(None) => {}
            Err(_) => return false,
        }
    }
    false
}

/// The keychain, with the entries of this profile only.
pub(crate) fn keychain(profile: &Profile) -> Arc<dyn SecretStore> {
    Arc::new(Keychain::new(profile.secrets_namespace()))
}

/// The keychain for what belongs to containers and not to a place of the data folder: the names of its entries have their label.
pub(crate) fn containers_keychain(profile: &Profile) -> Arc<dyn SecretStore> {
    Arc::new(Keychain::new(profile.id().to_string()))
}

/// The keys of one profile.
pub(crate) struct Keys {
    environment: BTreeMap<&'static str, Secret>,
    store: Arc<dyn SecretStore>,
    entries: RwLock<BTreeMap<&'static str, KeyEntry>>,
    /// Locked while the keychain is read or changed, so that an older result never replaces a newer one.
    keychain_lock: Mutex<()>,
}

/// A key that is not from the environment.
struct KeyEntry {
    value: Secret,
    in_keychain: bool,
}

impl Keys {
    /// Starts with the keys of the environment; the keychain is not read.
    pub(crate) fn new(environment: &Environment, store: Arc<dyn SecretStore>) -> Keys {
        let from_environment =
            |(name, variable): &(&'static str, &str)| environment.get(variable).map(|value| (*name, Secret::new(value.trim())));
        Keys {
            environment: PROVIDERS.iter().filter_map(from_environment).collect(),
            store,
            entries: RwLock::default(),
            keychain_lock: Mutex::default(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Secret> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        self.environment.get(name).or_else(|| entries.get(name).map(|entry| &entry.value)).cloned()
    }

    /// Stores a key. While the keychain is locked or there is none, the key stays in memory, and [`Keys::list`] says so.
    ///
    /// # Errors
    /// If the keychain refuses this key. Nothing is changed then: the earlier key stays in use.
    pub(crate) async fn set(&self, name: &str, value: &str) -> Result<(), AppError> {
        let name = provider_name(name)?;
        let value = parse_key(value)?;
        let _lock = self.keychain_lock.lock().await;
        let in_keychain = match self.store.set(name, &value).await {
            Ok(()) => true,
            Err(SecretError::Locked | SecretError::NotSetUp | SecretError::Absent) => false,
            Err(error @ SecretError::Refused(_)) => {
                let variable = PROVIDERS.iter().find(|(known, _)| *known == name).map_or("", |(_, variable)| *variable);
                return Err(AppError::bad_request(
                    format!("the key was not stored and is not used: {error}"),
                    format!("Try again, or set {variable} in the environment."),
                ));
            }
        };
        self.insert(name, value, in_keychain);
        Ok(())
    }

    /// Removes a key from memory and from the keychain. A key in the environment stays.
    ///
    /// # Errors
    /// If the keychain might still have it.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), AppError> {
        let name = provider_name(name)?;
        let _lock = self.keychain_lock.lock().await;
        let removed = self.store.remove(name).await;
        self.entries.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        match removed {
            Ok(()) | Err(SecretError::Absent) => Ok(()),
            Err(error) => Err(AppError::bad_request(
                format!("the key is no longer used, but the keychain may still contain it: {error}"),
                "Unlock the keychain, then remove the key again.",
            )),
        }
    }

    /// Reads keys from the keychain, and stores the keys that are only in memory there. Without a keychain nothing
    /// changes.
    pub(crate) async fn refresh(&self) {
        let _lock = self.keychain_lock.lock().await;
        for (name, _) in PROVIDERS {
            let entry = {
                let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
                entries.get(name).map(|entry| (entry.value.clone(), entry.in_keychain))
            };
            let result = match entry {
                Some((_, true)) => Ok(()),
                Some((value, false)) => self.store.set(name, &value).await.map(|()| self.insert(name, value, true)),
                None if self.environment.contains_key(name) => Ok(()),
                None => self.store.get(name).await.map(|found| {
                    if let Some(value) = found {
                        self.insert(name, value, true);
                    }
                }),
            };
            if result.is_err() {
                return;
            }
        }
    }

    /// Lets the system ask the person to unlock the keychain, then refreshes the keys.
    pub(crate) async fn unlock(&self) {
        if self.store.unlock().await.is_ok() {
            self.refresh().await;
        }
    }

    /// Every key that is in use, by name.
    pub(crate) fn list(&self) -> Vec<Key> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let source = |name: &str| match (self.environment.contains_key(name), entries.get(name)) {
            (true, _) => Some(KeySource::Environment),
            (false, Some(entry)) if entry.in_keychain => Some(KeySource::Keychain),
            (false, Some(_)) => Some(KeySource::Memory),
            (false, None) => None,
        };
        PROVIDERS.iter().filter_map(|(name, _)| source(name).map(|source| Key { name: (*name).to_owned(), source })).collect()
    }

    /// True if a key is only in memory because the keychain is locked or not set up.
    pub(crate) async fn is_waiting_for_unlock(&self) -> bool {
        let has_unsaved = self.entries.read().unwrap_or_else(PoisonError::into_inner).values().any(|entry| !entry.in_keychain);
        has_unsaved && matches!(self.store.state().await, StoreState::Locked | StoreState::NotSetUp)
    }

    pub(crate) async fn keychain(&self) -> wire::Keychain {
        keychain_view(self.store.state().await)
    }

    fn insert(&self, name: &'static str, value: Secret, in_keychain: bool) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).insert(name, KeyEntry { value, in_keychain });
    }
}

/// The keychain's state for people.
pub(crate) fn keychain_view(state: StoreState) -> wire::Keychain {
    let (state, found, next_step) = match state {
        StoreState::Ready => (KeychainState::Ready, "keys are stored in the system's keychain", None),
        StoreState::Locked => (
            KeychainState::Locked,
            "the system's keychain is locked or does not answer; until it is unlocked, keys are in memory only, and the stored ones are used again after a restart",
            Some("Unlock it in the system's password settings, or sign in to the desktop again; then check again."),
        ),
        StoreState::NotSetUp => (
            KeychainState::NotSetUp,
            "there is no keychain yet, so keys are in memory only and must be entered again after a restart",
            Some("Store a key: GrowQR then lets the system ask you for the password of a new keychain."),
        ),
        StoreState::Absent => (
            KeychainState::Absent,
            "this system has no keychain that GrowQR can use, so keys are in memory only and must be entered again after a restart",
            Some("Start a keychain such as GNOME Keyring or KWallet, or set ANTHROPIC_API_KEY in the environment."),
        ),
    };
    wire::Keychain { state, found: found.to_owned(), next_step: next_step.map(str::to_owned) }
}

/// The first variable of the environment whose value cannot be a key.
pub(crate) fn broken_key_variable(environment: &Environment) -> Option<&'static str> {
    let is_broken = |variable: &str| environment.get(variable).is_some_and(|value| parse_key(value).is_err());
    PROVIDERS.iter().map(|(_, variable)| *variable).find(|variable| is_broken(variable))
}

/// The known provider of this name. The error does not repeat the name: it may be the key itself.
pub(crate) fn provider_name(name: &str) -> Result<&'static str, AppError> {
    let found = PROVIDERS.iter().find(|(known, _)| *known == name);
    found.map(|(known, _)| *known).ok_or_else(|| AppError::Missing {
        what: "provider of that name that needs a key".to_owned(),
        next_step: "Keys can be set for: anthropic, openai".to_owned(),
    })
}

/// Checks a key, and removes white space around it.
pub(crate) fn parse_key(value: &str) -> Result<Secret, AppError> {
    let value = value.trim();
    if value.len() > MAX_KEY_BYTES {
        return Err(AppError::bad_request(
            format!("this is not a key: it is longer than {MAX_KEY_BYTES} bytes"),
            "Copy the key from the provider's console, and nothing else.",
        ));
    }
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(AppError::bad_request(
            "this is not a key: it is empty, or has spaces or characters that no key has",
            "Copy the whole key from the provider's console.",
        ));
    }
    Ok(Secret::new(value))
}

#[cfg(test)]
mod tests;
