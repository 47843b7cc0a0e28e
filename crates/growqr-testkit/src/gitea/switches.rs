//! Settings for tests: the version, and faults.

use super::version::Version;

/// The behaviour of the server, where a test needs another one.
#[derive(Clone, Debug)]
pub struct Switches {
    /// The version that it claims, with that version's answers.
    pub version: Version,
    /// Whether `/api/healthz` says that the database works.
    pub is_healthy: bool,
    /// Whether the owner may force-push. Gitea allows it unless the branch is protected.
    pub allows_force_push: bool,
    /// The text with which the next pushes are refused by a hook.
    pub refuses_push: Option<String>,
    /// How many of the next pushes meet a branch that has moved since the client looked.
    pub races: u32,
    /// How many more requests are answered. The first one after them is carried out, but its answer is lost; all later ones
    /// are cut.
    pub answers_left: Option<i64>,
    /// Whether requests get no answer, as from a paused container.
    pub hangs: bool,
    /// Answers every request with this status.
    pub fails_with: Option<u16>,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            version: Version::V28,
            is_healthy: true,
            allows_force_push: true,
            refuses_push: None,
            races: 0,
            answers_left: None,
            hangs: false,
            fails_with: None,
        }
    }
}
