//! Everything on a daemon that carries this program's labels, whichever data folder made it. What of it nobody owns is decided
//! elsewhere; it is removed only when the person agrees.

use crate::daemon::Daemon;
use crate::error::StackError;
use crate::labels::{COMPUTER, ContainerPart, FOLDER, INSTALL, NetworkPart, PART, PLACE, PROFILE, VolumePart, app_filter};
use bollard::models::ContainerSummaryStateEnum;
use std::collections::HashMap;

/// A container, network or volume with this program's labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labelled {
    /// What it is.
    pub kind: LabelledKind,
    /// Its id; for a volume its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The install in its label.
    pub install: String,
    /// The profile in its label.
    pub profile: String,
    /// The part in its label.
    pub part: String,
    /// The data folder in its label: the one that made it. Earlier versions named none.
    pub folder: Option<String>,
    /// The id of the computer in its label: the one on which it was made. Earlier versions named none.
    pub computer: Option<String>,
    /// Whether it is a container that runs.
    pub is_running: bool,
}

/// What a [`Labelled`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LabelledKind {
    /// A container.
    #[default]
    Container,
    /// A network.
    Network,
    /// A volume: removing it removes data.
    Volume,
}

impl LabelledKind {
    /// The word for it in commands and on the screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            LabelledKind::Container => "container",
            LabelledKind::Network => "network",
            LabelledKind::Volume => "volume",
        }
    }
}

impl Labelled {
    /// Whether this version makes such a part.
    #[must_use]
    pub fn is_known_part(&self) -> bool {
        let word = self.part.as_str();
        match self.kind {
            LabelledKind::Container => ContainerPart::ALL.iter().any(|part| part.word() == word || part.seed_word() == word),
            LabelledKind::Network => NetworkPart::ALL.iter().any(|part| part.word() == word),
            LabelledKind::Volume => word == PLACE || VolumePart::ALL.iter().any(|part| part.word() == word),
        }
    }

    /// Whether it is only there to name the data folder.
    #[must_use]
    pub fn is_place(&self) -> bool {
        self.kind == LabelledKind::Volume && self.part == PLACE
    }

    fn new(kind: LabelledKind, id: String, name: String, mut labels: HashMap<String, String>) -> Labelled {
        let mut label = |name: &str| labels.remove(name).unwrap_or_default();
        let (install, profile, part) = (label(INSTALL), label(PROFILE), label(PART));
        let (folder, computer) = (labels.remove(FOLDER), labels.remove(COMPUTER));
        Labelled { kind, id, name, install, profile, part, folder, computer, is_running: false }
    }
}

impl Daemon {
    /// Everything with this program's labels. Containers come first: this is the order for removal.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn labelled(&self) -> Result<Vec<Labelled>, StackError> {
        let filter = app_filter();
        let (containers, networks, volumes) =
            tokio::try_join!(self.listed(&filter), self.networks(&filter), self.volumes(&filter))?;
        let containers = containers.into_iter().map(|container| {
            let name = container.names.unwrap_or_default().into_iter().next().unwrap_or_default();
            let name = name.trim_start_matches('/').to_owned();
            let id = container.id.unwrap_or_default();
            let is_running = container.state.is_some_and(|state| state == ContainerSummaryStateEnum::RUNNING);
            Labelled { is_running, ..Labelled::new(LabelledKind::Container, id, name, container.labels.unwrap_or_default()) }
        });
        let mut found: Vec<_> = containers.collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        let networks = networks.into_iter();
        found.extend(networks.map(|network| Labelled::new(LabelledKind::Network, network.id, network.name, network.labels)));
        let volumes = volumes.into_iter();
        let volume = |name: String, labels| Labelled::new(LabelledKind::Volume, name.clone(), name, labels);
        found.extend(volumes.map(|found| volume(found.name, found.labels)));
        Ok(found)
    }

    /// Removes what the person has agreed to remove. Removing what is gone already succeeds.
    ///
    /// # Errors
    /// [`StackError`]; calling it again goes on.
    pub async fn remove_labelled(&self, things: &[Labelled]) -> Result<(), StackError> {
        for thing in things {
            match thing.kind {
                LabelledKind::Container => self.remove_container(&thing.id).await?,
                LabelledKind::Network => self.remove_network(&thing.id).await?,
                LabelledKind::Volume => self.remove_volume(&thing.id).await?,
            }
        }
        Ok(())
    }
}
