//! The person's own services in Docker, as the stack view and `growqr stack` show them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Docker and the profile's two services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Stack {
    /// The Docker daemon.
    pub docker: Docker,
    /// Gitea, then OpenCode.
    pub parts: Vec<StackPart>,
    /// The copy of the memory repository on Gitea. `None` before Gitea was first started.
    pub memory: Option<MemorySync>,
    /// What is being done now; `None` if nothing is.
    pub busy: Option<String>,
    /// What the person can sensibly do next; `None` if nothing is needed.
    pub next: Option<StackAction>,
    /// Containers, networks and volumes that carry this program's labels and that no profile on this computer owns. They are
    /// only removed when the person asks.
    pub orphans: Vec<StackOrphan>,
    /// Those that another data folder uses, or may use. They are never removed from here.
    #[serde(default)]
    pub others: Vec<StackOrphan>,
    /// What the person should know besides: an older image in use, passwords in a file. One sentence or two each.
    pub notes: Vec<String>,
}

/// The state of the Docker daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DockerState {
    /// Not looked for yet.
    Unknown,
    /// It answers.
    Ready,
    /// None was found, or none runs.
    Absent,
    /// It takes the call and says nothing.
    NoAnswer,
    /// It may not be used: no permission, or its address is refused.
    Refused,
}

/// The Docker daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Docker {
    /// Its state.
    pub state: DockerState,
    /// What was found, in one sentence: its name, version and address, or what is wrong.
    pub found: String,
    /// What to do, if anything.
    pub next_step: Option<String>,
}

/// The state of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    /// The person has not asked for it.
    Off,
    /// Its image is not on this computer, and the person has not agreed to the download yet.
    NeedsDownload,
    /// Its image is being downloaded.
    Downloading,
    /// It is being created or started, and does not answer yet.
    Starting,
    /// It runs and answers.
    Running,
    /// It is stopped until it is needed.
    Stopped,
    /// It does not run although it should.
    Failed,
    /// Its state is not known: Docker cannot be asked.
    Unknown,
}

/// One of the two services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StackPart {
    /// `gitea` or `opencode`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it is for, in a few words.
    pub purpose: String,
    /// Its state.
    pub state: PartState,
    /// Its state in one sentence; for a failure, its reason.
    pub found: String,
    /// What to do, if anything.
    pub next_step: Option<String>,
    /// Its image.
    pub image: String,
    /// Its version; `None` until it has answered.
    pub version: Option<String>,
    /// Its address on this computer; `None` without a port.
    pub url: Option<String>,
    /// The memory that it uses, in bytes.
    #[ts(type = "number | null")]
    pub memory_bytes: Option<u64>,
    /// The disk space of its volumes, in bytes.
    #[ts(type = "number | null")]
    pub disk_bytes: Option<u64>,
    /// How often it was started again after a failure, since it last ran well.
    pub restarts: u32,
    /// The download of its image.
    pub progress: Option<StackProgress>,
}

/// A download.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StackProgress {
    /// Bytes that have arrived.
    #[ts(type = "number")]
    pub done: u64,
    /// All bytes, as far as they are known.
    #[ts(type = "number | null")]
    pub total: Option<u64>,
    /// Its layers.
    pub layers: Vec<LayerProgress>,
}

impl StackProgress {
    /// How far it is, for people: "12 of 137 MB".
    #[must_use]
    pub fn words(&self) -> String {
        let megabytes = |bytes: u64| bytes / 1_000_000;
        let total = self.total.map_or_else(String::new, |total| format!(" of {}", megabytes(total)));
        let broken = if self.is_retrying() { "; the registry has broken off, trying again" } else { "" };
        format!("{}{total} MB{broken}", megabytes(self.done))
    }

    /// Whether Docker waits for a registry that has broken off.
    #[must_use]
    pub fn is_retrying(&self) -> bool {
        self.layers.iter().any(|layer| layer.status.starts_with("Retrying"))
    }
}

