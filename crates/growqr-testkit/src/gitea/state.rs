//! What the server has stored: users, tokens, repositories. One file under a lock, so that the server and the commands, which
//! are other processes in a container, see the same state.

use super::version::Version;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct User {
    pub id: u64,
    pub name: String,
    pub email: String,
    pub is_admin: bool,
    pub password: String,
    pub must_change_password: bool,
}

/// An access token. Its text is stored as a hash only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Token {
    pub id: u64,
    pub user: String,
    pub name: String,
    pub hash: String,
    pub last_eight: String,
    pub scopes: Vec<String>,
}

/// A repository.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Repo {
    pub id: u64,
    pub owner: String,
    pub name: String,
    pub private: bool,
    pub default_branch: String,
    /// What the API says. A push changes it a little later, as Gitea's background queue does.
    pub says_empty: bool,
    /// It was made while pull requests were off for all repositories.
    #[serde(default)]
    pub without_pulls: bool,
}

/// A pull request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pull {
    pub repo: u64,
    pub number: u64,
    pub title: String,
    pub body: String,
    pub head: String,
    pub base: String,
    /// The newest commit of the head branch that was seen.
    pub tip: String,
    pub is_closed: bool,
    /// The commit of the base branch that has merged it.
    pub merged: Option<String>,
    pub comments: Vec<Comment>,
}

/// A comment on a pull request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Comment {
    pub id: u64,
    pub user: String,
    pub body: String,
}

/// The whole database.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Data {
    pub schema: u32,
    pub next_id: u64,
    pub users: Vec<User>,
    pub tokens: Vec<Token>,
    pub repos: Vec<Repo>,
    #[serde(default)]
    pub pulls: Vec<Pull>,
}

impl Data {
    pub fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.name.eq_ignore_ascii_case(name))
    }

    pub fn repo(&self, owner: &str, name: &str) -> Option<&Repo> {
        self.repos.iter().find(|repo| repo.owner.eq_ignore_ascii_case(owner) && repo.name.eq_ignore_ascii_case(name))
    }

    /// The token with this text.
    pub fn token(&self, text: &str) -> Option<&Token> {
        let hash = hashed(text);
        self.tokens.iter().find(|token| token.hash == hash)
    }

    /// Makes a token and returns its text.
    pub fn add_token(&mut self, user: &str, name: &str, scopes: Vec<String>) -> String {
        let text = random_hex(20);
        let (id, hash) = (self.id(), hashed(&text));
        let last_eight = text[32..].to_owned();
        self.tokens.push(Token { id, user: user.to_owned(), name: name.to_owned(), hash, last_eight, scopes });
        text
    }
}

/// Why the state cannot be used.
#[derive(Debug)]
pub(super) enum StateError {
    /// The server has never run with this folder.
    NotMigrated,
    /// A newer server has written it.
    Newer(u32),
    /// The disk failed.
    Disk(io::Error),
}

impl From<io::Error> for StateError {
    fn from(error: io::Error) -> Self {
        StateError::Disk(error)
    }
}

/// The folder of the server's data (`/var/lib/gitea` in the image).
#[derive(Clone, Debug)]
pub(super) struct Store {
    work: PathBuf,
}

impl Store {
    pub fn new(work: &Path) -> Store {
        Store { work: work.to_owned() }
    }

    /// Creates the database, or migrates it to this version.
    pub fn migrate(&self, version: Version) -> Result<(), StateError> {
        fs::create_dir_all(self.work.join("data"))?;
        fs::create_dir_all(self.work.join("git").join("repositories"))?;
        let _lock = self.lock()?;
        let mut data = match self.load() {
            Err(StateError::NotMigrated) => Data::default(),
            data => data?,
        };
        if data.schema > version.schema() {
            return Err(StateError::Newer(data.schema));
        }
        data.schema = version.schema();
        self.save(&data)
    }

    /// The data as it is now.
    pub fn read(&self) -> Result<Data, StateError> {
        let _lock = self.lock()?;
        self.load()
    }

    /// Changes the data. If `change` fails, nothing is stored.
    pub fn update<T, E>(&self, change: impl FnOnce(&mut Data) -> Result<T, E>) -> Result<Result<T, E>, StateError> {
        let _lock = self.lock()?;
        let mut data = self.load()?;
        let changed = change(&mut data);
        if changed.is_ok() {
            self.save(&data)?;
        }
        Ok(changed)
    }

    /// The bare repository of an entry.
    pub fn bare(&self, owner: &str, name: &str) -> PathBuf {
        let name = format!("{}.git", name.to_ascii_lowercase());
        self.repositories().join(owner.to_ascii_lowercase()).join(name)
    }

    pub fn repositories(&self) -> PathBuf {
        self.work.join("git").join("repositories")
    }

    fn file(&self) -> PathBuf {
        self.work.join("data").join("gitea.json")
    }

    fn lock(&self) -> Result<File, StateError> {
        let lock = match File::create(self.work.join("data").join("gitea.lock")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(StateError::NotMigrated),
            lock => lock?,
        };
        lock.lock()?;
        Ok(lock)
    }

    fn load(&self) -> Result<Data, StateError> {
        match fs::read(self.file()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StateError::NotMigrated),
            bytes => serde_json::from_slice(&bytes?).map_err(|error| StateError::Disk(io::Error::other(error))),
        }
    }

    fn save(&self, data: &Data) -> Result<(), StateError> {
        let new = self.file().with_extension("new");
        fs::write(&new, serde_json::to_vec_pretty(data).map_err(io::Error::other)?)?;
        Ok(fs::rename(new, self.file())?)
    }
}

pub(super) fn hashed(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// Random bytes as hexadecimal digits.
pub(super) fn random_hex(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    aws_lc_rs::rand::fill(&mut random).expect("the system gives random bytes");
    hex(&random)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
