//! Where a person's data is, and the settings that are read at start-up: `config.toml` and the environment.

use crate::error::AppError;
use crate::profile::accounts::{Accounts, is_folder_name};
use crate::profile::folders::{default_root, normalized};
use growqr_auth::secret_key_warning;
use growqr_core::id::{ProfileId, sha256_hex};
use growqr_core::secret::Secret;
use growqr_store::{DatabaseUrl, DbConfig};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The environment variables that this program reads, read once.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, Secret>,
    /// The warning about a secret that must not be on this computer. The secret itself is not stored here.
    warning: Option<&'static str>,
}

impl Environment {
    /// The names that are read.
    pub const NAMES: [&str; 17] = [
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_BASE_URL",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "DATABASE_URL",
        "GROWQR_DATA_DIR",
        "CLERK_PUBLISHABLE_KEY",
        "CLERK_ISSUER",
        "CLERK_OAUTH_CLIENT_ID",
        "GITEA_IMAGE",
        "OPENCODE_IMAGE",
        "USER_PORT_RANGE_START",
        "USER_PORT_RANGE_END",
        "DOCKER_HOST",
        "DOCKER_CONTEXT",
        "DOCKER_CONFIG",
        "XDG_RUNTIME_DIR",
    ];

    /// This process's environment.
    #[must_use]
    pub fn from_process() -> Environment {
        let warning = secret_key_warning(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
        if let Some(warning) = warning {
            tracing::warn!("{warning}");
        }
        let read = |name: &&str| {
            std::env::var(name)
                .ok()
                .filter(|value| !value.trim().is_empty())
                .map(|value| ((*name).to_owned(), Secret::new(value)))
        };
        Environment { variables: Environment::NAMES.iter().filter_map(read).collect(), warning }
    }

    /// The environment of a development build. It has a data folder of its own, unless a folder is named, so that it
    /// neither reads nor damages the data of the installed app.
    #[must_use]
    pub fn for_development() -> Environment {
        Environment::from_process().with_development_folder(default_root())
    }

    fn with_development_folder(mut self, root: Option<PathBuf>) -> Environment {
        if let Some(root) = root.filter(|_| self.get("GROWQR_DATA_DIR").is_none()) {
            let folder = format!("{}.dev", root.display());
            self.variables.insert("GROWQR_DATA_DIR".to_owned(), Secret::new(folder));
        }
        self
    }

    /// A short text that is different for each data folder that is named in the environment. `None` for the system's
    /// folder.
    #[must_use]
    pub fn data_folder_hash(&self) -> Option<String> {
        let named = PathBuf::from(self.get("GROWQR_DATA_DIR")?);
        let folder = std::path::absolute(&named).unwrap_or(named);
        Some(sha256_hex(normalized(&folder).to_string_lossy().as_bytes())[..16].to_owned())
    }

    /// The warning about a secret that must not be on this computer.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        self.warning
    }

    /// An environment with only these variables, for tests and benches.
    #[must_use]
    pub fn from_variables(variables: &[(&str, &str)]) -> Environment {
        let secret = |(name, value): &(&str, &str)| ((*name).to_owned(), Secret::new(*value));
        let warning = secret_key_warning(|secret| variables.iter().any(|(name, _)| *name == secret));
        let set = variables.iter().filter(|(_, value)| !value.trim().is_empty());
        Environment { variables: set.map(secret).collect(), warning }
    }

    /// The value of a variable; a variable that is empty or only spaces counts as unset.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(Secret::expose)
    }
}

/// Start-up settings, in `config.toml`. All other settings are in the database.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    profile: Option<String>,
    database_url: Option<String>,
    clerk_publishable_key: Option<String>,
    clerk_issuer: Option<String>,
    clerk_oauth_client_id: Option<String>,
}

impl ConfigFile {
    /// The settings of the sign-in service, by the name of the environment variable that overrides them.
    fn clerk_settings(self) -> BTreeMap<&'static str, String> {
        let named = [
            ("CLERK_PUBLISHABLE_KEY", self.clerk_publishable_key, option_env!("CLERK_PUBLISHABLE_KEY")),
            ("CLERK_ISSUER", self.clerk_issuer, option_env!("CLERK_ISSUER")),
            ("CLERK_OAUTH_CLIENT_ID", self.clerk_oauth_client_id, option_env!("CLERK_OAUTH_CLIENT_ID")),
        ];
        let set = |(name, set, built_in): (_, Option<String>, Option<&str>)| Some((name, set.or(built_in.map(str::to_owned))?));
        named.into_iter().filter_map(set).collect()
    }
}

/// Whether a folder of this name among the profiles is one. A restore writes into others, whose names begin with a dot.
pub(crate) fn is_profile_folder(name: &str) -> bool {
    !name.starts_with('.')
}

