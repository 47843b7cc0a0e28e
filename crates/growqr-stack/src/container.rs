//! Containers: the create request with its hardening, and the calls on one container.

use crate::daemon::{Daemon, WORK, limited};
use crate::error::StackError;
use crate::labels::{CONFIG, PART, Scope};
use crate::observe::Status;
use crate::spec::{ContainerSpec, FolderUse, VolumeUse};
use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigLogConfig, Mount, MountType, MountVolumeOptions, PortBinding, RestartPolicy,
    RestartPolicyNameEnum,
};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder, StopContainerOptionsBuilder, UploadToContainerOptionsBuilder,
};
use std::collections::HashMap;
use std::time::Duration;

/// The create request for a container that runs.
///
/// Hardening: no capabilities, no way to gain privileges, read-only root, no swap, limited processes, a port on loopback only,
/// no restart by the daemon (the program restarts and explains), logs of limited size.
fn body(scope: &Scope, spec: &ContainerSpec, network_id: &str) -> ContainerCreateBody {
    let port = format!("{}/tcp", spec.port.container);
    let binding = PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some(spec.port.host.to_string()) };
    let tmpfs = |mebibytes: u32| format!("rw,nosuid,nodev,noexec,size={mebibytes}m,mode=1777");
    let mut labels = scope.new_labels(spec.part.word());
    labels.insert(CONFIG.to_owned(), spec.hash());
    let memory = i64::try_from(spec.memory).ok();
    let host_config = HostConfig {
        network_mode: Some(network_id.to_owned()),
        readonly_rootfs: Some(true),
        init: Some(true),
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges:true".to_owned()]),
        memory,
        memory_swap: memory,
        pids_limit: Some(spec.pids.into()),
        nano_cpus: spec.nano_cpus.and_then(|cpus| i64::try_from(cpus).ok()),
        tmpfs: Some(spec.tmpfs.iter().map(|use_| (use_.target.clone(), tmpfs(use_.mebibytes))).collect()),
        mounts: Some(mounts(scope, &spec.volumes, &spec.folders, !spec.seed.is_empty())),
        extra_hosts: spec.reaches_host.then(|| vec!["host.docker.internal:host-gateway".to_owned()]),
        restart_policy: Some(RestartPolicy { name: Some(RestartPolicyNameEnum::NO), maximum_retry_count: None }),
        log_config: Some(HostConfigLogConfig {
            typ: Some("json-file".to_owned()),
            config: Some([("max-size", "2m"), ("max-file", "2")].map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
        }),
        port_bindings: Some(HashMap::from([(port.clone(), Some(vec![binding]))])),
        ..HostConfig::default()
    };
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        cmd: spec.command.clone(),
        working_dir: spec.directory.clone(),
        env: Some(spec.environment.iter().map(|(name, value)| format!("{name}={}", value.expose())).collect()),
        user: Some(format!("{}:{}", spec.user.0, spec.user.1)),
        labels: Some(labels),
        exposed_ports: Some(vec![port]),
        stop_timeout: i64::try_from(spec.stop_grace.as_secs()).ok(),
        host_config: Some(host_config),
        ..ContainerCreateBody::default()
    }
}

/// Without `keeps_owner` an empty volume takes over the image's directory at its path: content and owner. Once a volume is
/// filled that must not happen again: Docker makes the working directory as root before it looks.
fn mounts(scope: &Scope, volumes: &[VolumeUse], folders: &[FolderUse], keeps_owner: bool) -> Vec<Mount> {
    let volume = |use_: &VolumeUse| Mount {
        target: Some(use_.target.clone()),
        source: Some(scope.name(use_.volume.word())),
        typ: Some(MountType::VOLUME),
        read_only: Some(use_.read_only),
        volume_options: Some(MountVolumeOptions { no_copy: Some(keeps_owner), ..MountVolumeOptions::default() }),
        ..Mount::default()
    };
    let folder = |use_: &FolderUse| Mount {
        target: Some(use_.target.clone()),
        source: Some(use_.source.to_string_lossy().into_owned()),
        typ: Some(MountType::BIND),
        read_only: Some(!use_.writable),
        ..Mount::default()
    };
    volumes.iter().map(volume).chain(folders.iter().map(folder)).collect()
}

