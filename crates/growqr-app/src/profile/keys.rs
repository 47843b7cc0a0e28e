//! Keys for model providers: from the environment, else from the system's keychain, else from memory for this run only.
//!
//! The known keys are kept in memory, so that getting a key never waits; [`Keys::refresh`] reads the keychain. This
//! file writes keys to the keychain and nowhere else.

use crate::error::AppError;
use crate::profile::home::{Environment, Home};
use growqr_core::secret::{Secret, SecretError, SecretStore, StoreState};
use growqr_secrets::Keychain;
use growqr_wire as wire;
use growqr_wire::{Key, KeySource, KeychainState};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// The providers that take a key, and the environment variable of each.
const PROVIDERS: [(&str, &str); 2] = [("anthropic", "ANTHROPIC_API_KEY"), ("openai", "OPENAI_API_KEY")];

/// The keys that a host would have, if one ran, and the state of the keychain.
pub(crate) async fn keys_without_host(home: &Home, environment: &Environment) -> (Vec<Key>, wire::Keychain) {
    let keys = Keys::new(environment, keychain(home));
    keys.refresh().await;
    (keys.list(), keys.keychain().await)
}

/// Lets the system ask the person to unlock the keychain. Returns false if it is still locked after a while.
pub async fn unlock_keychain(home: &Home) -> bool {
    keychain(home).unlock().await.is_ok()
}

/// True if the keychain has a key of this profile. False if the keychain is locked: what it has is then not known.
pub(crate) async fn is_any_kept(home: &Home) -> bool {
    let keychain = keychain(home);
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
pub(crate) fn keychain(home: &Home) -> Arc<dyn SecretStore> {
    Arc::new(Keychain::new(home.secrets_namespace()))
}

/// The known keys of one profile.
pub(crate) struct Keys {
    environment: BTreeMap<&'static str, Secret>,
    store: Arc<dyn SecretStore>,
    kept: RwLock<BTreeMap<&'static str, Kept>>,
    /// Locked while the keychain is read or changed, so that an older result never replaces a newer one.
    turn: Mutex<()>,
}

/// A key that is not from the environment.
struct Kept {
    value: Secret,
    in_keychain: bool,
}

impl Keys {
    /// Starts with the keys of the environment; the keychain is not read.
    pub(crate) fn new(environment: &Environment, store: Arc<dyn SecretStore>) -> Keys {
        let known =
            |(name, variable): &(&'static str, &str)| environment.get(variable).map(|value| (*name, Secret::new(value.trim())));
        Keys { environment: PROVIDERS.iter().filter_map(known).collect(), store, kept: RwLock::default(), turn: Mutex::default() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Secret> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        self.environment.get(name).or_else(|| kept.get(name).map(|kept| &kept.value)).cloned()
    }

    /// Stores a key. If the keychain does not accept it, the key stays in memory, and [`Keys::list`] says so.
    pub(crate) async fn set(&self, name: &str, value: &str) -> Result<(), AppError> {
        let name = known(name)?;
        let value = checked(value)?;
        let _turn = self.turn.lock().await;
        let stored = self.store.set(name, &value).await;
        self.keep(name, value, stored.is_ok());
        Ok(())
    }

    /// Removes a key from memory and from the keychain. A key in the environment stays.
    ///
    /// # Errors
    /// If the keychain might still have it.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), AppError> {
        let name = known(name)?;
        let _turn = self.turn.lock().await;
        let removed = self.store.remove(name).await;
        self.kept.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        match removed {
            Ok(()) | Err(SecretError::Absent) => Ok(()),
            Err(error) => Err(AppError::bad(
                format!("the key is no longer used, but one may still be kept: {error}"),
                "Unlock the keychain, then remove the key again.",
            )),
        }
    }

    /// Reads keys from the keychain, and stores the keys that are only in memory there. Without a keychain nothing
    /// changes.
    pub(crate) async fn refresh(&self) {
        let _turn = self.turn.lock().await;
        for (name, _) in PROVIDERS {
            let pending = {
                let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
                kept.get(name).map(|kept| (kept.value.clone(), kept.in_keychain))
            };
            let done = match pending {
                Some((_, true)) => Ok(()),
                Some((value, false)) => self.store.set(name, &value).await.map(|()| self.keep(name, value, true)),
                None if self.environment.contains_key(name) => Ok(()),
                None => self.store.get(name).await.map(|found| {
                    if let Some(value) = found {
                        self.keep(name, value, true);
                    }
                }),
            };
            if done.is_err() {
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
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let source = |name: &str| match (self.environment.contains_key(name), kept.get(name)) {
            (true, _) => Some(KeySource::Environment),
            (false, Some(kept)) if kept.in_keychain => Some(KeySource::Keychain),
            (false, Some(_)) => Some(KeySource::Memory),
            (false, None) => None,
        };
        PROVIDERS.iter().filter_map(|(name, _)| source(name).map(|source| Key { name: (*name).to_owned(), source })).collect()
    }

    /// True if a key is only in memory because the keychain is locked.
    pub(crate) async fn waits_for_unlocking(&self) -> bool {
        let waits = self.kept.read().unwrap_or_else(PoisonError::into_inner).values().any(|kept| !kept.in_keychain);
        waits && self.store.state().await == StoreState::Locked
    }

    pub(crate) async fn keychain(&self) -> wire::Keychain {
        described(self.store.state().await)
    }

    fn keep(&self, name: &'static str, value: Secret, in_keychain: bool) {
        self.kept.write().unwrap_or_else(PoisonError::into_inner).insert(name, Kept { value, in_keychain });
    }
}

/// The keychain's state for people.
pub(crate) fn described(state: StoreState) -> wire::Keychain {
    let (state, found, next_step) = match state {
        StoreState::Ready => (KeychainState::Ready, "keys are kept in the system's keychain", None),
        StoreState::Locked => (
            KeychainState::Locked,
            "the system's keychain is locked or does not answer; until it does, keys are in memory only",
            Some("Unlock it in the system's password settings, or sign in to the desktop again; then look again."),
        ),
        StoreState::Absent => (
            KeychainState::Absent,
            "this system has no keychain that GrowQR can use, so keys are in memory only and asked for again",
            Some("Start a keychain such as GNOME Keyring or KWallet, or set ANTHROPIC_API_KEY in the environment."),
        ),
    };
    wire::Keychain { state, found: found.to_owned(), next_step: next_step.map(str::to_owned) }
}

/// The known provider of this name. The error does not repeat the name: it may be the key itself.
pub(crate) fn known(name: &str) -> Result<&'static str, AppError> {
    let found = PROVIDERS.iter().find(|(known, _)| *known == name);
    found.map(|(known, _)| *known).ok_or_else(|| AppError::Missing {
        what: "provider of that name that needs a key".to_owned(),
        next_step: "The keys that can be set are: anthropic, openai".to_owned(),
    })
}

/// Checks a key, and removes white space around it.
pub(crate) fn checked(value: &str) -> Result<Secret, AppError> {
    let value = value.trim();
    if value.is_empty() || value.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(AppError::bad(
            "that is not a key: it is empty or has spaces in it",
            "Copy the whole key from the provider's console.",
        ));
    }
    Ok(Secret::new(value))
}

#[cfg(test)]
mod tests;
