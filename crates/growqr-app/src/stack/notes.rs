//! What the person should know about the containers besides their states.

use crate::profile::location::Profile;
use crate::stack::config::StackConfig;
use crate::stack::credentials;
use crate::stack::view::StackView;
use crate::stack::worker::Worker;
use growqr_stack::{ContainerPart, GITEA_IMAGE};
use growqr_wire::{PartState, StackAction};

impl Worker {
    /// Shows the notes, and offers the download of an image that a running container should have.
    pub(super) fn show_notes(&self) {
        let is_missing = |part: &ContainerPart| {
            let stack = self.view.get();
            let runs = stack.parts.iter().any(|shown| shown.id == part.word() && shown.state == PartState::Running);
            runs && self.missing_images.contains(part) && !self.tasks.downloads(*part)
        };
        let missing: Vec<ContainerPart> = ContainerPart::ALL.into_iter().filter(is_missing).collect();
        let mut notes = notes(&self.config, &self.deps.profile);
        notes.extend(missing.iter().map(|part| {
            format!(
                "{} still runs with another image: {} is not on this computer. To download it: growqr stack up --yes",
                part.name(),
                self.image(*part)
            )
        }));
        self.view.change(|stack| {
            stack.notes = notes;
            if !missing.is_empty() {
                stack.next = Some(StackAction::Download);
            }
        });
    }
}

/// The notes that need no look at Docker.
pub(crate) fn notes(config: &StackConfig, profile: &Profile) -> Vec<String> {
    let older = config.has_fallen_back().then(|| {
        format!(
            "Gitea uses the older image {}, because the registry did not offer {GITEA_IMAGE} when Gitea was first started. It \
             stays with it: another version would change its data for good. To choose one yourself, set GITEA_IMAGE.",
            config.gitea_image
        )
    });
    let file = credentials::file_in_use(profile).map(|file| {
        format!(
            "This computer had no keychain when the containers were first started, so their random passwords are in a file that \
             only this user can read: {}. No key of yours is in it.",
            file.display()
        )
    });
    older.into_iter().chain(file).collect()
}

/// Shows them.
pub(crate) fn show(config: &StackConfig, profile: &Profile, shown: &StackView) {
    shown.change(|stack| stack.notes = notes(config, profile));
}
