//! Where data goes.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a destination is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DestinationKind {
    /// The provider of the chosen model.
    Model,
    /// Programs on this computer that may offer models.
    LocalModels,
    /// The sign-in service.
    SignIn,
    /// A database server.
    Database,
    /// The registry of the containers' images.
    Images,
    /// The copy of memory in a container.
    MemoryCopy,
    /// The container in which sub-agents work.
    Workbench,
    /// A server of tools that the person has added.
    ToolServer,
    /// Sites whose pages agents fetch.
    WebPages,
    /// The service of the model, which searches the web for it.
    WebSearch,
    /// A proxy of the environment.
    Proxy,
    /// Checks for a newer version.
    Updates,
}

/// A program besides this one that gets data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Destination {
    /// What it is for.
    pub kind: DestinationKind,
    /// Who gets the data: the name of a service or program.
    pub name: String,
    /// Where it is, without user names, passwords and keys; `None` if nothing is sent.
    pub address: Option<String>,
    /// True if the data stays on this computer.
    pub is_local: bool,
    /// True if the present settings lead there.
    pub in_use: bool,
    /// What goes there.
    pub sends: String,
    /// When.
    pub when: String,
}
