//! Containers, networks and volumes that carry this program's labels and belong to no profile. They are listed first and removed
//! only when the person agrees.

use crate::daemon::Daemon;
use crate::error::StackError;
use crate::labels::{ContainerPart, NetworkPart, PROFILE, VolumePart, install_filter};
use std::collections::HashMap;

/// Something of this install that no profile and no part of the stack claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// What it is.
    pub kind: OrphanKind,
    /// Its id; for a volume its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The profile in its label.
    pub profile: String,
    /// The part in its label.
    pub part: String,
}

/// The kind of an orphan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrphanKind {
    /// A container.
    Container,
    /// A network.
    Network,
    /// A volume: removing it removes data.
    Volume,
}

impl OrphanKind {
    /// The word for it in commands and on the screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            OrphanKind::Container => "container",
            OrphanKind::Network => "network",
            OrphanKind::Volume => "volume",
        }
    }
}

impl Daemon {
    /// The orphans of an install: what belongs to a profile that is not in `profiles`, or to a part that this version does not
    /// know. Things of other installs are never listed. Containers come first: this is the order for removal.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn orphans(&self, install: &str, profiles: &[&str]) -> Result<Vec<Orphan>, StackError> {
        let filter = install_filter(install);
        let (containers, networks, volumes) =
            tokio::try_join!(self.containers(&filter), self.networks(&filter), self.volumes(&filter))?;
        let orphan = |kind, id: String, name: String, labels: &HashMap<String, String>, part: String| Orphan {
            kind,
            id,
            name,
            profile: labels.get(PROFILE).cloned().unwrap_or_default(),
            part,
        };
        let containers = containers
            .into_iter()
            .map(|container| orphan(OrphanKind::Container, container.id, container.name, &container.labels, container.part));
        let networks = networks
            .into_iter()
            .map(|network| orphan(OrphanKind::Network, network.id, network.name, &network.labels, network.part));
        let volumes = volumes
            .into_iter()
            .map(|volume| orphan(OrphanKind::Volume, volume.name.clone(), volume.name, &volume.labels, volume.part));
        let is_orphan = |orphan: &Orphan| !profiles.contains(&orphan.profile.as_str()) || !is_known(orphan);
        Ok(containers.chain(networks).chain(volumes).filter(is_orphan).collect())
    }

    /// Removes what the person has agreed to remove. Removing what is gone already succeeds.
    ///
    /// # Errors
    /// [`StackError`]; calling it again goes on.
    pub async fn remove_orphans(&self, orphans: &[Orphan]) -> Result<(), StackError> {
        for orphan in orphans {
            match orphan.kind {
                OrphanKind::Container => self.remove_container(&orphan.id).await?,
                OrphanKind::Network => self.remove_network(&orphan.id).await?,
                OrphanKind::Volume => self.remove_volume(&orphan.id).await?,
            }
        }
        Ok(())
    }
}

fn is_known(orphan: &Orphan) -> bool {
    let word = orphan.part.as_str();
    match orphan.kind {
        OrphanKind::Container => ContainerPart::ALL.iter().any(|part| part.word() == word || part.seed_word() == word),
        OrphanKind::Network => NetworkPart::ALL.iter().any(|part| part.word() == word),
        OrphanKind::Volume => VolumePart::ALL.iter().any(|part| part.word() == word),
    }
}
