//! The steps from the real state to the wanted one. Pure: the same states give the same steps.
//!
//! Each step can be repeated: after an interruption at any point the state is read again and planned again.

use crate::error::StackError;
use crate::labels::{ContainerPart, NetworkPart, Scope, VolumePart};
use crate::observe::{Real, RealContainer, RealNetwork, Status};
use crate::spec::ContainerSpec;
use std::collections::BTreeSet;
use std::fmt;

/// What a profile wants to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Gitea, or `None` if it should not run: an existing container is stopped and kept.
    pub gitea: Option<ContainerSpec>,
    /// OpenCode, or `None` if it should not run.
    pub opencode: Option<ContainerSpec>,
    /// Parts without a spec whose container is left as it is: running or not.
    pub untouched: BTreeSet<ContainerPart>,
}

impl Wanted {
    /// The spec of a part, if it should run.
    #[must_use]
    pub fn spec(&self, part: ContainerPart) -> Option<&ContainerSpec> {
        match part {
            ContainerPart::Gitea => self.gitea.as_ref(),
            ContainerPart::OpenCode => self.opencode.as_ref(),
        }
    }

    fn specs(&self) -> impl Iterator<Item = &ContainerSpec> {
        ContainerPart::ALL.into_iter().filter_map(|part| self.spec(part))
    }
}

/// One step of the reconcile loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Remove a second network of the same part.
    RemoveNetwork {
        /// The part.
        part: NetworkPart,
        /// The id of the superfluous one.
        id: String,
    },
    /// Create a network.
    CreateNetwork(NetworkPart),
    /// Create a volume.
    CreateVolume(VolumePart),
    /// Remove a container that is not the wanted one.
    RemoveContainer {
        /// The part whose place it takes.
        part: ContainerPart,
        /// Its id.
        id: String,
        /// Why it is not the wanted one.
        why: Unfit,
    },
    /// Write into the volumes what the container needs.
    FillVolumes(ContainerPart),
    /// Create the container.
    CreateContainer(ContainerPart),
    /// Unpause a container.
    Unpause {
        /// The part.
        part: ContainerPart,
        /// The container's id.
        id: String,
    },
    /// Start a container.
    Start {
        /// The part.
        part: ContainerPart,
        /// The container's id.
        id: String,
    },
    /// Stop a container that should not run now. It is kept.
    Stop {
        /// The part.
        part: ContainerPart,
        /// The container's id.
        id: String,
    },
}

/// Why a container is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It was made from other settings.
    OtherSettings,
    /// Its network is gone.
    NoNetwork,
    /// The daemon cannot use it any more.
    Dead,
    /// There is another one for the same part.
    Duplicate,
    /// It was only there to fill volumes.
    LeftOver,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::RemoveNetwork { part, .. } => write!(f, "remove a duplicate of the network \"{}\"", part.word()),
            Step::CreateNetwork(part) => write!(f, "create the network \"{}\"", part.word()),
            Step::CreateVolume(part) => write!(f, "create the volume \"{}\"", part.word()),
            Step::RemoveContainer { part, why, .. } => {
                let why = match why {
                    Unfit::OtherSettings => "its settings have changed",
                    Unfit::NoNetwork => "its network is gone",
                    Unfit::Dead => "Docker cannot use it any more",
                    Unfit::Duplicate => "there are two",
                    Unfit::LeftOver => "it is left over from an interrupted start",
                };
                write!(f, "remove a container of {}: {why}", part.name())
            }
            Step::FillVolumes(part) => write!(f, "fill the volumes of {}", part.name()),
            Step::CreateContainer(part) => write!(f, "create the container of {}", part.name()),
            Step::Unpause { part, .. } => write!(f, "unpause {}", part.name()),
            Step::Start { part, .. } => write!(f, "start {}", part.name()),
            Step::Stop { part, .. } => write!(f, "stop {}", part.name()),
        }
    }
}

impl Step {
    /// The container that the step is for. Steps for different containers do not depend on each other.
    #[must_use]
    pub fn part(&self) -> ContainerPart {
        match self {
            Step::RemoveNetwork { part, .. } | Step::CreateNetwork(part) => part.part(),
            Step::CreateVolume(part) => part.part(),
            Step::RemoveContainer { part, .. }
            | Step::FillVolumes(part)
            | Step::CreateContainer(part)
            | Step::Unpause { part, .. }
            | Step::Start { part, .. }
            | Step::Stop { part, .. } => *part,
        }
    }
}

/// The next steps, in order; none if the real state is the wanted one. A container that is created is started by the plan
/// that follows: its id is not known before.
///
/// # Errors
/// [`StackError::NameTaken`] if a wanted volume exists and is not this profile's: its data is not touched.
pub fn plan(scope: &Scope, wanted: &Wanted, real: &Real) -> Result<Vec<Step>, StackError> {
    let mut steps = Vec::new();
    for part in ContainerPart::ALL {
        left_overs(part, real, &mut steps);
    }
    for spec in wanted.specs() {
        network(spec, real, &mut steps);
        volumes(scope, spec, real, &mut steps)?;
    }
    for part in ContainerPart::ALL {
        match wanted.spec(part) {
            Some(spec) => container(spec, real, &mut steps),
            None if wanted.untouched.contains(&part) => {}
            None => steps.extend(stop(part, real)),
        }
    }
    for spec in wanted.specs() {
        duplicate_networks(spec, real, &mut steps);
    }
    steps.sort_by_key(rank);
    Ok(steps)
}

