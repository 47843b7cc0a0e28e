//! The tokens of containers. Only their hashes are kept.

use growqr_core::id::hex;
use growqr_core::secret::Secret;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use subtle::ConstantTimeEq;

/// The valid tokens, one for each container.
#[derive(Default)]
pub struct Tokens {
    hashes: Mutex<HashMap<String, [u8; 32]>>,
}

impl Tokens {
    /// Makes the token of a container from random bytes. Its earlier token becomes invalid.
    #[must_use]
    pub fn register(&self, container: &str, random: [u8; 32]) -> Secret {
        let token = Secret::new(format!("growqr-{}", hex(&random)));
        self.register_existing(container, &token);
        token
    }

    /// Accepts a token that was made earlier, such as that of a container that is still running. The container's earlier token
    /// becomes invalid.
    pub fn register_existing(&self, container: &str, token: &Secret) {
        self.lock().insert(container.to_owned(), hash(token.expose()));
    }

    /// The container's token is no longer valid. Calls that are under way go on.
    pub fn revoke(&self, container: &str) {
        self.lock().remove(container);
    }

    /// The container that has this token. Takes the same time for every token.
    pub(crate) fn container(&self, token: &str) -> Option<String> {
        let given = hash(token);
        let mut found = None;
        for (container, known) in self.lock().iter() {
            if bool::from(known.ct_eq(&given)) {
                found = Some(container.clone());
            }
        }
        found
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, [u8; 32]>> {
        self.hashes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_valid_until_it_is_replaced_or_revoked() {
        let tokens = Tokens::default();
        let first = tokens.register("one", [1; 32]);
        assert_eq!(tokens.container(first.expose()), Some("one".to_owned()));
        let second = tokens.register("one", [2; 32]);
        assert_eq!(tokens.container(first.expose()), None);
        assert_eq!(tokens.container(second.expose()), Some("one".to_owned()));
        tokens.revoke("one");
        assert_eq!(tokens.container(second.expose()), None);
        assert_eq!(tokens.container(""), None);
    }
}
