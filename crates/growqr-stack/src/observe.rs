//! The real state of one profile's stack, read from the daemon by label.

use crate::daemon::Daemon;
use crate::error::StackError;
use crate::labels::{CONFIG, ContainerPart, FOLDER, PART, PLACE, Scope, VolumePart, install_filter};
use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum, ContainerSummary, NetworkSettings};
use bollard::query_parameters::ListContainersOptionsBuilder;
use futures_util::future::try_join_all;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

/// Everything that carries the labels of one profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Real {
    /// Its networks, by id.
    pub networks: Vec<RealNetwork>,
    /// Its volumes, by name.
    pub volumes: Vec<RealVolume>,
    /// Volumes that have a name of this profile, but not its labels.
    pub foreign_volumes: Vec<String>,
    /// Its containers, running or not, by id.
    pub containers: Vec<RealContainer>,
}

/// A network as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RealNetwork {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its label of the part.
    pub part: String,
    /// All its labels.
    pub labels: HashMap<String, String>,
    /// The address by which its containers reach the daemon's machine. Where the daemon is in a virtual machine, that is not
    /// this machine.
    pub gateway: Option<IpAddr>,
}

/// A volume as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RealVolume {
    /// Its name.
    pub name: String,
    /// Its label of the part.
    pub part: String,
    /// All its labels.
    pub labels: HashMap<String, String>,
}

impl RealVolume {
    /// The data folder that has used everything here after a move, if this volume is only there to name it.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.labels.get(FOLDER).filter(|_| self.part == PLACE).map(String::as_str)
    }
}

/// A container as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RealContainer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its label of the part.
    pub part: String,
    /// All its labels.
    pub labels: HashMap<String, String>,
    /// The hash of the spec it was made from.
    pub config: String,
    /// What it does.
    pub status: Status,
    /// The name of the image it was made from, without Docker's own registry.
    pub image: String,
    /// Where it sees folders of the person's own.
    pub folders: Vec<String>,
    /// Its network, as the daemon names it.
    pub network: NetworkOf,
    /// The port that is published on loopback.
    pub port: Option<u16>,
    /// The exit code of its last run.
    pub exit_code: i64,
    /// True if the daemon says that its last run was ended for memory.
    pub oom_killed: bool,
    /// The daemon's words about a start that failed.
    pub error: String,
    /// When its last run began, in the daemon's notation.
    pub started_at: String,
    /// When its last run ended, in the daemon's notation.
    pub finished_at: String,
}

/// How a daemon names the network of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkOf {
    /// By its id, as it was given at the creation: Docker.
    Id(String),
    /// By these ids and names. Podman reports its own network mode, such as `bridge`, in the place of what was given. Untried.
    Any(Vec<String>),
}

impl Default for NetworkOf {
    fn default() -> NetworkOf {
        NetworkOf::Any(Vec::new())
    }
}

impl NetworkOf {
    /// Whether it is this network.
    #[must_use]
    pub fn is(&self, network: &RealNetwork) -> bool {
        match self {
            NetworkOf::Id(id) => *id == network.id,
            NetworkOf::Any(names) => names.iter().any(|name| *name == network.id || *name == network.name),
        }
    }
}

/// What a container does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// It was made and has never run.
    #[default]
    Created,
    /// It runs.
    Running,
    /// Its processes are frozen.
    Paused,
    /// It has ended.
    Exited,
    /// It is being removed or cannot be used any more.
    Dead,
}

impl Real {
    /// The container of a part, if there is one.
    #[must_use]
    pub fn container(&self, part: ContainerPart) -> Option<&RealContainer> {
        self.containers.iter().find(|container| container.part == part.word())
    }
}

impl Daemon {
    /// Reads the real state of a profile.
    pub(crate) async fn observe(&self, scope: &Scope) -> Result<Real, StackError> {
        let filter = scope.filter();
        let (networks, volumes, containers) =
            tokio::try_join!(self.networks(&filter), self.volumes(&filter), self.containers(&filter))?;
        let unlabelled = VolumePart::ALL.map(|part| scope.name(part.word()));
        let unlabelled = unlabelled.iter().filter(|name| volumes.iter().all(|volume| volume.name != **name));
        let foreign = try_join_all(unlabelled.map(|name| self.volume(name))).await?;
        let foreign_volumes = foreign.into_iter().flatten().map(|volume| volume.name).collect();
        Ok(Real { networks, volumes, foreign_volumes, containers })
    }

