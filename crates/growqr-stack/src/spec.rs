//! What a container of the stack is made of. A value: two equal ones make equal containers, and the label with the hash of one
//! says whether a container is still the wanted one.

use crate::labels::{ContainerPart, NetworkPart, VolumePart, hex};
use growqr_core::secret::Secret;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::time::Duration;

/// Raised when the fixed part of the containers' settings changes, so that existing containers are made anew.
const LAYOUT: &str = "1";

/// A wanted container. Everything that is not named here is fixed: see the crate's hardening in `container.rs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerSpec {
    /// Which of the stack's containers it is.
    pub part: ContainerPart,
    /// The image's reference, with tag and, if pinned, digest.
    pub image: String,
    /// The arguments of the image's entry point; `None` for those of the image.
    pub command: Option<Vec<String>>,
    /// The directory in which the program starts; `None` for that of the image.
    pub directory: Option<String>,
    /// The environment. Whoever may use the daemon's socket can read it.
    pub environment: Vec<(String, Secret)>,
    /// The network.
    pub network: NetworkPart,
    /// The volumes.
    pub volumes: Vec<VolumeUse>,
    /// The person's own folders.
    pub folders: Vec<FolderUse>,
    /// In-memory file systems.
    pub tmpfs: Vec<TmpfsUse>,
    /// The port on loopback.
    pub port: PublishedPort,
    /// Bytes of memory; there is no swap in addition.
    pub memory: u64,
    /// The number of processes and threads.
    pub pids: u32,
    /// Billionths of a processor; `None` for no limit.
    pub nano_cpus: Option<u64>,
    /// User and group id of the program.
    pub user: (u32, u32),
    /// True if `host.docker.internal` is made to name the host.
    pub reaches_host: bool,
    /// How long the program may take to end.
    pub stop_grace: Duration,
    /// What is written into the volumes before the container is created.
    pub seed: Vec<SeedEntry>,
}

/// A volume and where it appears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeUse {
    /// The volume.
    pub volume: VolumePart,
    /// The path in the container.
    pub target: String,
    /// True if the program can only read it.
    pub read_only: bool,
}

/// A folder of the person's own and where it appears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderUse {
    /// The folder on this machine. The daemon must be able to see it: a virtual machine may share only the home folder.
    pub source: PathBuf,
    /// The path in the container.
    pub target: String,
    /// True if the program may change it.
    pub writable: bool,
}

/// An in-memory file system. It counts towards the container's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TmpfsUse {
    /// The path in the container.
    pub target: String,
    /// Its size in mebibytes.
    pub mebibytes: u32,
}

/// A port of the container, published on 127.0.0.1 only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedPort {
    /// The port on this machine.
    pub host: u16,
    /// The port in the container.
    pub container: u16,
}

/// A directory or file that is written into a volume before the container is created, with the container's user as owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedEntry {
    /// The absolute path, as the container will see it.
    pub path: String,
    /// The text of a file; `None` for a directory.
    pub content: Option<String>,
    /// True if the container's user owns it; otherwise root does and the user can only read it.
    pub owned: bool,
}

impl SeedEntry {
    /// A directory that the container's user owns.
    pub(crate) fn own_folder(path: &str) -> SeedEntry {
        SeedEntry { path: path.to_owned(), content: None, owned: true }
    }

    /// A directory that the container's user can only read.
    pub(crate) fn fixed_folder(path: &str) -> SeedEntry {
        SeedEntry { path: path.to_owned(), content: None, owned: false }
    }

    /// A file that the container's user can only read.
    pub(crate) fn fixed_file(path: &str, content: &str) -> SeedEntry {
        SeedEntry { path: path.to_owned(), content: Some(content.to_owned()), owned: false }
    }
}

impl ContainerSpec {
    /// The hash that is kept as a label. Covers the environment: a new password makes a new container. Secrets in it are
    /// random and long, so the hash does not give them away.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut lines = vec![
            LAYOUT.to_owned(),
            self.part.word().to_owned(),
            self.image.clone(),
            format!("{:?} {:?}", self.command, self.directory),
            self.network.word().to_owned(),
            format!("{:?} {:?} {:?}", self.volumes, self.folders, self.tmpfs),
            format!("{:?} {} {} {:?}", self.port, self.memory, self.pids, self.nano_cpus),
            format!("{:?} {} {:?} {:?}", self.user, self.reaches_host, self.stop_grace, self.seed),
        ];
        lines.extend(self.environment.iter().map(|(name, value)| format!("{name}={}", value.expose())));
        let mut hash = Sha256::new();
        for line in lines {
            hash.update((line.len() as u64).to_le_bytes());
            hash.update(line.as_bytes());
        }
        hex(&hash.finalize()[..16])
    }
}