/// How long changing owners may take: a work folder may hold many small files.
const GIVE_LIMIT: Duration = Duration::from_secs(300);

/// Changes the owner of everything below each folder, but not of the folder itself. Follows no link.
const GIVE: &str =
    "owner=$1; shift; for folder; do find \"$folder\" -xdev -mindepth 1 -exec chown -h \"$owner\" {} + || exit 1; done";

impl Daemon {
    /// Creates a container. Returns its id.
    pub(crate) async fn create_container(
        &self,
        scope: &Scope,
        spec: &ContainerSpec,
        network_id: &str,
    ) -> Result<String, StackError> {
        self.create(&scope.name(spec.part.word()), &spec.image, body(scope, spec, network_id)).await
    }

    async fn create(&self, name: &str, image: &str, body: ContainerCreateBody) -> Result<String, StackError> {
        let options = CreateContainerOptionsBuilder::new().name(name).build();
        let client = self.patient(WORK);
        let made =
            self.work(WORK, self.call("create a container", "container", name), client.create_container(Some(options), body));
        made.await.map(|made| made.id).map_err(|error| match error {
            StackError::NoImage(_) => StackError::NoImage(image.to_owned()),
            other => other,
        })
    }

    /// Writes the seed into the volumes: uploads it into a container that has the volumes writable, never runs and is removed
    /// again. Needs no folder of the host, so it works where the daemon is in a virtual machine; a container with a read-only
    /// root refuses uploads, and so does a volume that it can only read.
    pub(crate) async fn fill_volumes(&self, scope: &Scope, spec: &ContainerSpec) -> Result<(), StackError> {
        let writable = |use_: &VolumeUse| VolumeUse { read_only: false, ..use_.clone() };
        let volumes: Vec<_> = spec.volumes.iter().map(writable).collect();
        let word = spec.part.seed_word();
        let mut labels = scope.new_labels(spec.part.word());
        labels.insert(PART.to_owned(), word.to_owned());
        let body = ContainerCreateBody {
            image: Some(spec.image.clone()),
            cmd: Some(vec!["never-runs".to_owned()]),
            labels: Some(labels),
            host_config: Some(HostConfig {
                network_mode: Some("none".to_owned()),
                mounts: Some(mounts(scope, &volumes, &[], false)),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let id = self.create(&scope.name(word), &spec.image, body).await?;
        let filled = async {
            if self.has_another_owner(&id, spec).await? {
                self.give_to_user(scope, spec).await?;
            }
            // Last, because the owner of the folders says that everything in them was given.
            self.upload(&id, seed_archive(spec)).await
        };
        let filled = filled.await;
        self.remove_container(&id).await?;
        filled
    }

    /// Whether the volumes were last used by another user than the container will have.
    async fn has_another_owner(&self, id: &str, spec: &ContainerSpec) -> Result<bool, StackError> {
        for entry in spec.seed.iter().filter(|entry| entry.owned) {
            match self.owner(id, &entry.path).await {
                Ok(owner) if owner != spec.user => return Ok(true),
                Ok(_) | Err(StackError::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// Gives everything in the volumes to the container's user. Runs a short-lived container without a network, which can do
    /// nothing but change owners.
    async fn give_to_user(&self, scope: &Scope, spec: &ContainerSpec) -> Result<(), StackError> {
        let word = spec.part.owner_word();
        let owned: Vec<&str> = spec.seed.iter().filter(|entry| entry.owned).map(|entry| entry.path.as_str()).collect();
        let volumes: Vec<_> = spec.volumes.iter().filter(|use_| owned.contains(&use_.target.as_str())).cloned().collect();
        let mut labels = scope.new_labels(spec.part.word());
        labels.insert(PART.to_owned(), spec.part.seed_word().to_owned());
        let (user, group) = spec.user;
        let command = ["-c".to_owned(), GIVE.to_owned(), "sh".to_owned(), format!("{user}:{group}")];
        let body = ContainerCreateBody {
            image: Some(spec.image.clone()),
            entrypoint: Some(vec!["sh".to_owned()]),
            cmd: Some(command.into_iter().chain(owned.into_iter().map(str::to_owned)).collect()),
            user: Some("0:0".to_owned()),
            labels: Some(labels),
            host_config: Some(HostConfig {
                network_mode: Some("none".to_owned()),
                readonly_rootfs: Some(true),
                cap_drop: Some(vec!["ALL".to_owned()]),
                cap_add: Some(["CHOWN", "DAC_OVERRIDE"].map(str::to_owned).into()),
                security_opt: Some(vec!["no-new-privileges:true".to_owned()]),
                mounts: Some(mounts(scope, &volumes, &[], false)),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let id = self.create(&scope.name(word), &spec.image, body).await?;
        let given = async {
            self.start_container(&id).await?;
            self.until_exited(&id).await
        };
        let given = given.await;
        self.remove_container(&id).await?;
        match given? {
            0 => Ok(()),
            code => Err(StackError::Failed {
                during: "give the files of the workbench to your user",
                message: format!("the command ended with {code}"),
            }),
        }
    }

    /// Waits until a container has ended, and returns its exit code.
    async fn until_exited(&self, id: &str) -> Result<i64, StackError> {
        let ended = async {
            loop {
                match self.container(id).await? {
                    None => return Err(StackError::Missing { what: "container", name: id.to_owned() }),
                    Some(container) if container.status == Status::Exited => return Ok(container.exit_code),
                    Some(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        };
        limited(GIVE_LIMIT, "give the files of the workbench to your user", ended).await?
    }

    async fn upload(&self, id: &str, archive: Vec<u8>) -> Result<(), StackError> {
        let options = UploadToContainerOptionsBuilder::new().path("/").build();
        let client = self.patient(WORK);
        let upload = client.upload_to_container(id, Some(options), bollard::body_full(archive.into()));
        self.work(WORK, self.call("fill a volume", "container", id), upload).await
    }

    /// Starts a container. Starting a running one succeeds.
    pub(crate) async fn start_container(&self, id: &str) -> Result<(), StackError> {
        let client = self.patient(WORK);
        self.work(WORK, self.call("start a container", "container", id), client.start_container(id, None)).await
    }

    /// Ends the pause of a container.
    pub(crate) async fn unpause_container(&self, id: &str) -> Result<(), StackError> {
        self.ask(self.call("unpause a container", "container", id), self.docker().unpause_container(id)).await
    }

    /// Stops a container: the program is asked to end and killed after the grace. Stopping a stopped one succeeds.
    pub(crate) async fn stop_container(&self, id: &str, grace: Duration) -> Result<(), StackError> {
        let options = StopContainerOptionsBuilder::new().t(i32::try_from(grace.as_secs()).unwrap_or(i32::MAX)).build();
        // The daemon answers when the container has stopped. With a shorter limit the call fails and the daemon goes on.
        let limit = grace + WORK;
        let client = self.patient(limit);
        self.work(limit, self.call("stop a container", "container", id), client.stop_container(id, Some(options))).await
    }

    /// Removes a container, killing it if it runs. Removing a missing one succeeds.
    pub(crate) async fn remove_container(&self, id: &str) -> Result<(), StackError> {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        let client = self.patient(WORK);
        let call = self.call("remove a container", "container", id);
        let removed = self.work(WORK, call, client.remove_container(id, Some(options))).await;
        crate::volume::missing_is_done(removed)
    }
}

/// A tar archive of what is written into the volumes.
fn seed_archive(spec: &ContainerSpec) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for entry in &spec.seed {
        let mut header = tar::Header::new_gnu();
        let (kind, mode) = match entry.content {
            Some(_) => (tar::EntryType::Regular, 0o444),
            None => (tar::EntryType::Directory, 0o755),
        };
        let content = entry.content.as_deref().unwrap_or_default().as_bytes();
        let (user, group) = if entry.owned { spec.user } else { (0, 0) };
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(user.into());
        header.set_gid(group.into());
        header.set_size(content.len() as u64);
        archive
            .append_data(&mut header, entry.path.trim_start_matches('/'), content)
            .expect("the paths are relative and in memory");
    }
    archive.into_inner().expect("a vector takes everything")
}