/// The download of one layer of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LayerProgress {
    /// The layer's short id.
    pub id: String,
    /// Docker's word for what happens to it.
    pub status: String,
    /// Bytes that have arrived.
    #[ts(type = "number")]
    pub done: u64,
    /// All its bytes, if they are known.
    #[ts(type = "number | null")]
    pub total: Option<u64>,
}

/// The next sensible step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StackAction {
    /// Start what is not running.
    Start,
    /// Agree to the download, and start.
    Download,
    /// Try again.
    Retry,
    /// Look for Docker again.
    FindDocker,
}

/// Whether somebody may use a [`StackOrphan`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OrphanState {
    /// Nobody: it can be removed.
    LeftOver,
    /// Another data folder uses it.
    InUse,
    /// That is not known, for example because another computer has made it.
    #[default]
    Unclear,
}

/// Something with this program's labels that is not of this data folder's profiles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StackOrphan {
    /// `container`, `network` or `volume`.
    pub kind: String,
    /// Docker's id of it; for a volume its name.
    pub id: String,
    /// Docker's name of it.
    pub name: String,
    /// The profile that made it.
    pub profile: String,
    /// True if it is of this data folder.
    #[serde(default)]
    pub own: bool,
    /// The data folder that it is of. `None` if that is not known.
    #[serde(default)]
    pub folder: Option<String>,
    /// Whether somebody may use it.
    #[serde(default)]
    pub state: OrphanState,
    /// Why nobody owns it, or who does.
    #[serde(default)]
    pub why: String,
}

/// Names a [`StackOrphan`] that is to be removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OrphanKey {
    /// Its kind.
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// The state of the memory repository's copy on Gitea.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MemorySyncState {
    /// The same on both sides.
    Same,
    /// Changes wait until Gitea answers.
    Behind,
    /// Being compared or sent.
    Syncing,
    /// Stopped until the person decides.
    Stopped,
}

/// The memory repository's copy on Gitea.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MemorySync {
    /// Its state.
    pub state: MemorySyncState,
    /// Commits that Gitea does not have yet.
    #[ts(type = "number")]
    pub behind: u64,
    /// When both sides were last the same, in ms since 1970.
    #[ts(type = "number | null")]
    pub synced_at: Option<i64>,
    /// Its state in one sentence.
    pub found: String,
    /// What to do, if anything.
    pub next_step: Option<String>,
    /// The held changes that wait there as pull requests.
    #[serde(default)]
    pub pulls: Vec<PullRequest>,
}

/// A held change of memory that is a pull request on Gitea as well. Either side can settle it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PullRequest {
    /// The commit of the held change.
    pub commit: String,
    /// The page for the browser.
    pub url: String,
    /// Whether commits were added there: what it changes is no longer what the ask shows.
    pub changed: bool,
}

/// How to sign in to Gitea's pages. Shown once, stored nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GiteaLogin {
    /// The address.
    pub url: String,
    /// The user name.
    pub user: String,
    /// The new password.
    pub password: String,
}

impl std::fmt::Debug for GiteaLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GiteaLogin").field("url", &self.url).field("user", &self.user).finish_non_exhaustive()
    }
}

/// A file of a sub-agent in the workbench.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WorkFile {
    /// Its path in the sub-agent's folder.
    pub path: String,
    /// Lines added.
    #[ts(type = "number")]
    pub added: u64,
    /// Lines removed.
    #[ts(type = "number")]
    pub removed: u64,
    /// What changed, as a unified diff; `None` if it is too long or not a text.
    pub diff: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_says_how_far_it_is_and_that_the_registry_has_broken_off() {
        let layer = |status: &str| LayerProgress { id: "a".to_owned(), status: status.to_owned(), done: 0, total: None };
        let download =
            |status| StackProgress { done: 12_400_000, total: Some(137_000_000), layers: vec![layer("Waiting"), layer(status)] };
        assert_eq!(download("Downloading").words(), "12 of 137 MB");
        assert_eq!(download("Retrying in 5 seconds").words(), "12 of 137 MB; the registry has broken off, trying again");
        assert_eq!(StackProgress { done: 0, total: None, layers: Vec::new() }.words(), "0 MB");
    }
}
