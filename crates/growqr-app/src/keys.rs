//! Keys of the person, for this run of the program only: from the environment, or told to the running host.

use crate::error::AppError;
use crate::home::Environment;
use growqr_wire::{Key, Secret};
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// The providers that take a key, and the environment variable of each.
const PROVIDERS: [(&str, &str); 2] = [("anthropic", "ANTHROPIC_API_KEY"), ("openai", "OPENAI_API_KEY")];

/// The keys that a process with this environment starts with; never their values.
#[must_use]
pub fn keys_of(environment: &Environment) -> Vec<Key> {
    Keys::from_environment(environment).list()
}

/// The keys that are known.
pub(crate) struct Keys {
    known: RwLock<BTreeMap<String, (Secret, &'static str)>>,
}

impl Keys {
    pub(crate) fn from_environment(environment: &Environment) -> Keys {
        let known = PROVIDERS
            .iter()
            .filter_map(|(name, variable)| {
                environment.get(variable).map(|value| ((*name).to_owned(), (Secret(value.to_owned()), "environment")))
            })
            .collect();
        Keys { known: RwLock::new(known) }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Secret> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(name).map(|(secret, _)| secret.clone())
    }

    pub(crate) fn set(&self, name: &str, value: Option<Secret>) -> Result<(), AppError> {
        if !PROVIDERS.iter().any(|(known, _)| *known == name) {
            return Err(AppError::Missing {
                what: format!("key called {name:?}"),
                next_step: "The keys that can be set are: anthropic, openai".to_owned(),
            });
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match value.map(|secret| Secret(secret.0.trim().to_owned())) {
            Some(secret) if secret.0.is_empty() || secret.0.chars().any(|c| c.is_control() || c.is_whitespace()) => {
                return Err(AppError::bad(
                    "that is not a key: it is empty or has spaces in it",
                    "Copy the whole key from the provider's console.",
                ));
            }
            Some(secret) => drop(known.insert(name.to_owned(), (secret, "memory"))),
            None => drop(known.remove(name)),
        }
        Ok(())
    }

    pub(crate) fn list(&self) -> Vec<Key> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().map(|(name, (_, source))| Key { name: name.clone(), source: (*source).to_owned() }).collect()
    }
}
