//! OpenCode's container, the workbench of sub-agents. Its shell can read the whole environment of the server, so there is no
//! key of the person in it: only the server's password and what the caller puts into the configuration.

use crate::labels::{ContainerPart, NetworkPart, VolumePart};
use crate::spec::{ContainerSpec, FolderUse, PublishedPort, SeedEntry, TmpfsUse, VolumeUse};
use growqr_core::secret::Secret;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// The image that is used unless the person sets another.
pub const OPENCODE_IMAGE: &str = "ghcr.io/anomalyco/opencode:1.18.33";
/// OpenCode's port in the container.
pub const OPENCODE_PORT: u16 = 4096;

const DATA: &str = "/data";
const WORK: &str = "/workspace";
const CONFIG: &str = "/opt/growqr";

/// User and group id of OpenCode, unless it sees a folder of the person's own.
pub const WORK_USER: (u32, u32) = (1000, 1000);

/// What differs between two OpenCode containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCodeSettings {
    /// The image's reference.
    pub image: String,
    /// The port on loopback.
    pub port: u16,
    /// The password of the HTTP server.
    pub password: Secret,
    /// OpenCode's configuration as JSON. May hold the token of the model gateway, never a key of the person.
    pub config: Secret,
    /// More variables, such as the one that the configuration reads the gateway's token from.
    pub variables: Vec<(String, Secret)>,
    /// The person's own folders that sub-agents may see.
    pub folders: Vec<Folder>,
    /// User and group id of the server: on Linux those of the person, so that the files in their folders are theirs.
    pub user: (u32, u32),
    /// Bytes of memory.
    pub memory: u64,
}

/// A folder of the person's own, shown to sub-agents as `/workspace/<name>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The folder on this machine.
    pub path: PathBuf,
    /// The name in the container. Characters other than letters, digits, `.`, `_` and `-` become `-`.
    pub name: String,
    /// True if sub-agents may change it.
    pub writable: bool,
}

impl OpenCodeSettings {
    /// The default image, user 1000 and 2 GiB.
    #[must_use]
    pub fn new(port: u16, password: Secret, config: Secret) -> OpenCodeSettings {
        OpenCodeSettings {
            image: OPENCODE_IMAGE.to_owned(),
            port,
            password,
            config,
            variables: Vec::new(),
            folders: Vec::new(),
            user: WORK_USER,
            memory: 2 << 30,
        }
    }
}

/// The container for these settings.
#[must_use]
pub fn opencode_spec(settings: &OpenCodeSettings) -> ContainerSpec {
    let volume = |volume, target: &str, read_only| VolumeUse { volume, target: target.to_owned(), read_only };
    let port = OPENCODE_PORT.to_string();
    ContainerSpec {
        part: ContainerPart::OpenCode,
        image: settings.image.clone(),
        command: Some(["serve", "--hostname", "0.0.0.0", "--port", &port].map(str::to_owned).into()),
        directory: Some(WORK.to_owned()),
        environment: environment(settings),
        network: NetworkPart::Work,
        volumes: vec![
            volume(VolumePart::OpenCodeData, DATA, false),
            volume(VolumePart::OpenCodeWork, WORK, false),
            volume(VolumePart::OpenCodeConfig, CONFIG, true),
        ],
        folders: folders(&settings.folders),
        tmpfs: vec![TmpfsUse { target: "/tmp".to_owned(), mebibytes: 512 }],
        port: PublishedPort { host: settings.port, container: OPENCODE_PORT },
        memory: settings.memory,
        pids: 512,
        nano_cpus: None,
        user: settings.user,
        reaches_host: true,
        stop_grace: Duration::from_secs(10),
        seed: vec![
            SeedEntry::own_folder(DATA),
            SeedEntry::own_folder(WORK),
            SeedEntry::fixed_folder(CONFIG),
            // A configuration directory that exists and cannot be written keeps OpenCode from installing npm packages into it.
            SeedEntry::fixed_folder(&format!("{CONFIG}/opencode")),
            SeedEntry::fixed_file(&format!("{CONFIG}/opencode/opencode.json"), "{}\n"),
            SeedEntry::fixed_file(&format!("{CONFIG}/opencode/.gitignore"), "node_modules\n"),
        ],
    }
}

