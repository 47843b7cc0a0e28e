//! How the things of one profile of one install are named and labelled, so that two of them on one daemon never touch each
//! other's. Names are for people and must be unique; labels decide what belongs to whom.

use sha2::{Digest, Sha256};
use std::collections::HashMap;

pub(crate) const APP: &str = "ai.growqr.app";
pub(crate) const INSTALL: &str = "ai.growqr.install";
pub(crate) const PROFILE: &str = "ai.growqr.profile";
pub(crate) const PART: &str = "ai.growqr.part";
pub(crate) const CONFIG: &str = "ai.growqr.config";
pub(crate) const FOLDER: &str = "ai.growqr.folder";
/// The part of a volume that only names a data folder.
pub(crate) const PLACE: &str = "place";
pub(crate) const APP_NAME: &str = "growqr-desktop";

/// A container of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContainerPart {
    /// Holds the memory repository.
    Gitea,
    /// Runs the work of sub-agents.
    OpenCode,
}

impl ContainerPart {
    /// Every container of the stack.
    pub const ALL: [ContainerPart; 2] = [ContainerPart::Gitea, ContainerPart::OpenCode];

    /// The word used in labels and names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            ContainerPart::Gitea => "gitea",
            ContainerPart::OpenCode => "opencode",
        }
    }

    /// The label of the container that fills this part's volumes and never runs.
    pub(crate) fn seed_word(self) -> &'static str {
        match self {
            ContainerPart::Gitea => "gitea-seed",
            ContainerPart::OpenCode => "opencode-seed",
        }
    }

    /// The name of the container that gives this part's volumes to another user.
    pub(crate) fn owner_word(self) -> &'static str {
        match self {
            ContainerPart::Gitea => "gitea-owner",
            ContainerPart::OpenCode => "opencode-owner",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ContainerPart::Gitea => "Gitea",
            ContainerPart::OpenCode => "OpenCode",
        }
    }
}

/// A network of the stack. Gitea and OpenCode do not share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NetworkPart {
    /// Gitea's.
    Git,
    /// OpenCode's.
    Work,
}

impl NetworkPart {
    /// Every network of the stack.
    pub const ALL: [NetworkPart; 2] = [NetworkPart::Git, NetworkPart::Work];

    /// The container that is on it.
    #[must_use]
    pub fn part(self) -> ContainerPart {
        match self {
            NetworkPart::Git => ContainerPart::Gitea,
            NetworkPart::Work => ContainerPart::OpenCode,
        }
    }

    /// The word used in labels and names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            NetworkPart::Git => "git",
            NetworkPart::Work => "work",
        }
    }
}

/// A volume of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VolumePart {
    /// Gitea's repositories and database.
    GiteaData,
    /// Gitea's `app.ini`.
    GiteaConfig,
    /// OpenCode's sessions.
    OpenCodeData,
    /// The directories in which sub-agents work.
    OpenCodeWork,
    /// OpenCode's configuration directory, which OpenCode can only read.
    OpenCodeConfig,
}

impl VolumePart {
    /// Every volume of the stack.
    pub const ALL: [VolumePart; 5] = [
        VolumePart::GiteaData,
        VolumePart::GiteaConfig,
        VolumePart::OpenCodeData,
        VolumePart::OpenCodeWork,
        VolumePart::OpenCodeConfig,
    ];

    /// The container that uses it.
    #[must_use]
    pub fn part(self) -> ContainerPart {
        match self {
            VolumePart::GiteaData | VolumePart::GiteaConfig => ContainerPart::Gitea,
            VolumePart::OpenCodeData | VolumePart::OpenCodeWork | VolumePart::OpenCodeConfig => ContainerPart::OpenCode,
        }
    }

