//! Gitea's container: rootless image, SQLite, reachable on loopback only, everything off that a memory repository does not need.

use crate::labels::{ContainerPart, NetworkPart, VolumePart};
use crate::spec::{ContainerSpec, PublishedPort, SeedEntry, TmpfsUse, VolumeUse};
use growqr_core::secret::Secret;
use std::time::Duration;

/// The image that is used unless the person sets another.
pub const GITEA_IMAGE: &str = "gitea/gitea:28.1.0-rootless";
/// The oldest image that is supported. A volume that a newer one has used cannot go back to it.
pub const GITEA_FALLBACK_IMAGE: &str = "gitea/gitea:1.27.3-rootless";
/// Gitea's port in the container.
pub const GITEA_PORT: u16 = 3000;

const DATA: &str = "/var/lib/gitea";
const CONFIG: &str = "/etc/gitea";

/// What differs between two Gitea containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiteaSettings {
    /// The image's reference.
    pub image: String,
    /// The port on loopback.
    pub port: u16,
    /// Gitea's `SECRET_KEY`: 64 random characters. It encrypts what Gitea stores: keep it as long as the volumes.
    pub secret_key: Secret,
    /// Bytes of memory.
    pub memory: u64,
}

impl GiteaSettings {
    /// The default image and 512 MiB.
    #[must_use]
    pub fn new(port: u16, secret_key: Secret) -> GiteaSettings {
        GiteaSettings { image: GITEA_IMAGE.to_owned(), port, secret_key, memory: 512 << 20 }
    }
}

/// The container for these settings.
#[must_use]
pub fn gitea_spec(settings: &GiteaSettings) -> ContainerSpec {
    let volume = |volume, target: &str| VolumeUse { volume, target: target.to_owned(), read_only: false };
    ContainerSpec {
        part: ContainerPart::Gitea,
        image: settings.image.clone(),
        command: None,
        directory: None,
        environment: environment(settings),
        network: NetworkPart::Git,
        volumes: vec![volume(VolumePart::GiteaData, DATA), volume(VolumePart::GiteaConfig, CONFIG)],
        folders: Vec::new(),
        tmpfs: vec![TmpfsUse { target: "/tmp".to_owned(), mebibytes: 256 }],
        port: PublishedPort { host: settings.port, container: GITEA_PORT },
        memory: settings.memory,
        pids: 256,
        nano_cpus: None,
        user: (1000, 1000),
        reaches_host: false,
        stop_grace: Duration::from_secs(10),
        seed: vec![SeedEntry::own_folder(DATA), SeedEntry::own_folder(CONFIG)],
    }
}

/// Every start writes these into `app.ini`. A key that is removed here stays there.
fn environment(settings: &GiteaSettings) -> Vec<(String, Secret)> {
    let root_url = format!("http://127.0.0.1:{}/", settings.port);
    let plain = [
        ("GITEA__security__INSTALL_LOCK", "true"),
        ("GITEA__security__DISABLE_QUERY_AUTH_TOKEN", "true"),
        ("GITEA__security__DISABLE_WEBHOOKS", "true"),
        ("GITEA__database__DB_TYPE", "sqlite3"),
        ("GITEA__database__SQLITE_JOURNAL_MODE", "WAL"),
        ("GITEA__server__ROOT_URL", root_url.as_str()),
        ("GITEA__server__HTTP_PORT", "3000"),
        ("GITEA__server__DISABLE_SSH", "true"),
        // Otherwise URLs are built from the Host header of the request.
        ("GITEA__server__PUBLIC_URL_DETECTION", "never"),
        ("GITEA__service__DISABLE_REGISTRATION", "true"),
        ("GITEA__service__REQUIRE_SIGNIN_VIEW", "true"),
        // Off for passwords only: git sends the token by Basic authentication.
        ("GITEA__service__ENABLE_BASIC_AUTHENTICATION", "false"),
        ("GITEA__service__DEFAULT_USER_VISIBILITY", "private"),
        ("GITEA__openid__ENABLE_OPENID_SIGNIN", "false"),
        ("GITEA__oauth2__ENABLED", "false"),
        ("GITEA__repository__FORCE_PRIVATE", "true"),
        ("GITEA__repository__DISABLE_MIGRATIONS", "true"),
        (
            "GITEA__repository__DISABLED_REPO_UNITS",
            "repo.issues,repo.ext_issues,repo.wiki,repo.ext_wiki,repo.projects,repo.packages,repo.actions",
        ),
        ("GITEA__actions__ENABLED", "false"),
        ("GITEA__packages__ENABLED", "false"),
        ("GITEA__mirror__ENABLED", "false"),
        ("GITEA__indexer__ISSUE_INDEXER_TYPE", "db"),
        ("GITEA__session__PROVIDER", "file"),
        ("GITEA__api__ENABLE_SWAGGER", "false"),
        ("GITEA__log__LEVEL", "warn"),
        ("GITEA__cron_0x2E_update_checker__ENABLED", "false"),
    ];
    let mut environment: Vec<_> = plain.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect();
    environment.push(("GITEA__security__SECRET_KEY".to_owned(), settings.secret_key.clone()));
    environment
}
