//! The random credentials of a profile's containers: in the system's keychain, or else in a file that only this user can
//! read. None of them is a key of the person. They belong to the label of the containers: a data folder that was moved keeps them,
//! and a copy gets others.

use crate::error::AppError;
use crate::profile::location::Profile;
use crate::profile::private_file;
use growqr_core::secret::{Secret, SecretStore};
use rand::distr::{Alphanumeric, SampleString};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// The name of the keychain's entry, before the label of the containers. Earlier versions had an entry without one for each place
/// of a data folder.
const ENTRY: &str = "stack";

/// The credentials. They are as old as the volumes: Gitea's key encrypts what Gitea stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// Gitea's `SECRET_KEY`.
    pub(crate) gitea_secret_key: Secret,
    /// The token for Gitea's API and for git; `None` until it was made.
    pub(crate) gitea_token: Option<Secret>,
    /// OpenCode's server password.
    pub(crate) opencode_password: Secret,
    /// What OpenCode shows to the gateway.
    pub(crate) gateway_token: Secret,
}

/// The stored form.
#[derive(Deserialize, Serialize)]
struct Stored {
    gitea_secret_key: String,
    gitea_token: Option<String>,
    opencode_password: String,
    gateway_token: String,
    /// The label of the containers. `None` in a file of earlier versions.
    #[serde(default)]
    install: Option<String>,
}

/// The file that has the credentials of a profile on a computer without a keychain, if there is one.
pub(crate) fn file_in_use(profile: &Profile) -> Option<PathBuf> {
    Some(file_of(profile)).filter(|file| file.exists())
}

fn file_of(profile: &Profile) -> PathBuf {
    profile.folder().join("stack-credentials.json")
}

/// Reads and keeps the credentials of one profile.
pub(crate) struct CredentialStore {
    keychain: Arc<dyn SecretStore>,
    /// Where earlier versions stored them.
    earlier: Arc<dyn SecretStore>,
    file: PathBuf,
    /// The label of the containers, once it is known.
    install: RwLock<Option<String>>,
    /// Held while they are read and made, so that they are made once.
    making: Mutex<()>,
}

impl CredentialStore {
    /// Those of a profile. [`CredentialStore::belong_to`] must be called before they are read.
    pub(crate) fn new(profile: &Profile, keychain: Arc<dyn SecretStore>, earlier: Arc<dyn SecretStore>) -> CredentialStore {
        CredentialStore { keychain, earlier, file: file_of(profile), install: RwLock::default(), making: Mutex::default() }
    }

    /// From now on, those of the containers with this label.
    pub(crate) fn belong_to(&self, install: &str) {
        *self.install.write().unwrap_or_else(PoisonError::into_inner) = Some(install.to_owned());
    }

    fn install(&self) -> Result<String, AppError> {
        let install = self.install.read().unwrap_or_else(PoisonError::into_inner).clone();
        install.ok_or_else(|| AppError::Internal("the label of the containers is not known yet".to_owned()))
    }

    /// The stored credentials; makes and stores them the first time.
    ///
    /// # Errors
    /// If they can be read neither from the keychain nor from the file, or not be stored: then no container may be made with
    /// them. A keychain that is locked may hold them, so none are made while it is locked.
    pub(crate) async fn load(&self) -> Result<Credentials, AppError> {
        let install = self.install()?;
        let _one_at_a_time = self.making.lock().await;
        if let Some(credentials) = self.read_file(&install)? {
            return Ok(credentials);
        }
        if let Some(text) = read_entry(&*self.keychain, &entry(&install)).await? {
            return parse(text.expose());
        }
        if let Some(text) = read_entry(&*self.earlier, ENTRY).await? {
            let credentials = parse(text.expose())?;
            self.write(&credentials, &install).await?;
            // One that stays is only used by a data folder whose containers have no entry.
            let _ = self.earlier.remove(ENTRY).await;
            return Ok(credentials);
        }
        let credentials = Credentials::random();
        self.write(&credentials, &install).await?;
        Ok(credentials)
    }

    /// Stores the token that Gitea has made. It cannot be read back from Gitea.
    pub(crate) async fn save_token(&self, token: Secret) -> Result<Credentials, AppError> {
        let credentials = Credentials { gitea_token: Some(token), ..self.load().await? };
        let install = self.install()?;
        let _one_at_a_time = self.making.lock().await;
        self.write(&credentials, &install).await?;
        Ok(credentials)
    }