/// A network cannot be removed while a container runs on it, and while there are two of one name no container starts on either.
fn rank(step: &Step) -> u8 {
    match step {
        Step::RemoveContainer { .. } => 0,
        Step::CreateNetwork(_) | Step::CreateVolume(_) => 1,
        Step::RemoveNetwork { .. } => 2,
        Step::FillVolumes(_) | Step::CreateContainer(_) | Step::Unpause { .. } | Step::Start { .. } | Step::Stop { .. } => 3,
    }
}

fn left_overs(part: ContainerPart, real: &Real, steps: &mut Vec<Step>) {
    let seeds = real.containers.iter().filter(|container| container.part == part.seed_word());
    steps.extend(seeds.map(|seed| Step::RemoveContainer { part, id: seed.id.clone(), why: Unfit::LeftOver }));
}

fn network(spec: &ContainerSpec, real: &Real, steps: &mut Vec<Step>) {
    if kept_network(spec, real).is_none() {
        steps.push(Step::CreateNetwork(spec.network));
    }
}

fn duplicate_networks(spec: &ContainerSpec, real: &Real, steps: &mut Vec<Step>) {
    let kept = kept_network(spec, real).map(|network| network.id.as_str());
    let others = networks_of(spec.network, real).filter(|network| Some(network.id.as_str()) != kept);
    steps.extend(others.map(|other| Step::RemoveNetwork { part: spec.network, id: other.id.clone() }));
}

/// The network of the container that is kept, otherwise the first.
pub(crate) fn kept_network<'a>(spec: &ContainerSpec, real: &'a Real) -> Option<&'a RealNetwork> {
    let hash = spec.hash();
    let kept = containers_of(spec.part, real).filter(|container| container.config == hash);
    let used: Vec<_> = kept.map(|container| &container.network).collect();
    networks_of(spec.network, real)
        .find(|network| used.iter().any(|used| used.is(network)))
        .or_else(|| networks_of(spec.network, real).next())
}

fn volumes(scope: &Scope, spec: &ContainerSpec, real: &Real, steps: &mut Vec<Step>) -> Result<(), StackError> {
    for use_ in &spec.volumes {
        let name = scope.name(use_.volume.word());
        if real.foreign_volumes.contains(&name) {
            return Err(StackError::NameTaken { what: "volume", name });
        }
        if real.volumes.iter().all(|volume| volume.name != name) {
            steps.push(Step::CreateVolume(use_.volume));
        }
    }
    Ok(())
}

fn container(spec: &ContainerSpec, real: &Real, steps: &mut Vec<Step>) {
    let part = spec.part;
    let network = kept_network(spec, real);
    let hash = spec.hash();
    let fault = |container: &RealContainer| match container {
        RealContainer { status: Status::Dead, .. } => Some(Unfit::Dead),
        container if container.config != hash => Some(Unfit::OtherSettings),
        container if !network.is_some_and(|network| container.network.is(network)) => Some(Unfit::NoNetwork),
        _ => None,
    };
    let mut fit: Option<&RealContainer> = None;
    for container in containers_of(part, real) {
        let why = match fault(container) {
            None if fit.is_none() => {
                fit = Some(container);
                continue;
            }
            None => Unfit::Duplicate,
            Some(why) => why,
        };
        steps.push(Step::RemoveContainer { part, id: container.id.clone(), why });
    }
    let id = fit.map(|container| container.id.clone()).unwrap_or_default();
    match fit.map(|container| container.status) {
        None => {
            if !spec.seed.is_empty() {
                steps.push(Step::FillVolumes(part));
            }
            steps.push(Step::CreateContainer(part));
        }
        Some(Status::Running) => {}
        Some(Status::Paused) => steps.push(Step::Unpause { part, id }),
        Some(Status::Created | Status::Exited | Status::Dead) => steps.push(Step::Start { part, id }),
    }
}

fn stop(part: ContainerPart, real: &Real) -> impl Iterator<Item = Step> {
    let runs = |container: &&RealContainer| matches!(container.status, Status::Running | Status::Paused);
    containers_of(part, real).filter(runs).map(move |container| Step::Stop { part, id: container.id.clone() })
}

fn containers_of(part: ContainerPart, real: &Real) -> impl Iterator<Item = &RealContainer> {
    real.containers.iter().filter(move |container| container.part == part.word())
}

fn networks_of(part: NetworkPart, real: &Real) -> impl Iterator<Item = &RealNetwork> {
    real.networks.iter().filter(move |network| network.part == part.word())
}

#[cfg(test)]
mod tests;