/// The folders and the database of one profile.
#[derive(Clone, Debug)]
pub struct Profile {
    root: PathBuf,
    id: ProfileId,
    database: DbConfig,
    database_location: String,
    /// The settings of the sign-in service from `config.toml` or from this build, by the name of their environment
    /// variable.
    clerk: BTreeMap<&'static str, String>,
}

impl Profile {
    /// Finds the data folder (`--data-dir`, then `GROWQR_DATA_DIR`, then the system's folder for app data), and reads
    /// its `config.toml` if there is one. Creates nothing.
    ///
    /// # Errors
    /// [`AppError::Config`] if the file is not valid, [`AppError::NoDataFolder`] if the system has no folder for app
    /// data.
    pub fn find(data_dir: Option<&Path>, environment: &Environment) -> Result<Profile, AppError> {
        let root = match (data_dir, environment.get("GROWQR_DATA_DIR")) {
            (Some(folder), _) => folder.to_path_buf(),
            (None, Some(folder)) => PathBuf::from(folder),
            (None, None) => default_root().ok_or(AppError::NoDataFolder)?,
        };
        let root = std::path::absolute(&root).map_err(|source| AppError::file("find", &root, source))?;
        let file = read_config(&root.join("config.toml"))?;
        let id = match &file.profile {
            Some(name) if is_folder_name(name) => ProfileId::new(name.as_str()),
            Some(name) => {
                let problem = format!("the profile {name:?} is not a plain name");
                return Err(AppError::Config { place: root.join("config.toml").display().to_string(), problem });
            }
            None => Accounts::read(&root)?.current,
        };
        let (url, named_in) = match environment.get("DATABASE_URL") {
            Some(url) => (Some(url.to_owned()), "DATABASE_URL".to_owned()),
            None => (file.database_url.clone(), root.join("config.toml").display().to_string()),
        };
        let folder = root.join("profiles").join(id.as_str());
        let (database, database_location) = match url {
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                let url = DatabaseUrl::new(url);
                let shown = url.to_string();
                (DbConfig::Postgres { url }, shown)
            }
            Some(_) => {
                let problem = "the database URL must begin with postgres://; leave it out for the built-in database".to_owned();
                return Err(AppError::Config { place: named_in, problem });
            }
            None => {
                let path = folder.join("growqr.db");
                let shown = path.display().to_string();
                (DbConfig::Sqlite { path }, shown)
            }
        };
        Ok(Profile { root, id, database, database_location, clerk: file.clerk_settings() })
    }

    /// The folders and the database of another profile.
    pub(crate) fn with_id(&self, id: ProfileId) -> Profile {
        let mut profile = Profile { id, ..self.clone() };
        if let DbConfig::Sqlite { .. } = profile.database {
            let path = profile.folder().join("growqr.db");
            profile.database_location = path.display().to_string();
            profile.database = DbConfig::Sqlite { path };
        }
        profile
    }

    /// One setting of the sign-in service: from the environment, else from `config.toml`, else from this build.
    pub(crate) fn clerk_setting(&self, name: &str, environment: &Environment) -> Option<String> {
        environment.get(name).map(str::to_owned).or_else(|| self.clerk.get(name).cloned())
    }

    /// The whole data folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The profile's id.
    #[must_use]
    pub fn id(&self) -> &ProfileId {
        &self.id
    }

    /// The program's version and the folders of this profile, to show to the person.
    #[must_use]
    pub fn about(&self) -> growqr_wire::About {
        growqr_wire::About {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            profile: self.id.to_string(),
            data_folder: self.root.display().to_string(),
            memory_folder: self.memory().display().to_string(),
        }
    }

    /// The configuration of the database.
    #[must_use]
    pub fn database(&self) -> &DbConfig {
        &self.database
    }

    /// The location of the database for people, without a password.
    #[must_use]
    pub fn database_location(&self) -> &str {
        &self.database_location
    }

    /// The profile's folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.root.join("profiles").join(self.id.as_str())
    }

    /// The ids of all profiles that have a folder in this data folder, this one included.
    ///
    /// # Errors
    /// If the folders cannot be listed: then nobody knows whose a profile's things are.
    pub(crate) fn all_ids(&self) -> Result<Vec<String>, AppError> {
        let folder = self.root.join("profiles");
        let unreadable = |source| AppError::file("list", &folder, source);
        let mut ids = vec![self.id.to_string()];
        match std::fs::read_dir(&folder) {
            Ok(entries) => {
                for entry in entries {
                    let name = entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned();
                    ids.extend(is_profile_folder(&name).then_some(name));
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(unreadable(source)),
        }
        Ok(ids)
    }

    /// The memory repository.
    #[must_use]
    pub fn memory(&self) -> PathBuf {
        self.folder().join("memory")
    }

    /// The history file of the prompt loop.
    #[must_use]
    pub fn prompt_history(&self) -> PathBuf {
        self.folder().join("prompt-history.txt")
    }

    /// Prefix of this profile's entries in the keychain. A data folder that the person has chosen has its own prefix: a
    /// copy, a trial or a test neither uses nor damages the person's keys.
    pub(crate) fn secrets_namespace(&self) -> String {
        if default_root().is_some_and(|root| normalized(&root) == normalized(&self.root)) {
            return self.id.to_string();
        }
        format!("{}@{}", self.id, self.fingerprint())
    }

    /// Prefix of the entries for sign-in. It does not depend on the profile, which is known only after signing in.
    pub(crate) fn sign_in_namespace(&self) -> String {
        self.with_id(ProfileId::new("sign-in")).secrets_namespace()
    }

    /// A short text that is different for each profile on this machine.
    pub(crate) fn fingerprint(&self) -> String {
        sha256_hex(normalized(&self.folder()).to_string_lossy().as_bytes())[..16].to_owned()
    }

    /// Creates the profile's folder, for this user only.
    pub(crate) fn create(&self) -> Result<(), AppError> {
        let folder = self.folder();
        if let Some(parent) = folder.parent() {
            std::fs::create_dir_all(parent).map_err(|source| AppError::file("create", parent, source))?;
        }
        match std::fs::create_dir(&folder) {
            Ok(()) => {
                let mark = self.unused_mark();
                std::fs::write(&mark, "").map_err(|source| AppError::file("write", &mark, source))?;
            }
            Err(_) if folder.is_dir() => {}
            Err(source) => return Err(AppError::file("create", &folder, source)),
        }
        restrict_to_user(&folder).map_err(|source| AppError::file("protect", &folder, source))
    }

    /// Whether things in Docker that carry this profile's name may be its own, whatever its database says: the database may be
    /// another one than before. False only if its folder is missing, or was made new and has never had containers.
    pub(crate) fn may_have_containers(&self) -> bool {
        self.folder().exists() && !self.unused_mark().exists()
    }

    /// Notes that this profile has containers. To be called before one is made.
    ///
    /// # Errors
    /// If the mark of a new folder cannot be removed.
    pub(crate) fn note_containers(&self) -> Result<(), AppError> {
        let mark = self.unused_mark();
        match std::fs::remove_file(&mark) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(AppError::file("remove", &mark, source)),
            _ => Ok(()),
        }
    }

    /// Is there from the creation of the folder until containers are made. Folders of earlier versions do not have it.
    fn unused_mark(&self) -> PathBuf {
        self.folder().join("no-containers-yet")
    }
}