    /// The word used in labels and names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            VolumePart::GiteaData => "gitea-data",
            VolumePart::GiteaConfig => "gitea-config",
            VolumePart::OpenCodeData => "opencode-data",
            VolumePart::OpenCodeWork => "opencode-work",
            VolumePart::OpenCodeConfig => "opencode-config",
        }
    }
}

/// One profile of one install: whose containers, networks and volumes are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    install: String,
    profile: String,
    folder: Option<String>,
}

impl Scope {
    /// The profile `profile` of the install with the random id `install`.
    #[must_use]
    pub fn new(install: impl Into<String>, profile: impl Into<String>) -> Scope {
        Scope { install: install.into(), profile: profile.into(), folder: None }
    }

    /// The same, and what is made from now on names this data folder; see [`crate::Daemon::folders`]. It does not decide what
    /// belongs to whom.
    #[must_use]
    pub fn in_folder(self, folder: impl Into<String>) -> Scope {
        Scope { folder: Some(folder.into()), ..self }
    }

    /// The id of the install.
    #[must_use]
    pub fn install(&self) -> &str {
        &self.install
    }

    /// The data folder, if it is named.
    pub(crate) fn folder(&self) -> Option<&str> {
        self.folder.as_deref()
    }

    /// The id of the profile.
    #[must_use]
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// The name of a part: `growqr-<profile>-<hash>-<word>`. The hash is made from install and profile, so that names are
    /// distinct even where the readable part of the profile's id is the same.
    #[must_use]
    pub fn name(&self, word: &str) -> String {
        let readable = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let profile: String = self.profile.chars().map(readable).take(24).collect();
        let profile = profile.trim_matches('-');
        let hash = short_hash(&format!("{}\0{}", self.install, self.profile));
        if profile.is_empty() { format!("growqr-{hash}-{word}") } else { format!("growqr-{profile}-{hash}-{word}") }
    }

    /// The labels that make a part this scope's.
    fn labels(&self, word: &str) -> HashMap<String, String> {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        HashMap::from([pair(APP, APP_NAME), pair(INSTALL, &self.install), pair(PROFILE, &self.profile), pair(PART, word)])
    }

    /// The labels of something that is made now.
    pub(crate) fn new_labels(&self, word: &str) -> HashMap<String, String> {
        let folder = self.folder.clone().map(|folder| (FOLDER.to_owned(), folder));
        self.labels(word).into_iter().chain(folder).collect()
    }

    /// The filter that selects everything of this scope in a list call.
    pub(crate) fn filter(&self) -> HashMap<String, Vec<String>> {
        let label = |key: &str, value: &str| format!("{key}={value}");
        let labels = vec![label(APP, APP_NAME), label(INSTALL, &self.install), label(PROFILE, &self.profile)];
        HashMap::from([("label".to_owned(), labels)])
    }

    /// True if these labels are those of this scope and of this part.
    pub(crate) fn owns(&self, labels: &HashMap<String, String>, word: &str) -> bool {
        self.labels(word).iter().all(|(key, value)| labels.get(key) == Some(value))
    }
}

/// The filter that selects everything of this program.
pub(crate) fn app_filter() -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![format!("{APP}={APP_NAME}")])])
}

/// The filter that selects everything of an install, whatever the profile.
pub(crate) fn install_filter(install: &str) -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![format!("{APP}={APP_NAME}"), format!("{INSTALL}={install}")])])
}

pub(crate) fn short_hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())[..4])
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_by_install_and_by_profile() {
        let names = [("a", "local"), ("b", "local"), ("a", "user_1"), ("a", "user-1"), ("a", "")]
            .map(|(install, profile)| Scope::new(install, profile).name("gitea"));
        let mut distinct = names.to_vec();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
    }

    #[test]
    fn names_are_valid_for_docker_whatever_the_profile_is_called() {
        for profile in ["Ärger / über", "../../etc", &"x".repeat(300), "-"] {
            let name = Scope::new("install", profile).name("work");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
            assert!(name.len() < 64, "{name}");
        }
    }
}
