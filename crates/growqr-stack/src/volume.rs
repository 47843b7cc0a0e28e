//! Volumes. Creating one whose name exists returns the existing one with its old labels, so it is inspected before it is used.

use crate::daemon::{Daemon, WORK};
use crate::error::StackError;
use crate::labels::{PART, PLACE, Scope, VolumePart, short_hash};
use crate::observe::RealVolume;
use bollard::models::{Volume, VolumeCreateRequest};
use bollard::query_parameters::{ListVolumesOptionsBuilder, RemoveVolumeOptions};
use std::collections::HashMap;

impl Daemon {
    /// The volumes that carry the labels of the filter.
    pub(crate) async fn volumes(&self, filter: &HashMap<String, Vec<String>>) -> Result<Vec<RealVolume>, StackError> {
        let options = ListVolumesOptionsBuilder::new().filters(filter).build();
        let call = self.call("list volumes", "volume", "");
        let listed = self.ask(call, self.docker().list_volumes(Some(options))).await?;
        let mut volumes: Vec<_> = listed.volumes.unwrap_or_default().into_iter().map(real).collect();
        volumes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(volumes)
    }

    /// A volume by name; `None` if there is none.
    pub(crate) async fn volume(&self, name: &str) -> Result<Option<RealVolume>, StackError> {
        match self.ask(self.call("inspect a volume", "volume", name), self.docker().inspect_volume(name)).await {
            Ok(volume) => Ok(Some(real(volume))),
            Err(StackError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates a volume, and makes sure that it is this profile's.
    pub(crate) async fn create_volume(&self, scope: &Scope, part: VolumePart) -> Result<(), StackError> {
        self.create_labelled_volume(scope, scope.name(part.word()), part.word()).await
    }

    /// Creates an empty volume that names this data folder.
    pub(crate) async fn create_place(&self, scope: &Scope, folder: &str) -> Result<(), StackError> {
        self.create_labelled_volume(scope, scope.name(&format!("{PLACE}-{}", short_hash(folder))), PLACE).await
    }

    async fn create_labelled_volume(&self, scope: &Scope, name: String, word: &str) -> Result<(), StackError> {
        let request = VolumeCreateRequest {
            name: Some(name.clone()),
            labels: Some(scope.new_labels(word)),
            ..VolumeCreateRequest::default()
        };
        let client = self.patient(WORK);
        let made = self.work(WORK, self.call("create a volume", "volume", &name), client.create_volume(request)).await?;
        if scope.owns(&made.labels, word) { Ok(()) } else { Err(StackError::NameTaken { what: "volume", name }) }
    }

    /// Removes a volume and its data. Removing a missing one succeeds.
    pub(crate) async fn remove_volume(&self, name: &str) -> Result<(), StackError> {
        let client = self.patient(WORK);
        let call = self.call("remove a volume", "volume", name);
        let removed = self.work(WORK, call, client.remove_volume(name, None::<RemoveVolumeOptions>)).await;
        missing_is_done(removed)
    }
}

fn real(volume: Volume) -> RealVolume {
    RealVolume { part: volume.labels.get(PART).cloned().unwrap_or_default(), name: volume.name, labels: volume.labels }
}

/// A removal that was interrupted and is repeated may find nothing any more.
pub(crate) fn missing_is_done(removed: Result<(), StackError>) -> Result<(), StackError> {
    match removed {
        Err(StackError::Missing { .. }) => Ok(()),
        other => other,
    }
}