fn environment(settings: &OpenCodeSettings) -> Vec<(String, Secret)> {
    let plain = [
        ("HOME", DATA),
        ("XDG_DATA_HOME", "/data/share"),
        ("XDG_STATE_HOME", "/data/state"),
        ("XDG_CACHE_HOME", "/tmp/cache"),
        ("XDG_CONFIG_HOME", CONFIG),
        ("TMPDIR", "/tmp"),
        // Otherwise a file in the work directory can allow what the configuration forbids.
        ("OPENCODE_DISABLE_PROJECT_CONFIG", "1"),
        ("OPENCODE_DISABLE_MODELS_FETCH", "1"),
        ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
        ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1"),
    ];
    let mut environment: Vec<_> = plain.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect();
    environment.push(("OPENCODE_SERVER_PASSWORD".to_owned(), settings.password.clone()));
    environment.push(("OPENCODE_CONFIG_CONTENT".to_owned(), settings.config.clone()));
    environment.extend(settings.variables.iter().cloned());
    environment
}

/// Gives each folder a path of its own under `/workspace`.
fn folders(folders: &[Folder]) -> Vec<FolderUse> {
    let mut taken = BTreeSet::new();
    let place = |folder: &Folder| {
        let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        let name: String = folder.name.chars().map(safe).collect();
        let name = name.trim_start_matches('.');
        let name = if name.is_empty() { "folder" } else { name };
        let mut target = format!("{WORK}/{name}");
        let mut number = 1;
        while !taken.insert(target.clone()) {
            number += 1;
            target = format!("{WORK}/{name}-{number}");
        }
        FolderUse { source: folder.path.clone(), target, writable: folder.writable }
    };
    folders.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> OpenCodeSettings {
        OpenCodeSettings::new(42001, Secret::new("canary-password"), Secret::new("{}"))
    }

    #[test]
    fn folders_of_the_person_get_distinct_paths_and_are_read_only_unless_allowed() {
        let folder = |name: &str, writable| Folder { path: "/home/you/x".into(), name: name.to_owned(), writable };
        let all = [folder("notes", false), folder("notes", true), folder("../..", false), folder("a b/c", false)];
        let spec = opencode_spec(&OpenCodeSettings { folders: all.into(), ..settings() });
        let seen: Vec<_> = spec.folders.iter().map(|folder| (folder.target.as_str(), folder.writable)).collect();
        let expected =
            [("/workspace/notes", false), ("/workspace/notes-2", true), ("/workspace/-..", false), ("/workspace/a-b-c", false)];
        assert_eq!(seen, expected);
    }

    #[test]
    fn every_setting_changes_the_hash_and_equal_settings_do_not() {
        let hash = |settings: &OpenCodeSettings| opencode_spec(settings).hash();
        let same = hash(&settings());
        assert_eq!(same, hash(&settings()));
        let other = [
            OpenCodeSettings { image: "other".to_owned(), ..settings() },
            OpenCodeSettings { port: 42002, ..settings() },
            OpenCodeSettings { password: Secret::new("another"), ..settings() },
            OpenCodeSettings { config: Secret::new("{ }"), ..settings() },
            OpenCodeSettings { variables: vec![("A".to_owned(), Secret::new("b"))], ..settings() },
            OpenCodeSettings { user: (501, 20), ..settings() },
            OpenCodeSettings { memory: 1 << 30, ..settings() },
        ];
        for settings in other {
            assert_ne!(same, hash(&settings), "{settings:?}");
        }
    }

    #[test]
    fn secrets_are_not_in_the_debug_output_of_a_spec() {
        let shown = format!("{:?} {:?}", settings(), opencode_spec(&settings()));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