    /// The data folders that containers of an install name: those that made them. Containers of earlier versions name none.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn folders(&self, install: &str) -> Result<BTreeSet<String>, StackError> {
        let listed = self.listed(&install_filter(install)).await?.into_iter();
        Ok(listed.filter_map(|container| container.labels?.remove(FOLDER)).collect())
    }

    pub(crate) async fn listed(&self, filter: &HashMap<String, Vec<String>>) -> Result<Vec<ContainerSummary>, StackError> {
        let options = ListContainersOptionsBuilder::new().all(true).filters(filter).build();
        self.ask(self.call("list containers", "container", ""), self.docker().list_containers(Some(options))).await
    }

    /// The containers that carry the labels of the filter.
    pub(crate) async fn containers(&self, filter: &HashMap<String, Vec<String>>) -> Result<Vec<RealContainer>, StackError> {
        let ids: Vec<_> = self.listed(filter).await?.into_iter().filter_map(|container| container.id).collect();
        let mut containers: Vec<_> = try_join_all(ids.iter().map(|id| self.container(id))).await?.into_iter().flatten().collect();
        containers.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(containers)
    }

    /// Whether a container runs. One that is paused or was removed does not.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn is_running(&self, id: &str) -> Result<bool, StackError> {
        Ok(self.container(id).await?.is_some_and(|container| container.status == Status::Running))
    }

    /// A container by id; `None` if it was removed meanwhile.
    pub(crate) async fn container(&self, id: &str) -> Result<Option<RealContainer>, StackError> {
        match self.ask(self.call("inspect a container", "container", id), self.docker().inspect_container(id, None)).await {
            Ok(inspected) => Ok(Some(real(inspected))),
            Err(StackError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn real(inspected: ContainerInspectResponse) -> RealContainer {
    let state = inspected.state.unwrap_or_default();
    let config = inspected.config.unwrap_or_default();
    let labels = config.labels.unwrap_or_default();
    let mounts = inspected.mounts.unwrap_or_default().into_iter();
    let host = inspected.host_config.unwrap_or_default();
    let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
    let bindings = host.port_bindings.unwrap_or_default().into_values().flatten().flatten();
    RealContainer {
        id: inspected.id.unwrap_or_default(),
        name: inspected.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        part: label(PART),
        config: label(CONFIG),
        status: status(state.status),
        // Podman names the registry too, also where it was not named.
        image: config.image.unwrap_or_default().trim_start_matches("docker.io/").to_owned(),
        folders: mounts.filter(|mount| mount.typ.as_deref() == Some("bind")).filter_map(|mount| mount.destination).collect(),
        network: network(host.network_mode.unwrap_or_default(), inspected.network_settings),
        port: bindings.filter_map(|binding| binding.host_port?.parse().ok()).next(),
        exit_code: state.exit_code.unwrap_or_default(),
        oom_killed: state.oom_killed.unwrap_or_default(),
        error: state.error.unwrap_or_default(),
        started_at: state.started_at.unwrap_or_default(),
        finished_at: state.finished_at.unwrap_or_default(),
        labels,
    }
}

/// A network of the same name may have taken the place of the one that a container was made for, so names count only where the
/// daemon does not keep the id.
fn network(mode: String, settings: Option<NetworkSettings>) -> NetworkOf {
    let is_id = mode.len() == 64 && mode.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id {
        return NetworkOf::Id(mode);
    }
    let attached = settings.and_then(|settings| settings.networks).unwrap_or_default();
    let names = attached.into_iter().flat_map(|(name, endpoint)| [Some(name), endpoint.network_id]);
    NetworkOf::Any(names.flatten().chain([mode]).filter(|name| !name.is_empty()).collect())
}

fn status(status: Option<ContainerStateStatusEnum>) -> Status {
    use ContainerStateStatusEnum as Docker;
    match status {
        Some(Docker::RUNNING | Docker::RESTARTING) => Status::Running,
        Some(Docker::PAUSED) => Status::Paused,
        Some(Docker::EXITED) => Status::Exited,
        Some(Docker::REMOVING | Docker::DEAD) => Status::Dead,
        _ => Status::Created,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn network_of(inspected: serde_json::Value) -> NetworkOf {
        real(serde_json::from_value(inspected).unwrap()).network
    }

    fn named(name: &str, id: &str) -> RealNetwork {
        RealNetwork { id: id.to_owned(), name: name.to_owned(), ..RealNetwork::default() }
    }

    #[test]
    fn the_image_is_the_one_it_was_made_from_and_volumes_are_no_folders_of_the_person() {
        let mounts = json!([
            {"Type": "volume", "Destination": "/workspace"},
            {"Type": "bind", "Source": "/home/you/x", "Destination": "/workspace/x"},
        ]);
        let inspected = json!({"Image": "sha256:1", "Config": {"Image": "docker.io/gitea/gitea:1"}, "Mounts": mounts});
        let container = real(serde_json::from_value(inspected).unwrap());
        assert_eq!(container.image, "gitea/gitea:1");
        assert_eq!(container.folders, ["/workspace/x"]);
    }

    #[test]
    fn docker_keeps_the_id_of_the_network_so_its_successor_of_the_same_name_is_another_one() {
        let (id, other) = ("a".repeat(64), "b".repeat(64));
        let networks = json!({"growqr-git": {"NetworkID": ""}});
        let network = network_of(json!({"HostConfig": {"NetworkMode": id}, "NetworkSettings": {"Networks": networks}}));
        assert!(network.is(&named("growqr-git", &id)));
        assert!(!network.is(&named("growqr-git", &other)));
    }

    /// The shape that Podman's documentation gives for its answer in Docker's format. No Podman was tried.
    #[test]
    fn podman_names_a_mode_and_the_network_is_found_by_its_name() {
        let id = "c".repeat(64);
        let networks = json!({"growqr-git": {"NetworkID": "growqr-git", "Gateway": "10.89.0.1"}});
        let network = network_of(json!({"HostConfig": {"NetworkMode": "bridge"}, "NetworkSettings": {"Networks": networks}}));
        assert!(network.is(&named("growqr-git", &id)));
        assert!(!network.is(&named("growqr-work", &id)));
        let mode = network_of(json!({"HostConfig": {"NetworkMode": "growqr-git"}}));
        assert!(mode.is(&named("growqr-git", &id)));
    }
}
