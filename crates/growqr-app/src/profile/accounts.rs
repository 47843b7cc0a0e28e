//! The accounts on this machine, their profiles, and which profile is open: `accounts.json` beside the profiles.
//!
//! It contains no secret. A profile that an account has adopted keeps its name and its folder; the account refers to
//! it. The file is written as a whole and renamed into place, so that a crash leaves the old or the new version.

use crate::blocking::blocking;
use crate::error::AppError;
use crate::profile::{file_lock, private_file};
use growqr_core::clock::Timestamp;
use growqr_core::id::{ProfileId, sha256_hex};
use growqr_core::journal::User;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long to wait for another program that changes the file: longer than a change takes on a slow disk.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// The name of the local profile until an account adopts it.
const FIRST_LOCAL: &str = "local";

/// A person who has signed in on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    /// Their profile.
    pub(crate) profile: ProfileId,
    /// The issuer that confirms their identity.
    pub(crate) issuer: String,
    /// Their id at the issuer.
    pub(crate) sub: String,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: bool,
    pub(crate) name: Option<String>,
    pub(crate) picture_url: Option<String>,
    /// When the issuer last confirmed their identity, in ms since 1970.
    pub(crate) last_verified_at: i64,
    /// Until when the issuer's last confirmation is valid, in ms since 1970; the next confirmation comes before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) valid_until: Option<i64>,
}

/// A person who has signed out, while the keychain may still contain their sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingSignOut {
    /// The issuer that confirmed their identity.
    pub(crate) issuer: String,
    /// Their id at the issuer.
    pub(crate) sub: String,
    /// When they signed out, in ms since 1970. A later sign-in is a new one and is kept.
    pub(crate) at: i64,
}

impl Account {
    /// The copy of the account that is stored in the profile's database.
    pub(crate) fn user(&self) -> User {
        User {
            id: self.sub.clone(),
            email: self.email.clone(),
            name: self.name.clone(),
            picture_url: self.picture_url.clone(),
            last_verified_at: Timestamp(self.last_verified_at),
        }
    }

    fn matches(&self, issuer: &str, sub: &str) -> bool {
        self.issuer == issuer && self.sub == sub
    }
}

impl PendingSignOut {
    fn matches(&self, issuer: &str, sub: &str) -> bool {
        self.issuer == issuer && self.sub == sub
    }
}

/// The content of `accounts.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Accounts {
    /// The open profile.
    pub(crate) current: ProfileId,
    /// The profile of this machine while nobody is signed in.
    pub(crate) local: ProfileId,
    pub(crate) accounts: Vec<Account>,
    /// A person who is new on this machine and has not answered yet whether the local profile is theirs.
    #[serde(default, rename = "newcomer", skip_serializing_if = "Option::is_none")]
    pub(crate) undecided: Option<Account>,
    /// Sign-ins that are never resumed, and are removed as soon as the keychain opens.
    #[serde(default, rename = "leaving", skip_serializing_if = "Vec::is_empty")]
    pub(crate) pending_sign_outs: Vec<PendingSignOut>,
}

impl Default for Accounts {
    fn default() -> Accounts {
        let local = ProfileId::new(FIRST_LOCAL);
        Accounts { current: local.clone(), local, accounts: Vec::new(), undecided: None, pending_sign_outs: Vec::new() }
    }
}

