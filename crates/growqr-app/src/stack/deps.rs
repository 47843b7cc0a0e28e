//! What the task for the containers works with.

use crate::model_setup::setups::ModelSetups;
use crate::profile::location::{Environment, Profile};
use crate::stack::credentials::CredentialStore;
use crate::stack::gateway::HostSlot;
use crate::stack::other_folders::OtherFolders;
use crate::stack::workbench::WorkbenchSlot;
use growqr_core::journal::Store;
use growqr_memory::MemoryRepo;
use std::sync::Arc;
use tokio::sync::watch;

/// The user on Gitea.
pub(crate) const GITEA_USER: &str = "growqr";

/// The repository on Gitea.
pub(crate) const REPOSITORY: &str = "memory";

/// What the task works with.
#[derive(Clone)]
pub(crate) struct StackDeps {
    pub(crate) profile: Profile,
    pub(crate) environment: Environment,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) memory: Arc<MemoryRepo>,
    pub(crate) setups: Arc<ModelSetups>,
    pub(crate) credentials: Arc<CredentialStore>,
    /// Marked as changed when memory was changed by the person or by its copy.
    pub(crate) memory_changes: watch::Sender<()>,
    /// The agents, once they run.
    pub(crate) host: HostSlot,
    /// The number of this process in the ids of its charges.
    pub(crate) process: u64,
    /// The other data folders that things in Docker name.
    pub(crate) other_folders: OtherFolders,
    /// Where their sessions work.
    pub(crate) workbench: WorkbenchSlot,
}