    /// Forgets them, after the volumes were removed.
    pub(crate) async fn forget(&self) -> Result<(), AppError> {
        let _one_at_a_time = self.making.lock().await;
        match std::fs::remove_file(&self.file) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(source) => return Err(AppError::file("remove", &self.file, source)),
        }
        // Without a keychain there is nothing to remove; in a locked one, the next containers use the old entry.
        let _ = self.keychain.remove(&entry(&self.install()?)).await;
        let _ = self.earlier.remove(ENTRY).await;
        Ok(())
    }

    /// Writes them where they are, or else into the keychain, or, on a computer without one, into the file.
    async fn write(&self, credentials: &Credentials, install: &str) -> Result<(), AppError> {
        let text = credentials.to_text(install);
        if !self.file.exists() {
            match self.keychain.set(&entry(install), &Secret::new(text.as_str())).await {
                Ok(()) => return Ok(()),
                Err(growqr_core::secret::SecretError::Absent) => {}
                // A locked keychain must not move them into a file without a word.
                Err(error) => {
                    return Err(AppError::bad_request(
                        format!("the passwords of the containers cannot be stored: {error}"),
                        "Unlock the system's keychain, then try again.",
                    ));
                }
            }
        }
        private_file::replace(&self.file, text.as_bytes()).map_err(|source| AppError::file("write", &self.file, source))
    }

    /// Those in the file, unless it is that of other containers: the data folder is a copy.
    fn read_file(&self, install: &str) -> Result<Option<Credentials>, AppError> {
        match std::fs::read_to_string(&self.file) {
            Ok(text) if stored(&text)?.install.is_some_and(|of| of != install) => Ok(None),
            Ok(text) => parse(&text).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(AppError::file("read", &self.file, source)),
        }
    }
}

impl Credentials {
    fn random() -> Credentials {
        let random = |length| Secret::new(Alphanumeric.sample_string(&mut rand::rng(), length));
        Credentials { gitea_secret_key: random(64), gitea_token: None, opencode_password: random(40), gateway_token: random(40) }
    }

    fn to_text(&self, install: &str) -> String {
        let text = |secret: &Secret| secret.expose().to_owned();
        let stored = Stored {
            gitea_secret_key: text(&self.gitea_secret_key),
            gitea_token: self.gitea_token.as_ref().map(text),
            opencode_password: text(&self.opencode_password),
            gateway_token: text(&self.gateway_token),
            install: Some(install.to_owned()),
        };
        serde_json::to_string(&stored).unwrap_or_default()
    }
}

fn entry(install: &str) -> String {
    format!("{ENTRY}-{install}")
}

/// An entry of a keychain. One that is locked may hold it, which is an error.
async fn read_entry(keychain: &dyn SecretStore, entry: &str) -> Result<Option<Secret>, AppError> {
    match keychain.get(entry).await {
        Ok(found) => Ok(found),
        Err(growqr_core::secret::SecretError::Absent) => Ok(None),
        Err(error) => Err(AppError::bad_request(
            format!("the passwords of the containers cannot be read: {error}"),
            "Unlock the system's keychain, then try again.",
        )),
    }
}

fn stored(text: &str) -> Result<Stored, AppError> {
    serde_json::from_str(text).map_err(|_| {
        AppError::bad_request(
            "the stored passwords of the containers cannot be read",
            "Remove the containers and their data with: growqr stack reset. Memory stays on this computer.",
        )
    })
}