impl Accounts {
    /// Reads the accounts of this data folder; the default if there is no file.
    ///
    /// # Errors
    /// [`AppError::File`], or [`AppError::Config`] if the content is not valid.
    pub(crate) fn read(root: &Path) -> Result<Accounts, AppError> {
        let path = accounts_path(root);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Accounts::default()),
            Err(source) => return Err(AppError::file("read", &path, source)),
        };
        let invalid = |problem: String| AppError::Config { place: path.display().to_string(), problem };
        let accounts: Accounts = serde_json::from_slice(&text).map_err(|error| invalid(error.to_string()))?;
        let profiles = accounts.accounts.iter().map(|account| &account.profile).chain([&accounts.current, &accounts.local]);
        if let Some(profile) = profiles.map(ProfileId::as_str).find(|profile| !is_folder_name(profile)) {
            return Err(invalid(format!("the profile {profile:?} is not a plain name")));
        }
        Ok(accounts)
    }

    /// Reads, changes and writes the file, under a lock that keeps out other programs.
    ///
    /// # Errors
    /// The errors of reading and writing, or if another program does not release the lock; then nothing has changed.
    pub(crate) async fn change<T: Send + 'static>(
        root: &Path,
        change: impl FnOnce(&mut Accounts) -> T + Send + 'static,
    ) -> Result<T, AppError> {
        let path = root.join("accounts.lock");
        let lock = file_lock::lock_file(&path, LOCK_TIMEOUT).await.map_err(|source| AppError::file("lock", &path, source))?;
        let root = root.to_path_buf();
        let work = move || {
            let _lock = lock;
            let before = Accounts::read(&root)?;
            let mut accounts = before.clone();
            let result = change(&mut accounts);
            if accounts != before {
                accounts.write(&root)?;
            }
            Ok::<_, AppError>(result)
        };
        blocking(work).await
    }

    /// Writes the file, readable for this user only; durable when it returns.
    ///
    /// # Errors
    /// [`AppError::File`]; then the old file is unchanged.
    fn write(&self, root: &Path) -> Result<(), AppError> {
        let path = accounts_path(root);
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::other);
        text.and_then(|text| private_file::replace(&path, &text)).map_err(|source| AppError::file("write", &path, source))
    }

    /// The account to which this profile belongs.
    pub(crate) fn account_of(&self, profile: &ProfileId) -> Option<&Account> {
        self.accounts.iter().find(|account| account.profile == *profile)
    }

    /// The profile of this person, if they have signed in here before.
    pub(crate) fn profile_of(&self, issuer: &str, sub: &str) -> Option<&ProfileId> {
        self.accounts.iter().find(|account| account.matches(issuer, sub)).map(|account| &account.profile)
    }

    /// True if this person has signed out and their sign-in must not be resumed.
    pub(crate) fn has_pending_sign_out(&self, issuer: &str, sub: &str) -> bool {
        self.pending_sign_outs.iter().any(|pending| pending.matches(issuer, sub))
    }

    /// Records that this person signs out now.
    pub(crate) fn record_sign_out(&mut self, issuer: &str, sub: &str, at: i64) {
        self.undecided.take_if(|account| account.matches(issuer, sub));
        self.pending_sign_outs.retain(|pending| !pending.matches(issuer, sub));
        self.pending_sign_outs.push(PendingSignOut { issuer: issuer.to_owned(), sub: sub.to_owned(), at });
        if let Some(account) = self.accounts.iter_mut().find(|account| account.matches(issuer, sub)) {
            account.valid_until = None;
        }
    }

    /// Records that the keychain no longer contains this sign-in.
    pub(crate) fn remove_pending_sign_out(&mut self, completed: &PendingSignOut) {
        self.pending_sign_outs.retain(|pending| pending != completed);
    }

    /// Updates the account of a person who has a profile here with what the issuer says.
    pub(crate) fn update_account(&mut self, seen: Account) {
        if let Some(account) = self.accounts.iter_mut().find(|account| account.matches(&seen.issuer, &seen.sub)) {
            *account = Account { profile: account.profile.clone(), ..seen };
        }
    }

    /// Stores what the issuer says about a person and opens their profile. A new person gets a new profile or, with
    /// `adopt`, the local profile with all its data. A local profile is adopted only once; the machine then gets a new,
    /// empty one.
    pub(crate) fn record_sign_in(&mut self, seen: Account, adopt: bool) {
        let profile = match self.profile_of(&seen.issuer, &seen.sub) {
            Some(known) => known.clone(),
            None if adopt => {
                let next = self.next_local_id();
                std::mem::replace(&mut self.local, next)
            }
            None => new_profile_id(&seen.issuer, &seen.sub),
        };
        self.accounts.retain(|account| !account.matches(&seen.issuer, &seen.sub));
        self.pending_sign_outs.retain(|pending| !pending.matches(&seen.issuer, &seen.sub));
        let undecided = self.undecided.take_if(|account| account.matches(&seen.issuer, &seen.sub));
        let valid_until = seen.valid_until.or(undecided.and_then(|account| account.valid_until));
        self.current = profile.clone();
        self.accounts.push(Account { profile, valid_until, ..seen });
    }

    /// Opens the local profile.
    pub(crate) fn open_local(&mut self) {
        self.current = self.local.clone();
    }

    fn next_local_id(&self) -> ProfileId {
        let taken =
            |name: &str| self.local.as_str() == name || self.accounts.iter().any(|account| account.profile.as_str() == name);
        let mut names = (2..).map(|number| format!("{FIRST_LOCAL}-{number}"));
        ProfileId::new(names.find(|name| !taken(name)).unwrap_or_default())
    }
}

/// The name of a new person's profile. It is derived from issuer and id, so it is the same at every sign-in, and it is
/// hashed, so it is always a plain folder name.
fn new_profile_id(issuer: &str, sub: &str) -> ProfileId {
    ProfileId::new(format!("u-{}", &sha256_hex(format!("{issuer}\n{sub}").as_bytes())[..24]))
}

fn accounts_path(root: &Path) -> PathBuf {
    root.join("accounts.json")
}

