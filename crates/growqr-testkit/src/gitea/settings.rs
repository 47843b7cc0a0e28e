//! The settings: `GITEA__section__KEY` variables, which every start writes into app.ini, as the real image does.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// The settings of a server. Keys are `(section, KEY)`; the default section is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<(String, String), String>);

/// All settings that the stand-in accepts. Gitea ignores unknown keys; the stand-in refuses them, to catch misspelled ones.
const KNOWN: &[(&str, &[&str])] = &[
    ("", &["APP_NAME", "RUN_USER", "RUN_MODE", "I_AM_BEING_UNSAFE_RUNNING_AS_ROOT"]),
    (
        "security",
        &[
            "INSTALL_LOCK",
            "SECRET_KEY",
            "INTERNAL_TOKEN",
            "DISABLE_QUERY_AUTH_TOKEN",
            "DISABLE_WEBHOOKS",
            "ALLOWED_HOST_LIST",
            "EGRESS_MODE",
        ],
    ),
    ("database", &["DB_TYPE", "SQLITE_JOURNAL_MODE"]),
    ("server", &["ROOT_URL", "HTTP_ADDR", "HTTP_PORT", "DISABLE_SSH", "PUBLIC_URL_DETECTION", "OFFLINE_MODE"]),
    ("service", &["DISABLE_REGISTRATION", "REQUIRE_SIGNIN_VIEW", "ENABLE_BASIC_AUTHENTICATION", "DEFAULT_USER_VISIBILITY"]),
    ("openid", &["ENABLE_OPENID_SIGNIN"]),
    ("oauth2", &["ENABLED", "JWT_SECRET"]),
    ("repository", &["FORCE_PRIVATE", "DISABLE_MIGRATIONS", "DISABLED_REPO_UNITS"]),
    ("actions", &["ENABLED"]),
    ("packages", &["ENABLED"]),
    ("mirror", &["ENABLED"]),
    ("indexer", &["ISSUE_INDEXER_TYPE"]),
    ("session", &["PROVIDER"]),
    ("cache", &["ADAPTER", "HOST"]),
    ("api", &["ENABLE_SWAGGER"]),
    ("log", &["LEVEL", "MODE"]),
    ("cron.update_checker", &["ENABLED"]),
];

impl Settings {
    /// The settings that the product uses, for a server inside the test process.
    #[must_use]
    pub fn for_tests() -> Settings {
        let mut settings = Settings::default();
        for (section, key, value) in [
            ("security", "INSTALL_LOCK", "true"),
            ("security", "SECRET_KEY", "0123456789012345678901234567890123456789012345678901234567890123"),
            ("database", "DB_TYPE", "sqlite3"),
            ("service", "REQUIRE_SIGNIN_VIEW", "true"),
            ("service", "ENABLE_BASIC_AUTHENTICATION", "false"),
            ("oauth2", "ENABLED", "false"),
            ("repository", "FORCE_PRIVATE", "true"),
        ] {
            settings.set(section, key, value);
        }
        settings
    }

    /// Reads `GITEA__*` variables. With the suffix `__FILE` the value is read from that file.
    ///
    /// # Errors
    /// A text if a variable has not the right form, or its file cannot be read.
    pub fn from_variables(variables: impl Iterator<Item = (String, String)>) -> Result<Settings, String> {
        let mut settings = Settings::default();
        for (name, value) in variables {
            let Some(rest) = name.strip_prefix("GITEA__") else { continue };
            let (rest, value) = match rest.strip_suffix("__FILE") {
                Some(rest) => (rest, fs::read_to_string(&value).map_err(|error| format!("{name}: {value}: {error}"))?),
                None => (rest, value),
            };
            let (section, key) = rest.split_once("__").ok_or_else(|| format!("{name} names no section and key"))?;
            settings.set(&section.to_ascii_lowercase().replace("_0x2e_", "."), key, value.trim_end_matches('\n'));
        }
        Ok(settings)
    }

    /// Reads app.ini. A missing file has no settings.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read(file: &Path) -> io::Result<Settings> {
        let text = match fs::read_to_string(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text?,
        };
        let mut settings = Settings::default();
        let mut section = String::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = name.to_owned();
            } else if let Some((key, value)) = line.split_once(" = ") {
                settings.set(&section, key, value);
            }
        }
        Ok(settings)
    }

    /// Writes app.ini.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        let (mut text, mut section) = (String::new(), "");
        for ((of, key), value) in &self.0 {
            if of != section {
                text.push_str(&format!("[{of}]\n"));
                section = of;
            }
            text.push_str(&format!("{key} = {value}\n"));
        }
        fs::write(file, text)
    }

    /// Overwrites the settings that `newer` has. The others stay: a removed variable does not remove its key from app.ini.
    pub fn merge(&mut self, newer: Settings) {
        self.0.extend(newer.0);
    }

    /// Sets one.
    pub fn set(&mut self, section: &str, key: &str, value: &str) {
        self.0.insert((section.to_owned(), key.to_owned()), value.to_owned());
    }

    /// The value of one.
    #[must_use]
    pub fn get(&self, section: &str, key: &str) -> Option<&str> {
        self.0.get(&(section.to_owned(), key.to_owned())).map(String::as_str)
    }

    /// Whether it is `true`; `unset` if it has no value.
    pub(super) fn is_on(&self, section: &str, key: &str, unset: bool) -> bool {
        self.get(section, key).map_or(unset, |value| value.eq_ignore_ascii_case("true"))
    }

    /// Whether the server is set up. If not, it shows its installer, and the commands fail.
    pub(super) fn is_installed(&self) -> bool {
        self.is_on("security", "INSTALL_LOCK", false)
    }

    /// Checks the settings as the start does.
    ///
    /// # Errors
    /// The text with which the start fails.
    pub fn check(&self) -> Result<(), String> {
        for (section, key) in self.0.keys() {
            if !KNOWN.iter().any(|(known, keys)| known == section && keys.contains(&key.as_str())) {
                return Err(format!("the stand-in does not know the setting [{section}] {key}"));
            }
        }
        if !self.is_installed() {
            return Ok(());
        }
        if self.get("security", "SECRET_KEY").is_none_or(|key| key.len() < 64) {
            return Err("[security] SECRET_KEY is missing or short: Gitea would use a key that everybody knows".to_owned());
        }
        if self.get("database", "DB_TYPE") != Some("sqlite3") {
            return Err("[database] DB_TYPE: the stand-in has sqlite3 only".to_owned());
        }
        if let Some(mode) = self.get("database", "SQLITE_JOURNAL_MODE").filter(|mode| *mode != "WAL") {
            return Err(format!("ORM engine initialization attempt #1/10 failed. Error: near {mode:?}: incomplete input (1)"));
        }
        if let Some(url) = self.get("server", "ROOT_URL").filter(|url| !url.starts_with("http") || !url.ends_with('/')) {
            return Err(format!("Invalid ROOT_URL '{url}'"));
        }
        Ok(())
    }
}