/// On other systems, only the user can read their app data anyway.
#[cfg(not(unix))]
fn restrict_to_user(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn restrict_to_user(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(folder)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

fn read_config(path: &Path) -> Result<ConfigFile, AppError> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text)
            .map_err(|problem| AppError::Config { place: path.display().to_string(), problem: problem.message().to_owned() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(ConfigFile::default()),
        Err(source) => Err(AppError::file("read", path, source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_in_a_database_url_is_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        for url in ["postgres://me:canary@db:5432/growqr", "postgres://db?user=me&password=canary&dbname=growqr"] {
            let environment = Environment::from_variables(&[("DATABASE_URL", url)]);
            let profile = Profile::find(Some(folder.path()), &environment).unwrap();
            assert_eq!(profile.database_location(), "postgres://db:5432/growqr");
            assert!(!format!("{profile:?}{environment:?}").contains("canary"));
        }
    }

    #[test]
    fn a_development_build_has_a_data_folder_of_its_own_unless_one_is_named() {
        let root = || Some(PathBuf::from("/data/ai.growqr.desktop"));
        let own = Environment::default().with_development_folder(root());
        assert_eq!(own.get("GROWQR_DATA_DIR"), Some("/data/ai.growqr.desktop.dev"));
        let named = Environment::from_variables(&[("GROWQR_DATA_DIR", "/elsewhere")]);
        assert_eq!(named.clone().with_development_folder(root()).get("GROWQR_DATA_DIR"), Some("/elsewhere"));
        assert_ne!(own.data_folder_hash(), named.data_folder_hash());
        assert_eq!(Environment::default().data_folder_hash(), None);
    }

    #[test]
    fn what_a_killed_restore_has_left_is_no_profile() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["local", ".restore-1"] {
            std::fs::create_dir_all(folder.path().join("profiles").join(name)).unwrap();
        }
        let profile = Profile::find(Some(folder.path()), &Environment::default()).unwrap();
        assert_eq!(profile.all_ids().unwrap(), ["local", "local"]);
    }

    #[test]
    fn an_invalid_config_file_is_named_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), "profle = \"x\"").unwrap();
        let error = Profile::find(Some(folder.path()), &Environment::default()).unwrap_err();
        assert!(matches!(error, AppError::Config { problem, .. } if problem.contains("profle")));
    }
}
