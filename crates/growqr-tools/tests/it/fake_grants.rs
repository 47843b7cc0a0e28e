//! A keychain in memory, which several programs share.

use async_trait::async_trait;
use growqr_core::secret::Secret;
use growqr_tools::ServerName;
use growqr_tools::sign_in::{Grants, GrantsError};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The keychain.
#[derive(Default)]
pub struct FakeGrants {
    kept: Mutex<BTreeMap<String, Secret>>,
    lock: Arc<tokio::sync::Mutex<()>>,
    /// Nothing is saved any more, and no answer comes: the program is killed at that moment.
    pub is_killed_at_save: AtomicBool,
    /// Nothing is saved.
    pub takes_nothing: AtomicBool,
    /// Nothing can be read or saved.
    pub is_locked: AtomicBool,
}

impl FakeGrants {
    /// What the next program finds.
    pub fn after_kill(&self) -> Arc<FakeGrants> {
        let kept = Mutex::new(self.kept.lock().expect("no panic").clone());
        Arc::new(FakeGrants { kept, ..FakeGrants::default() })
    }

    pub fn count(&self) -> usize {
        self.kept.lock().expect("no panic").len()
    }

    fn open(&self) -> Result<std::sync::MutexGuard<'_, BTreeMap<String, Secret>>, GrantsError> {
        if self.is_locked.load(Ordering::Relaxed) {
            return Err(GrantsError("the keychain is locked".to_owned()));
        }
        Ok(self.kept.lock().expect("no panic"))
    }
}

#[async_trait]
impl Grants for FakeGrants {
    async fn load(&self, server: &ServerName, url: &str) -> Result<Option<Secret>, GrantsError> {
        tokio::task::yield_now().await;
        Ok(self.open()?.get(&format!("{server} {url}")).cloned())
    }

    async fn save(&self, server: &ServerName, url: &str, grant: &Secret) -> Result<(), GrantsError> {
        tokio::task::yield_now().await;
        if self.is_killed_at_save.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        if self.takes_nothing.load(Ordering::Relaxed) {
            return Err(GrantsError("it takes nothing".to_owned()));
        }
        self.open()?.insert(format!("{server} {url}"), grant.clone());
        Ok(())
    }

    async fn forget(&self, server: &ServerName, url: &str) -> Result<(), GrantsError> {
        tokio::task::yield_now().await;
        self.open()?.remove(&format!("{server} {url}"));
        Ok(())
    }

    async fn lock(&self, _server: &ServerName) -> Box<dyn Send> {
        Box::new(Arc::clone(&self.lock).lock_owned().await)
    }
}
