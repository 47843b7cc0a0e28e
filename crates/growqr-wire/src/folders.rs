//! The folders of the person whose files agents may use.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A change of one folder. The others stay as they are, whatever else changes them meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FolderChange {
    /// Agents may use a folder. If they may already, its name and its access are replaced.
    Add {
        /// Its absolute path.
        path: String,
        /// Its name for agents; `None`: the last part of its path.
        name: Option<String>,
        /// Whether they may change files in it.
        can_write: bool,
    },
    /// Whether agents may change files in a folder.
    SetAccess {
        /// Its name, or its path as the setting has it.
        folder: String,
        /// Whether they may.
        can_write: bool,
    },
    /// Agents may use a folder no more. It stays as it is.
    Remove {
        /// Its name, or its path as the setting has it.
        folder: String,
    },
}
