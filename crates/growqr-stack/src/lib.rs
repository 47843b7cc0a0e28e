//! The person's own services on the local Docker daemon: Gitea, which holds the memory repository, and OpenCode, in which
//! sub-agents work. Finds the daemon, makes and keeps networks, volumes and containers, and speaks to both services.
//!
//! The order of use: [`find`] names the places where a daemon may listen, [`Daemon::connect`] takes the first that answers,
//! [`Daemon::pull`] fetches missing images, [`Stack::reconcile`] moves the real state to the wanted one. Docker is the only
//! truth about the real state: everything is found by label, nothing is remembered between two calls.

mod container;
mod copy_out;
mod daemon;
mod death;
mod error;
mod events;
mod exec;
pub mod find;
pub mod gitea_server;
mod gitea_spec;
mod image;
mod labelled;
mod labels;
mod logs;
mod network;
mod observe;
pub mod opencode;
mod opencode_spec;
mod plan;
mod spec;
mod stack;
mod tar_stream;
mod usage;
mod volume;
mod work_archive;

pub use copy_out::{ContainerFile, InContainer, Piece};
pub use daemon::{Daemon, DaemonFacts};
pub use death::{Death, Ending};
pub use error::{Attempt, ImageProblem, StackError};
pub use events::{Hint, HintKind};
pub use exec::{Exec, ExecDone};
pub use gitea_spec::{GITEA_FALLBACK_IMAGE, GITEA_IMAGE, GITEA_PORT, GiteaSettings, gitea_spec};
pub use image::{ImageFacts, LayerProgress, PullProgress, PullTotals, usual_size};
pub use labelled::{Labelled, LabelledKind};
pub use labels::{ContainerPart, NetworkPart, Scope, VolumePart};
pub use logs::{LogLine, LogSource};
pub use observe::{NetworkOf, Real, RealContainer, RealNetwork, RealVolume, Status};
pub use opencode_spec::{Folder, OPENCODE_IMAGE, OPENCODE_PORT, OpenCodeSettings, WORK_USER, opencode_spec};
pub use plan::{Step, Unfit, Wanted, plan};
pub use spec::{ContainerSpec, FolderUse, PublishedPort, SeedEntry, TmpfsUse, VolumeUse};
pub use stack::Stack;
pub use usage::{DiskUse, MemoryUse};