fn parse(text: &str) -> Result<Credentials, AppError> {
    let stored = stored(text)?;
    Ok(Credentials {
        gitea_secret_key: Secret::new(stored.gitea_secret_key),
        gitea_token: stored.gitea_token.map(Secret::new),
        opencode_password: Secret::new(stored.opencode_password),
        gateway_token: Secret::new(stored.gateway_token),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::location::Environment;
    use async_trait::async_trait;
    use growqr_core::secret::{SecretError, StoreState};
    use std::collections::BTreeMap;

    /// A keychain that has entries, is locked, or does not exist.
    struct FakeKeychain {
        state: StoreState,
        /// It can be read and not be written.
        refuses_writes: bool,
        entries: std::sync::Mutex<BTreeMap<String, Secret>>,
    }

    impl FakeKeychain {
        fn in_state(state: StoreState) -> Arc<FakeKeychain> {
            Arc::new(FakeKeychain { state, refuses_writes: false, entries: std::sync::Mutex::default() })
        }

        fn check(&self) -> Result<(), SecretError> {
            match self.state {
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
            self.check().map(|()| self.entries.lock().unwrap().get(name).cloned())
        }

        async fn set(&self, name: &str, secret: &Secret) -> Result<(), SecretError> {
            if self.refuses_writes {
                return Err(SecretError::Locked);
            }
            self.check().map(|()| drop(self.entries.lock().unwrap().insert(name.to_owned(), secret.clone())))
        }

        async fn remove(&self, name: &str) -> Result<(), SecretError> {
            self.check().map(|()| drop(self.entries.lock().unwrap().remove(name)))
        }

        async fn state(&self) -> StoreState {
            self.state
        }

        async fn unlock(&self) -> Result<(), SecretError> {
            self.check()
        }
    }

    /// The store of a data folder whose containers have this label, on a computer with this keychain.
    fn labelled(folder: &std::path::Path, keychain: Arc<FakeKeychain>, install: &str) -> CredentialStore {
        let earlier = FakeKeychain::in_state(keychain.state);
        let store = CredentialStore::new(&profile(folder), keychain, earlier);
        store.belong_to(install);
        store
    }

    fn open_store(folder: &std::path::Path, keychain: Arc<FakeKeychain>) -> CredentialStore {
        labelled(folder, keychain, "a")
    }

    fn profile(folder: &std::path::Path) -> Profile {
        let profile = Profile::find(Some(folder), &Environment::default()).unwrap();
        profile.create().unwrap();
        profile
    }

    #[tokio::test]
    async fn the_credentials_are_made_once_and_stay_in_the_keychain() {
        let folder = tempfile::tempdir().unwrap();
        let keychain = FakeKeychain::in_state(StoreState::Ready);
        let open = || open_store(folder.path(), Arc::clone(&keychain));
        let first = open().load().await.unwrap();
        assert_eq!(open().load().await.unwrap(), first);
        let with_token = open().save_token(Secret::new("t")).await.unwrap();
        assert_eq!(open().load().await.unwrap(), with_token);
        assert!(!open().file.exists(), "nothing is on the disk");
        open().forget().await.unwrap();
        assert_ne!(open().load().await.unwrap(), first);
    }

    #[tokio::test]
    async fn without_a_keychain_they_are_in_a_file_of_this_user_only() {
        let folder = tempfile::tempdir().unwrap();
        let store = open_store(folder.path(), FakeKeychain::in_state(StoreState::Absent));
        let first = store.load().await.unwrap();
        assert_eq!(store.load().await.unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&store.file).unwrap().permissions().mode() & 0o077, 0);
        }
        // A keychain that appears later does not hide the credentials with which the volumes were made.
        let later = open_store(folder.path(), FakeKeychain::in_state(StoreState::Ready));
        assert_eq!(later.load().await.unwrap(), first);
    }

    #[tokio::test]
    async fn none_are_made_while_a_locked_keychain_may_hold_them() {
        let folder = tempfile::tempdir().unwrap();
        let store = open_store(folder.path(), FakeKeychain::in_state(StoreState::Locked));
        assert!(store.load().await.is_err());
        assert!(!store.file.exists());
    }

    #[tokio::test]
    async fn a_keychain_that_is_locked_meanwhile_does_not_move_them_into_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let keychain = FakeKeychain { state: StoreState::Ready, refuses_writes: true, entries: std::sync::Mutex::default() };
        let store = open_store(folder.path(), Arc::new(keychain));
        let error = store.load().await.unwrap_err();
        assert!(error.to_string().contains("cannot be stored"), "{error}");
        assert!(!store.file.exists());
    }

    #[tokio::test]
    async fn a_moved_data_folder_keeps_them_and_one_of_an_earlier_version_brings_them_along() {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let keychain = FakeKeychain::in_state(StoreState::Ready);
        let first = open_store(folders[0].path(), Arc::clone(&keychain)).load().await.unwrap();
        assert_eq!(open_store(folders[1].path(), keychain).load().await.unwrap(), first);
        let (keychain, earlier) = (FakeKeychain::in_state(StoreState::Ready), FakeKeychain::in_state(StoreState::Ready));
        earlier.set(ENTRY, &Secret::new(first.to_text("a"))).await.unwrap();
        let upgraded = CredentialStore::new(&profile(folders[0].path()), Arc::clone(&keychain) as _, Arc::clone(&earlier) as _);
        upgraded.belong_to("a");
        assert_eq!(upgraded.load().await.unwrap(), first);
        assert_eq!(earlier.get(ENTRY).await.unwrap(), None);
        assert_eq!(open_store(folders[1].path(), keychain).load().await.unwrap(), first);
    }

    #[tokio::test]
    async fn a_copy_of_a_data_folder_gets_others_than_the_original() {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let absent = || FakeKeychain::in_state(StoreState::Absent);
        let original = open_store(folders[0].path(), absent());
        let first = original.load().await.unwrap();
        let copied = labelled(folders[1].path(), absent(), "b");
        std::fs::copy(&original.file, &copied.file).unwrap();
        let others = copied.load().await.unwrap();
        assert_ne!(others.gateway_token, first.gateway_token);
        assert_eq!((copied.load().await.unwrap(), original.load().await.unwrap()), (others, first));
    }
}