/// True if a profile of this name stays inside its folder.
pub(crate) fn is_folder_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Account {
        Account {
            profile: ProfileId::new(""),
            issuer: "https://clerk.example.org".to_owned(),
            sub: "user_1".to_owned(),
            email: Some("ada@example.org".to_owned()),
            email_verified: true,
            name: Some("Ada".to_owned()),
            picture_url: None,
            last_verified_at: 1,
            valid_until: None,
        }
    }

    #[test]
    fn a_profile_name_cannot_leave_its_folder() {
        for name in ["..", "a/b", "", "a\\b", "c:"] {
            assert!(!is_folder_name(name), "{name}");
        }
        assert!(is_folder_name("user_2abc"));
        assert!(is_folder_name(new_profile_id("https://a", "../../etc").as_str()));
    }

    #[test]
    fn a_new_person_gets_a_new_profile_and_the_same_one_at_the_next_sign_in() {
        let mut accounts = Accounts::default();
        accounts.record_sign_in(ada(), false);
        let own = accounts.current.clone();
        assert_ne!(own, accounts.local);
        accounts.open_local();
        assert_eq!(accounts.current, accounts.local);
        accounts.record_sign_in(Account { name: Some("Ada L.".to_owned()), ..ada() }, true);
        assert_eq!(accounts.current, own, "a person with a profile adopts no other");
        assert_eq!(accounts.account_of(&own).and_then(|account| account.name.as_deref()), Some("Ada L."));
        assert_eq!(accounts.accounts.len(), 1);
    }

    #[test]
    fn the_local_profile_is_adopted_once_and_by_one_account() {
        let mut accounts = Accounts::default();
        accounts.record_sign_in(ada(), true);
        assert_eq!(accounts.current.as_str(), "local");
        assert_eq!(accounts.local.as_str(), "local-2");
        accounts.record_sign_in(Account { sub: "user_2".to_owned(), ..ada() }, true);
        assert_eq!((accounts.current.as_str(), accounts.local.as_str()), ("local-2", "local-3"));
    }

    #[test]
    fn the_same_id_of_another_issuer_is_another_person() {
        let mut accounts = Accounts::default();
        accounts.record_sign_in(ada(), false);
        let first = accounts.current.clone();
        accounts.record_sign_in(Account { issuer: "https://clerk.example.com".to_owned(), ..ada() }, false);
        assert_ne!(accounts.current, first);
    }

    #[test]
    fn a_sign_out_is_pending_until_it_completes_or_the_person_signs_in_again() {
        let mut accounts = Accounts::default();
        accounts.record_sign_in(Account { valid_until: Some(9), ..ada() }, false);
        let (issuer, sub) = (ada().issuer, ada().sub);
        accounts.record_sign_out(&issuer, &sub, 1);
        accounts.record_sign_out(&issuer, &sub, 2);
        assert!(accounts.has_pending_sign_out(&issuer, &sub));
        assert_eq!(accounts.accounts[0].valid_until, None, "the confirmation is no longer valid");
        accounts.remove_pending_sign_out(&PendingSignOut { issuer: issuer.clone(), sub: sub.clone(), at: 1 });
        assert!(accounts.has_pending_sign_out(&issuer, &sub), "that was an earlier sign-out");
        accounts.remove_pending_sign_out(&PendingSignOut { issuer: issuer.clone(), sub: sub.clone(), at: 2 });
        assert!(!accounts.has_pending_sign_out(&issuer, &sub));
        accounts.record_sign_out(&issuer, &sub, 3);
        accounts.record_sign_in(ada(), false);
        assert!(!accounts.has_pending_sign_out(&issuer, &sub));
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_readable_for_this_user_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        fs::write(accounts_path(folder.path()).with_extension("json.new"), "left behind").unwrap();
        Accounts::default().write(folder.path()).unwrap();
        assert_eq!(fs::metadata(accounts_path(folder.path())).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_fails_if_another_program_does_not_release_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let _lock = file_lock::lock_file(&folder.path().join("accounts.lock"), LOCK_TIMEOUT).await.unwrap();
        let changed = Accounts::change(folder.path(), |accounts| accounts.open_local()).await;
        assert!(matches!(changed, Err(AppError::File { doing: "lock", .. })), "{changed:?}");
    }

    #[test]
    fn the_names_in_the_file_do_not_change() {
        let pending = PendingSignOut { issuer: ada().issuer, sub: ada().sub, at: 1 };
        let accounts = Accounts { undecided: Some(ada()), pending_sign_outs: vec![pending], ..Accounts::default() };
        let json = serde_json::to_value(&accounts).unwrap();
        let mut names: Vec<&String> = json.as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, ["accounts", "current", "leaving", "local", "newcomer"]);
        assert_eq!(serde_json::from_value::<Accounts>(json).unwrap(), accounts);
    }

    #[test]
    fn accounts_are_read_back_and_an_invalid_file_is_named_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Accounts::read(folder.path()).unwrap(), Accounts::default());
        let mut accounts = Accounts::default();
        accounts.record_sign_in(ada(), false);
        accounts.write(folder.path()).unwrap();
        assert_eq!(Accounts::read(folder.path()).unwrap(), accounts);
        for wrong in ["{", r#"{"current": "../x", "local": "local", "accounts": []}"#] {
            fs::write(accounts_path(folder.path()), wrong).unwrap();
            assert!(
                matches!(Accounts::read(folder.path()), Err(AppError::Config { place, .. }) if place.contains("accounts.json"))
            );
        }
    }
}
